//! `elb`: access logs of AWS load balancers: Application, Network (TLS) and Classic.
//!
//! *Recognised*: lines that start with `http`, `https`, `h2`, `grpcs`, `ws` or `wss` and a time (Application, source
//! type `aws:alb`), with `tls`, a version and a time (Network, `aws:nlb`), or with a time, a name and two addresses
//! with ports (Classic, `aws:elb`).
//!
//! *Fields*: named as AWS does. `client:port` is `client_ip` and `client_port`, and so are the target (`target_ip`),
//! the backend of Classic (`backend_ip`) and the destination of Network (`destination_ip`); `target:port_list` is
//! `target_port_list`. Where `request` is a method, a URL and a protocol these are `method`, `url` and `protocol`.
//! Times taken, counts, ports and status codes are numbers; -1 stays -1. What is `-` has no field. The event time is
//! `time`, which is UTC.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. A line with more columns than are known has
//! its fields, and the line itself as `message`.
use super::columns::{Column, Kind, Row, Table};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;

const CLIENT: Column = Column::new("client_ip", Kind::Address("client_port"));
const TIME: Column = Column::new("time", Kind::Time);
const REQUEST: Column = Column::new("request", Kind::Request("url"));

/// Up to `sent_bytes` and the request all lines are alike; `conn_trace_id` and what follows it came in 2024 and later.
static APPLICATION: Table = Table {
    columns: &[
        Column::text("type"),
        TIME,
        Column::text("elb"),
        CLIENT,
        Column::new("target_ip", Kind::Address("target_port")),
        Column::number("request_processing_time"),
        Column::number("target_processing_time"),
        Column::number("response_processing_time"),
        Column::number("elb_status_code"),
        Column::number("target_status_code"),
        Column::number("received_bytes"),
        Column::number("sent_bytes"),
        REQUEST,
        Column::text("user_agent"),
        Column::text("ssl_cipher"),
        Column::text("ssl_protocol"),
        Column::text("target_group_arn"),
        Column::text("trace_id"),
        Column::text("domain_name"),
        Column::text("chosen_cert_arn"),
        Column::number("matched_rule_priority"),
        Column::text("request_creation_time"),
        Column::text("actions_executed"),
        Column::text("redirect_url"),
        Column::text("error_reason"),
        Column::text("target_port_list"),
        Column::text("target_status_code_list"),
        Column::text("classification"),
        Column::text("classification_reason"),
        Column::text("conn_trace_id"),
        Column::text("transformed_host"),
        Column::text("transformed_uri"),
        Column::text("request_transform_status"),
    ],
    required: 13,
};

static NETWORK: Table = Table {
    columns: &[
        Column::text("type"),
        Column::text("version"),
        TIME,
        Column::text("elb"),
        Column::text("listener"),
        CLIENT,
        Column::new("destination_ip", Kind::Address("destination_port")),
        Column::number("connection_time"),
        Column::number("tls_handshake_time"),
        Column::number("received_bytes"),
        Column::number("sent_bytes"),
        Column::number("incoming_tls_alert"),
        Column::text("chosen_cert_arn"),
        Column::text("chosen_cert_serial"),
        Column::text("tls_cipher"),
        Column::text("tls_protocol_version"),
        Column::text("tls_keyexchange"),
        Column::text("domain_name"),
        Column::text("alpn_fe_protocol"),
        Column::text("alpn_be_protocol"),
        Column::new("alpn_client_preference_list", Kind::Words),
        Column::text("tls_connection_creation_time"),
    ],
    required: 11,
};

static CLASSIC: Table = Table {
    columns: &[
        TIME,
        Column::text("elb"),
        CLIENT,
        Column::new("backend_ip", Kind::Address("backend_port")),
        Column::number("request_processing_time"),
        Column::number("backend_processing_time"),
        Column::number("response_processing_time"),
        Column::number("elb_status_code"),
        Column::number("backend_status_code"),
        Column::number("received_bytes"),
        Column::number("sent_bytes"),
        REQUEST,
        Column::new("user_agent", Kind::LastQuoted),
        Column::text("ssl_cipher"),
        Column::text("ssl_protocol"),
    ],
    required: 12,
};

/// A line is an event.
#[derive(Debug, Default)]
pub struct Elb;

impl LineFormat for Elb {
    const NAME: &'static str = "elb";
    const SIGN: &'static str = "lines of a load balancer's name, a client and a target with ports, and times taken";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| read(line).is_some())
    }

    fn source_type(head: &Head) -> &'static str {
        head.lines().find_map(read).map_or("aws:alb", |(source_type, _)| source_type)
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        match read(line) {
            Some((_, row)) => row.tell(line, members),
            None => Outcome::Unparsed("line is not one of a load balancer"),
        }
    }
}

/// The source type of a line, and its columns.
fn read(line: &[u8]) -> Option<(&'static str, Row<'_>)> {
    let (source_type, table) = match line.split(|&byte| byte == b' ').next()? {
        b"http" | b"https" | b"h2" | b"grpcs" | b"ws" | b"wss" => ("aws:alb", &APPLICATION),
        b"tls" => ("aws:nlb", &NETWORK),
        _ => ("aws:elb", &CLASSIC),
    };
    Some((source_type, Row::read(line, table)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::tell::told_lines;

    const CLASSIC_LINE: &str = r#"2015-05-13T23:39:43.945958Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#;
    const CLASSIC_FIELDS: &str = r#"{"time":"2015-05-13T23:39:43.945958Z","elb":"my-lb","client_ip":"192.168.131.39","client_port":2817,"backend_ip":"10.0.0.1","backend_port":80,"request_processing_time":0.000073,"backend_processing_time":0.001048,"response_processing_time":0.000057,"elb_status_code":200,"backend_status_code":200,"received_bytes":0,"sent_bytes":29,"request":"GET http://www.example.com:80/ HTTP/1.1","method":"GET","url":"http://www.example.com:80/","protocol":"HTTP/1.1","user_agent":"curl/7.38.0""#;

    #[test]
    fn columns_may_be_few_or_more_than_known() {
        let (old, _) = CLASSIC_LINE.split_once(r#" "curl"#).expect("it is there");
        let (old_fields, _) = CLASSIC_FIELDS.split_once(r#","user_agent"#).expect("it is there");
        let more = format!("{CLASSIC_LINE} new");
        let message = serde_json::to_string(&more).expect("a string");
        let expected = [
            format!("{CLASSIC_FIELDS}}}"),
            format!("{old_fields}}}"),
            format!("{CLASSIC_FIELDS},\"message\":{message}}}"),
        ];
        let text = [CLASSIC_LINE, old, &more].join("\n");
        assert_eq!(told_lines::<LineParser<Elb>>(&text), expected);
    }

    #[test]
    fn an_unclosed_quote_after_the_first_columns_keeps_the_line() {
        let line = CLASSIC_LINE.replace("7.38.0\"", "7.38.0");
        let (fields, _) = CLASSIC_FIELDS.split_once(r#","user_agent"#).expect("it is there");
        let message = serde_json::to_string(&line).expect("a string");
        assert_eq!(told_lines::<LineParser<Elb>>(&line), [format!("{fields},\"message\":{message}}}")]);
    }

    #[test]
    fn other_lines_are_messages() {
        for (from, to) in [
            ("2015-05-13T", "2015-05-33T"),
            ("39:2817", "39"),
            ("0.000073", "fast"),
            (" 200 200", " 200  200"),
            ("\"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -", "GET"),
            ("2015-", "ftp 2015-"),
            ("2015-", "tls 2.0 2015-"),
        ] {
            let line = CLASSIC_LINE.replacen(from, to, 1);
            let message = serde_json::to_string(&line).expect("a string");
            let expected = format!("!line is not one of a load balancer: {{\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<Elb>>(&line), [expected]);
            assert!(!Elb::looks_like(&Head::new(line.as_bytes(), true)), "{line}");
        }
    }
}

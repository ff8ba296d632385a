//! `route53`: public DNS query logs of Amazon Route 53.
//!
//! *Recognised*: lines of a version, a time, a hosted zone, a name, a type, a response code, `UDP` or `TCP`, an edge
//! location and an address: `1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.0.2.1 -`.
//!
//! *Fields*: `version`, `query_timestamp`, `hosted_zone_id`, `query_name`, `query_type`, `response_code`, `protocol`,
//! `edge_location`, `resolver_ip`, `edns_client_subnet`. What is `-` has no field. The event time is `query_timestamp`.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. A line with more columns has its fields, and
//! the line itself as `message`.
use super::columns::{Column, Kind, Row, Table};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;

static TABLE: Table = Table {
    columns: &[
        Column::text("version"),
        Column::new("query_timestamp", Kind::Time),
        Column::text("hosted_zone_id"),
        Column::text("query_name"),
        Column::text("query_type"),
        Column::text("response_code"),
        Column::text("protocol"),
        Column::text("edge_location"),
        Column::text("resolver_ip"),
        Column::text("edns_client_subnet"),
    ],
    required: 9,
};

/// Where `protocol` stands.
const PROTOCOL: usize = 6;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Route53;

impl LineFormat for Route53 {
    const NAME: &'static str = "route53";
    const SIGN: &'static str = "lines of a version, a time, a hosted zone and a DNS query";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "aws:route53"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        match read(line) {
            Some(row) => row.tell(line, members),
            None => Outcome::Unparsed("line is not one of a DNS query log"),
        }
    }
}

fn read(line: &[u8]) -> Option<Row<'_>> {
    Row::read(line, &TABLE).filter(|row| matches!(row.cell(PROTOCOL), b"UDP" | b"TCP"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::tell::told_lines;

    #[test]
    fn queries_and_other_lines() {
        let line = "1.0 2017-12-13T08:16:02.130Z Z123 example.com A NOERROR UDP FRA6 2001:db8::1234 -";
        let fields = r#"{"version":"1.0","query_timestamp":"2017-12-13T08:16:02.130Z","hosted_zone_id":"Z123","query_name":"example.com","query_type":"A","response_code":"NOERROR","protocol":"UDP","edge_location":"FRA6","resolver_ip":"2001:db8::1234"}"#;
        let other = line.replace("UDP", "QUIC");
        let reason = "!line is not one of a DNS query log";
        let expected = [fields.to_string(), format!("{reason}: {{\"message\":\"{other}\"}}")];
        assert_eq!(told_lines::<LineParser<Route53>>(&[line, &other].join("\n")), expected);
        assert!(!Route53::looks_like(&Head::new(other.as_bytes(), true)));
    }
}

//! `vpcflow`: Amazon VPC flow logs, versions 2 to 5 and newer fields.
//!
//! *Recognised*: a header line of AWS' field names in any order (`version account-id interface-id …`), as files in S3 have it;
//! or, without one, lines of the 14 default fields of version 2. A later header line changes the fields from there on.
//!
//! *Fields*: named as AWS does with `_` for `-`: `srcaddr`, `dstport`, `log_status`, `pkt_srcaddr`, … Counts, ports, the protocol and times are
//! numbers, the rest is text (`account_id` too, as it may start with zeros); `-` is null. The event time is `start`, else `end`.
//!
//! *Kept raw*: a line with another number of fields than the header becomes `message` and says so. A line whose fields are not
//! parted by single spaces has its fields, and the line itself as `message`.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::sink::EventSink;
use crate::value::decimal::as_i64;
use crate::value::time::parse_epoch_seconds;

const DEFAULT_HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start \
                              end action log-status";

const NUMBERS: [&str; 12] = [
    "version",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "tcp-flags",
    "traffic-path",
    "packets-lost-no-route",
    "packets-lost-blackhole",
];

const TEXTS: [&str; 20] = [
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "action",
    "log-status",
    "vpc-id",
    "subnet-id",
    "instance-id",
    "type",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "region",
    "az-id",
    "sublocation-type",
    "sublocation-id",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "flow-direction",
    "reject-reason",
];

/// A line is a header when this many of its words (or all of them) are names that are known; the rest may be newer ones.
const KNOWN_NAMES_MIN: usize = 3;

/// A line is an event, or a header.
#[derive(Debug)]
pub struct VpcFlow {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    is_number: bool,
}

impl Default for VpcFlow {
    fn default() -> Self {
        Self { fields: read_header(DEFAULT_HEADER.as_bytes()).unwrap_or_default() }
    }
}

impl LineFormat for VpcFlow {
    const NAME: &'static str = "vpcflow";
    const SIGN: &'static str = "a header of VPC flow fields, or lines of the 14 default fields";
    const TIME_FIELDS: &'static [&'static str] = &["start", "end"];
    const SKIPPABLE: Option<Skippable> = Some(Skippable::NotHeaders);

    fn looks_like(head: &Head) -> bool {
        let has_header = head.lines().next().is_some_and(|line| read_header(line).is_some());
        has_header || head.most_lines(is_default_line)
    }

    fn source_type(_head: &Head) -> &'static str {
        "aws:vpcflow"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        if let Some(fields) = read_header(line) {
            self.fields = fields;
            return Outcome::Nothing;
        }
        if words(line).count() != self.fields.len() {
            return Outcome::Unparsed("number of fields is not that of the header");
        }
        let (mut start_ns, mut end_ns) = (None, None);
        for (field, word) in self.fields.iter().zip(words(line)) {
            let name = field.name.as_bytes();
            match word {
                b"-" => members.null(name),
                word if field.is_number => members.number(name, word),
                word => members.text(name, word),
            }
            match name {
                b"start" => start_ns = parse_epoch_seconds(word),
                b"end" => end_ns = parse_epoch_seconds(word),
                _ => {}
            }
        }
        let is_plain = line.split(|&byte| byte == b' ').all(|word| !word.is_empty() && !word.contains(&b'\t'));
        if !is_plain {
            members.text(b"message", line);
        }
        Outcome::event(start_ns.or(end_ns))
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// The fields, when the line is a header.
fn read_header(line: &[u8]) -> Option<Vec<Field>> {
    if !line.first()?.is_ascii_lowercase() {
        return None;
    }
    let mut fields = Vec::new();
    let mut known = 0;
    for word in words(line) {
        let word = std::str::from_utf8(word).ok()?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !word.starts_with(|first: char| first.is_ascii_lowercase()) || !word.bytes().all(is_name) {
            return None;
        }
        let is_number = NUMBERS.contains(&word);
        known += usize::from(is_number || TEXTS.contains(&word));
        fields.push(Field { name: word.replace('-', "_"), is_number });
    }
    let is_header = known >= KNOWN_NAMES_MIN || known == fields.len();
    is_header.then_some(fields)
}

/// Whether the line has the 14 default fields of version 2.
fn is_default_line(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = words(line).collect();
    let is_count = |word: &[u8]| word == b"-" || as_i64(word).is_some();
    words.len() == 14
        && words[0] == b"2"
        && words[5..10].iter().all(|word| is_count(word))
        && words[10..12].iter().all(|word| parse_epoch_seconds(word).is_some())
        && matches!(words[13], b"OK" | b"NODATA" | b"SKIPDATA")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::statistics::Statistics;
    use crate::parse::tell::{TellSink, Told};

    fn parse(text: &str) -> (Vec<Told>, Statistics) {
        let mut parser = LineParser::<VpcFlow>::default();
        let mut sink = TellSink::default();
        text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
        parser.finish(&mut sink);
        (sink.events, parser.statistics())
    }

    fn told(json: &str, time_s: Option<i64>) -> Told {
        let time_ns = time_s.map(|seconds| seconds * 1_000_000_000);
        Told { json: json.to_string(), facts: RecordFacts { time_ns, ..RecordFacts::default() } }
    }

    const LINE: &str = "2 012345678901 eni-1 10.0.0.1 10.0.0.2 443 49152 6 20 4249 1418530010 1418530070 ACCEPT OK";
    const EVENT: &str = r#"{"version":2,"account_id":"012345678901","interface_id":"eni-1","srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","srcport":443,"dstport":49152,"protocol":6,"packets":20,"bytes":4249,"start":1418530010,"end":1418530070,"action":"ACCEPT","log_status":"OK"}"#;

    #[test]
    fn default_fields_with_and_without_a_header() {
        let expected = vec![told(EVENT, Some(1_418_530_010))];
        let counts = Statistics { events: 1, ..Statistics::default() };
        assert_eq!(parse(&format!("{LINE}\n")), (expected.clone(), counts));
        assert_eq!(parse(&format!("{DEFAULT_HEADER}\n{LINE}\r\n\n")), (expected, counts));
        assert_eq!(parse(DEFAULT_HEADER), (vec![], Statistics::default()));
    }

    #[test]
    fn dashes_are_null() {
        let line = "2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA";
        let event = r#"{"version":2,"account_id":"1","interface_id":"eni-1","srcaddr":null,"dstaddr":null,"srcport":null,"dstport":null,"protocol":null,"packets":null,"bytes":null,"start":1431280876,"end":1431280934,"action":null,"log_status":"NODATA"}"#;
        assert_eq!(parse(line).0, [told(event, Some(1_431_280_876))]);
    }

    #[test]
    fn any_order_and_newer_fields() {
        let text =
            "srcaddr pkt-src-aws-service tcp-flags end brand-new\n1.2.3.4 S3 19 60 x\nend srcaddr bytes\n90 - 007\n";
        let expected = [
            told(
                r#"{"srcaddr":"1.2.3.4","pkt_src_aws_service":"S3","tcp_flags":19,"end":60,"brand_new":"x"}"#,
                Some(60),
            ),
            told(r#"{"end":90,"srcaddr":null,"bytes":"007"}"#, Some(90)),
        ];
        assert_eq!(parse(text).0, expected);
    }

    #[test]
    fn what_does_not_fit_is_kept() {
        let (events, counts) = parse(&format!("srcaddr dstaddr start\n1.1.1.1 2.2.2.2\n1.1.1.1  2.2.2.2 5\n{LINE}"));
        let reason = "number of fields is not that of the header";
        let raw =
            |line: &str| Told { json: format!(r#"{{"message":"{line}"}}"#), facts: RecordFacts::unparsed(reason) };
        let spaced = r#"{"srcaddr":"1.1.1.1","dstaddr":"2.2.2.2","start":5,"message":"1.1.1.1  2.2.2.2 5"}"#;
        assert_eq!(events, [raw("1.1.1.1 2.2.2.2"), told(spaced, Some(5)), raw(LINE)]);
        assert_eq!(counts, Statistics { events: 3, unparsed_lines: 2, ..Statistics::default() });
    }

    #[test]
    fn headers_and_lines_are_recognised() {
        for text in [DEFAULT_HEADER, "srcaddr dstaddr", LINE] {
            assert!(VpcFlow::looks_like(&Head::new(text.as_bytes(), true)), "{text}");
        }
        for text in ["", "the start and the end of it", "2 3 4", "type of error", "version: 2"] {
            assert!(!VpcFlow::looks_like(&Head::new(text.as_bytes(), true)), "{text}");
        }
    }
}

//! `vpcflow`: flow logs of Amazon VPC, versions 2 to 10 and newer fields, and of transit gateways.
//!
//! *Recognised*: a header line of AWS' field names in any order (`version account-id interface-id …`), as files in S3
//! have it; or, without one, lines of the 14 default fields of version 2, or of the 36 of a transit gateway. A later
//! header line changes the fields from there on. Lines of other fields without a header are read when the settings of
//! the source name this format and the fields, as `columns` (with `-` or `_`). The source type is `aws:tgwflow` when
//! there are fields of a transit gateway, else `aws:vpcflow`.
//!
//! *Fields*: named as AWS does with `_` for `-`: `srcaddr`, `dstport`, `log_status`, `pkt_srcaddr`, … Counts, ports,
//! the protocol and times are numbers, the rest is text (`account_id` too, as it may start with zeros); `-` is null.
//! The event time is `start`, else `end`.
//!
//! *Kept raw*: a line with another number of fields than the header becomes `message` and says so. A line whose fields
//! are not parted by single spaces has its fields, and the line itself as `message`.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::settings::SourceContext;
use super::sink::EventSink;
use crate::value::decimal::as_i64;
use crate::value::time::parse_epoch_seconds;

const DEFAULT_HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start \
                              end action log-status";

const GATEWAY_HEADER: &str = "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id \
                              tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id \
                              tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr \
                              srcport dstport protocol packets bytes start end log-status type packets-lost-no-route \
                              packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags region \
                              flow-direction pkt-src-aws-service pkt-dst-aws-service";

const NUMBERS: [&str; 14] = [
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
    "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired",
];

const TEXTS: [&str; 23] = [
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
    "resource-type",
    "resource-id",
    "encryption-status",
];

/// Fields of transit gateways and of containers.
const TEXT_FAMILIES: [&str; 2] = ["tgw-", "ecs-"];

/// A line is a header when this many of its words (or all of them) are names that are known; the rest may be newer ones.
const KNOWN_NAMES_MIN: usize = 3;

/// A line is an event, or a header.
#[derive(Debug)]
pub struct VpcFlow {
    fields: Vec<Field>,
    /// Where the spaces of a line are; kept for its memory.
    spaces: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    is_number: bool,
    time: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Start,
    End,
}

impl Default for VpcFlow {
    fn default() -> Self {
        Self { fields: read_header(DEFAULT_HEADER.as_bytes()).unwrap_or_default(), spaces: Vec::new() }
    }
}

impl LineFormat for VpcFlow {
    const NAME: &'static str = "vpcflow";
    const SIGN: &'static str = "a header of VPC flow fields, or lines of the 14 default fields";
    const TIME_FIELDS: &'static [&'static str] = &[];
    const SKIPPABLE: Option<Skippable> = Some(Skippable::NotHeaders);

    fn looks_like(head: &Head) -> bool {
        let has_header = head.lines().next().is_some_and(|line| read_header(line).is_some());
        has_header || head.most_lines(|line| is_default_line(line) || is_gateway_line(line))
    }

    fn source_type(head: &Head) -> &'static str {
        let has_gateways = |line: &[u8]| match read_header(line) {
            Some(fields) => fields.iter().any(|field| field.name.starts_with("tgw_")),
            None => is_gateway_line(line),
        };
        if head.lines().next().is_some_and(has_gateways) { "aws:tgwflow" } else { "aws:vpcflow" }
    }

    fn configure(&mut self, context: SourceContext, head: &Head) {
        let declared = &context.settings.columns;
        if !declared.is_empty() {
            self.fields = declared.iter().map(|name| Field::new(&name.replace('_', "-"))).collect();
        } else if head.most_lines(is_gateway_line) {
            self.fields = read_header(GATEWAY_HEADER.as_bytes()).unwrap_or_default();
        }
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        if let Some(fields) = read_header(line) {
            self.fields = fields;
            return Outcome::Nothing;
        }
        if self.note_spaces(line) && self.spaces.len() + 1 == self.fields.len() {
            let starts = std::iter::once(0).chain(self.spaces.iter().map(|&at| at as usize + 1));
            let ends = self.spaces.iter().map(|&at| at as usize).chain([line.len()]);
            return tell(&self.fields, starts.zip(ends).map(|(start, end)| &line[start..end]), members);
        }
        if words(line).count() != self.fields.len() {
            return Outcome::Unparsed("number of fields is not that of the header");
        }
        let outcome = tell(&self.fields, words(line), members);
        members.text(b"message", line);
        outcome
    }
}

impl VpcFlow {
    /// Notes where the spaces are; whether they part words one by one, and nothing else does.
    fn note_spaces(&mut self, line: &[u8]) -> bool {
        self.spaces.clear();
        let mut is_plain = line.first() != Some(&b' ') && line.last() != Some(&b' ');
        for (at, &byte) in line.iter().enumerate() {
            match byte {
                b' ' => {
                    is_plain &= at > 0 && line[at - 1] != b' ';
                    self.spaces.push(at as u32);
                }
                b'\t' => return false,
                _ => {}
            }
        }
        is_plain
    }
}

impl Field {
    /// The field of a name as AWS writes it.
    fn new(name: &str) -> Self {
        let time = match name {
            "start" => Some(Time::Start),
            "end" => Some(Time::End),
            _ => None,
        };
        Self { name: name.replace('-', "_"), is_number: NUMBERS.contains(&name), time }
    }
}

fn tell<'a, S: EventSink>(
    fields: &[Field],
    words: impl Iterator<Item = &'a [u8]>,
    members: &mut Members<S>,
) -> Outcome {
    let (mut start_ns, mut end_ns) = (None, None);
    for (field, word) in fields.iter().zip(words) {
        let name = field.name.as_bytes();
        match word {
            b"-" => members.null(name),
            word if field.is_number => members.number(name, word),
            word => members.text(name, word),
        }
        match field.time {
            Some(Time::Start) => start_ns = parse_epoch_seconds(word),
            Some(Time::End) => end_ns = parse_epoch_seconds(word),
            None => {}
        }
    }
    Outcome::event(start_ns.or(end_ns))
}

pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
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
        let field = Field::new(word);
        let is_known = || TEXTS.contains(&word) || TEXT_FAMILIES.iter().any(|family| word.starts_with(family));
        known += usize::from(field.is_number || is_known());
        fields.push(field);
    }
    let is_header = known >= KNOWN_NAMES_MIN || known == fields.len();
    is_header.then_some(fields)
}

/// Whether the line has the 14 default fields of version 2.
pub(super) fn is_default_line(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = words(line).collect();
    let is_count = |word: &[u8]| word == b"-" || as_i64(word).is_some();
    words.len() == 14
        && words[0] == b"2"
        && words[5..10].iter().all(|word| is_count(word))
        && words[10..12].iter().all(|word| parse_epoch_seconds(word).is_some())
        && matches!(words[13], b"OK" | b"NODATA" | b"SKIPDATA")
}

/// Whether the line has the 36 default fields of a transit gateway.
fn is_gateway_line(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = words(line).collect();
    words.len() == 36
        && words[1].starts_with(b"TransitGateway")
        && words[3].starts_with(b"tgw-")
        && words[23..25].iter().all(|word| parse_epoch_seconds(word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::settings::SourceSettings;
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

    const GATEWAY_LINE: &str = "6 TransitGateway 1 tgw-0a tgw-attach-0b 2 3 vpc-1 vpc-2 subnet-1 subnet-2 eni-1 eni-2 az1 az2 \
                                tgw-attach-0c 10.0.0.1 10.0.0.2 443 50000 6 7 8 1670000000 1670000060 OK IPv4 0 1 0 0 19 \
                                us-east-1 ingress - -";

    #[test]
    fn transit_gateways_with_and_without_a_header() {
        let (events, counts) = configured(GATEWAY_LINE, &[]);
        assert_eq!(counts, Statistics { events: 1, ..Statistics::default() });
        assert_eq!(events[0].facts.time_ns, Some(1_670_000_000_000_000_000));
        let json = &events[0].json;
        assert!(
            json.starts_with(r#"{"version":6,"resource_type":"TransitGateway","account_id":"1","tgw_id":"tgw-0a","#)
        );
        assert!(json.contains(r#""type":"IPv4","packets_lost_no_route":0,"packets_lost_blackhole":1,"#), "{json}");
        assert_eq!(configured(&format!("{GATEWAY_HEADER}\n{GATEWAY_LINE}"), &[]), (events, counts));
        let source_type = |text: &str| VpcFlow::source_type(&Head::new(text.as_bytes(), true));
        assert_eq!([GATEWAY_LINE, GATEWAY_HEADER, "srcaddr tgw-id"].map(source_type), ["aws:tgwflow"; 3]);
        assert_eq!([LINE, DEFAULT_HEADER, ""].map(source_type), ["aws:vpcflow"; 3]);
    }

    #[test]
    fn declared_columns_stand_for_a_header() {
        let expected = vec![told(r#"{"pkt_srcaddr":"1.1.1.1","tcp_flags":2,"end":60,"mine":"x"}"#, Some(60))];
        for columns in [["pkt-srcaddr", "tcp-flags", "end", "mine"], ["pkt_srcaddr", "tcp_flags", "end", "mine"]] {
            assert_eq!(configured("1.1.1.1 2 60 x", &columns).0, expected);
        }
        assert_eq!(configured(LINE, &["srcaddr"]).1.unparsed_lines, 1);
    }

    fn configured(text: &str, columns: &[&str]) -> (Vec<Told>, Statistics) {
        let mut parser = LineParser::<VpcFlow>::default();
        let columns = columns.iter().map(|name| name.to_string()).collect();
        let settings = SourceSettings { columns, ..SourceSettings::default() };
        let context = SourceContext { settings: &settings, modified_ns: 0 };
        parser.configure(context, &Head::new(text.as_bytes(), true));
        let mut sink = TellSink::default();
        parser.feed(text.as_bytes(), &mut sink);
        parser.finish(&mut sink);
        (sink.events, parser.statistics())
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
        for text in
            [DEFAULT_HEADER, "srcaddr dstaddr", LINE, GATEWAY_HEADER, GATEWAY_LINE, "tgw-id ecs-task-id start x"]
        {
            assert!(VpcFlow::looks_like(&Head::new(text.as_bytes(), true)), "{text}");
        }
        for text in ["", "the start and the end of it", "2 3 4", "type of error", "version: 2", "1 TransitGateway"] {
            assert!(!VpcFlow::looks_like(&Head::new(text.as_bytes(), true)), "{text}");
        }
    }
}

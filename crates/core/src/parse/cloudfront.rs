//! `cloudfront`: standard access logs of Amazon CloudFront, parted by tabs.
//!
//! *Recognised*: a line `#Fields:` with names that only CloudFront has, such as `x-edge-location`, among the first
//! lines, as all files in S3 have it. A later one changes the fields from there on.
//!
//! *Fields*: named as the header does: `x-edge-location`, `c-ip`, `cs-method`, `cs(Host)`, `cs(User-Agent)`, `sc-status`,
//! `timestamp(ms)`, … Counts, ports, the status and times taken are numbers, the rest is text; values stay encoded as they
//! are (`%20`); what is `-` has no field. The event time is `date` and `time`, which are UTC, else `timestamp(ms)`, else
//! `timestamp`.
//!
//! *Kept raw*: a line before the header, or with another number of values than it has names, becomes `message` and says
//! so.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::sink::EventSink;
use crate::value::time::{parse_epoch, parse_time};
use memchr::memchr;

const FIELDS: &[u8] = b"#Fields:";

/// Names that logs of no other server have.
const OWN_NAMES: [&[u8]; 4] = [b"x-edge-location", b"x-edge-result-type", b"x-edge-request-id", b"DistributionId"];

const NUMBERS: [&str; 15] = [
    "sc-bytes",
    "sc-status",
    "cs-bytes",
    "time-taken",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
    "timestamp",
    "timestamp(ms)",
    "asn",
    "origin-fbl",
    "origin-lbl",
];

/// A line is an event, a header or a comment.
#[derive(Debug, Default)]
pub struct CloudFront {
    names: Vec<(String, bool)>,
}

impl LineFormat for CloudFront {
    const NAME: &'static str = "cloudfront";
    const SIGN: &'static str = "a line #Fields: with names of CloudFront";
    const TIME_FIELDS: &'static [&'static str] = &[];
    const SKIPPABLE: Option<Skippable> = None;

    fn looks_like(head: &Head) -> bool {
        let is_own = |name: &[u8]| OWN_NAMES.contains(&name);
        let headers = head.lines().filter_map(|line| line.strip_prefix(FIELDS));
        head.bytes().starts_with(b"#") && headers.take(1).any(|header| names(header).any(is_own))
    }

    fn source_type(_head: &Head) -> &'static str {
        "aws:cloudfront"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        if let Some(header) = line.strip_prefix(FIELDS) {
            self.names = names(header).map(field).collect();
            return Outcome::Nothing;
        }
        if line.starts_with(b"#") {
            return Outcome::Nothing;
        }
        if self.names.is_empty() {
            return Outcome::Unparsed("line comes before #Fields:");
        }
        if line.iter().filter(|&&byte| byte == b'\t').count() + 1 != self.names.len() {
            return Outcome::Unparsed("number of values is not that of #Fields:");
        }
        let mut times = Times::default();
        let mut rest = line;
        for (name, is_number) in &self.names {
            let end = memchr(b'\t', rest).unwrap_or(rest.len());
            let value = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            times.see(name, value);
            match value {
                b"-" => {}
                value if *is_number => members.number(name.as_bytes(), value),
                value => members.text(name.as_bytes(), value),
            }
        }
        Outcome::event(times.ns())
    }
}

/// The names of a header; tabs and spaces are both seen between them.
fn names(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    header.split(|byte| matches!(byte, b' ' | b'\t')).filter(|name| !name.is_empty())
}

/// The field of a name, and whether it is a number.
fn field(name: &[u8]) -> (String, bool) {
    let name = String::from_utf8_lossy(name).into_owned();
    let is_number = NUMBERS.contains(&name.as_str());
    (name, is_number)
}

/// What a line says of its time.
#[derive(Default)]
struct Times<'a> {
    date: &'a [u8],
    time: &'a [u8],
    timestamp: &'a [u8],
    timestamp_ms: &'a [u8],
}

impl<'a> Times<'a> {
    fn see(&mut self, name: &str, value: &'a [u8]) {
        match name {
            "date" => self.date = value,
            "time" => self.time = value,
            "timestamp" => self.timestamp = value,
            "timestamp(ms)" => self.timestamp_ms = value,
            _ => {}
        }
    }

    fn ns(&self) -> Option<i64> {
        let is_usual = self.date.len() == 10 && self.time.len() == 8;
        let both = is_usual.then(|| parse_time(&[self.date, b"T", self.time].concat()));
        both.flatten().or_else(|| parse_epoch(self.timestamp_ms)).or_else(|| parse_epoch(self.timestamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::tell::{told_lines, told_times};

    const HEADER: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs(User-Agent)\n";

    #[test]
    fn the_header_names_the_fields_and_may_change() {
        let text = format!(
            "{HEADER}2019-12-04\t21:02:31\tLAX1\t392\tMozilla/5.0%20(X)\n#Fields: timestamp(ms) DistributionId c-port\n1575493351123\tE1\t-\n"
        );
        let expected = [
            r#"{"date":"2019-12-04","time":"21:02:31","x-edge-location":"LAX1","sc-bytes":392,"cs(User-Agent)":"Mozilla/5.0%20(X)"}"#,
            r#"{"timestamp(ms)":1575493351123,"DistributionId":"E1"}"#,
        ];
        assert_eq!(told_lines::<LineParser<CloudFront>>(&text), expected);
        let times = [Some(1_575_493_351_000_000_000), Some(1_575_493_351_123_000_000)];
        assert_eq!(told_times::<LineParser<CloudFront>>(&text), times);
    }

    #[test]
    fn what_does_not_fit_is_kept() {
        let text = format!("a\tb\n{HEADER}2019-12-04\t21:02:31\tLAX1\t392\nx\t\t-\tmany\t-\n");
        let expected = [
            r#"!line comes before #Fields:: {"message":"a\tb"}"#,
            r#"!number of values is not that of #Fields:: {"message":"2019-12-04\t21:02:31\tLAX1\t392"}"#,
            r#"{"date":"x","time":"","sc-bytes":"many"}"#,
        ];
        assert_eq!(told_lines::<LineParser<CloudFront>>(&text), expected);
    }

    #[test]
    fn headers_of_others_are_not_taken() {
        let looks = |text: &str| CloudFront::looks_like(&Head::new(text.as_bytes(), true));
        assert!(looks(HEADER));
        assert!(!looks("#Version: 1.0\n#Fields: date time c-ip cs(User-Agent)\n"));
        assert!(!looks("x\n#Fields: x-edge-location\n"));
        assert!(!looks("#Version: 1.0\n"));
    }
}

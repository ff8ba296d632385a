//! `leef`: IBM QRadar's Log Event Extended Format, with a syslog header before it or without.
//!
//! *Recognised*: `LEEF:1.0|vendor|product|version|event id|` and pairs `key=value` parted by tabs; `LEEF:2.0|…|event
//! id|^|` with the character that parts them, also in hexadecimal (`x09`, `0x5E`).
//!
//! *Fields*: `leef_version`, `vendor`, `product`, `product_version`, `event_id`, and the keys as they stand there
//! (`src`, `usrName`, `sev` …): ports, sizes, counts and `sev` are numbers, the rest is text. The syslog header is
//! below `syslog`. The event time is `devTime`, read as `devTimeFormat` says, or as ms since 1970 or `MMM dd yyyy
//! HH:mm:ss` without it; else the header's.
//!
//! *Kept raw*: a line without such a record becomes `message` and says so. A line with text before the record that is
//! no header, with a key twice or with parts that are no pairs has its fields, and the line itself as `message`.
use super::frames::most_messages;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::settings::SourceContext;
use super::sink::{Certainty, EventSink};
use super::syslog::{Wrapping, certainty};
use crate::value::java_time::parse_java_time;
use crate::value::syslog_time::SyslogTimes;
use memchr::{memchr, memmem};

const NAMES: [&str; 5] = ["leef_version", "vendor", "product", "product_version", "event_id"];

/// Names that are taken by what stands around the pairs, besides `NAMES`.
const TAKEN: [&[u8]; 2] = [b"syslog", b"message"];

const NUMBERS: [&[u8]; 13] = [
    b"sev",
    b"srcPort",
    b"dstPort",
    b"srcPreNATPort",
    b"dstPreNATPort",
    b"srcPostNATPort",
    b"dstPostNATPort",
    b"srcBytes",
    b"dstBytes",
    b"totalBytes",
    b"srcPackets",
    b"dstPackets",
    b"totalPackets",
];

/// Pairs of one event that are told.
const PAIRS_MAX: usize = 512;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Leef {
    times: SyslogTimes,
}

impl LineFormat for Leef {
    const NAME: &'static str = "leef";
    const SIGN: &'static str =
        "lines of LEEF:1.0| or LEEF:2.0| and fields parted by |, a syslog header before them or not";
    const TIME_FIELDS: &'static [&'static str] = &["devTime"];
    const MAKES_TEXT: bool = true;
    const HAS_FRAMES: bool = true;

    fn looks_like(head: &Head) -> bool {
        let times = SyslogTimes::default();
        most_messages(head, |line| {
            Record::read(line).is_some_and(|record| Wrapping::read(record.before, &times).is_whole)
        })
    }

    fn source_type(_head: &Head) -> &'static str {
        "leef"
    }

    fn configure(&mut self, context: SourceContext, _head: &Head) {
        self.times = SyslogTimes::new(context.modified_ns);
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line has no record of LEEF with its five fields");
        };
        let wrapping = Wrapping::read(record.before, &self.times);
        wrapping.tell(members);
        for (name, value) in NAMES.iter().zip(record.fields) {
            members.text(name.as_bytes(), value);
        }
        let is_all = record.tell_pairs(members);
        if !(is_all && wrapping.is_whole) {
            members.text(b"message", line);
        }
        Outcome::Event(self.time(&record).or(wrapping.time()))
    }
}

impl Leef {
    fn time(&self, record: &Record) -> Option<(i64, Certainty)> {
        let value_of = |name: &[u8]| record.pairs().flatten().find(|(key, _)| *key == name).map(|(_, value)| value);
        let time = value_of(b"devTime")?;
        let by_pattern = value_of(b"devTimeFormat").and_then(|pattern| parse_java_time(time, pattern, &self.times));
        by_pattern.or_else(|| self.times.whole(time)).map(|stamp| (stamp.ns, certainty(stamp)))
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    before: &'a [u8],
    fields: [&'a [u8]; NAMES.len()],
    separator: u8,
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let at = memmem::find(line, b"LEEF:")?;
        let mut rest = &line[at + 5..];
        let mut fields = [&line[..0]; NAMES.len()];
        for field in &mut fields {
            let bar = memchr(b'|', rest)?;
            (*field, rest) = (rest[..bar].trim_ascii(), &rest[bar + 1..]);
        }
        let separator = match fields[0] {
            b"1.0" | b"1" => None,
            b"2.0" | b"2" => memchr(b'|', rest).and_then(|bar| Some((separator(&rest[..bar])?, &rest[bar + 1..]))),
            _ => return None,
        };
        let (separator, rest) = separator.unwrap_or((b'\t', rest));
        Some(Self { before: &line[..at], fields, separator, rest })
    }

    /// The pairs; None for a part that is none.
    fn pairs(&self) -> impl Iterator<Item = Option<(&'a [u8], &'a [u8])>> + use<'a> {
        let separator = self.separator;
        let parts = self.rest.split(move |&byte| byte == separator).filter(|part| !part.trim_ascii().is_empty());
        parts.take(PAIRS_MAX + 1).map(|part| {
            let equals = memchr(b'=', part)?;
            let key = part[..equals].trim_ascii();
            (!key.is_empty()).then(|| (key, &part[equals + 1..]))
        })
    }

    /// Tells the pairs; false: not all parts are pairs, or a key came twice.
    fn tell_pairs<S: EventSink>(&self, members: &mut Members<S>) -> bool {
        let mut told: Vec<&[u8]> = NAMES.iter().map(|name| name.as_bytes()).chain(TAKEN).collect();
        let mut is_all = true;
        for (index, pair) in self.pairs().enumerate() {
            let Some((key, value)) = pair.filter(|(key, _)| index < PAIRS_MAX && !told.contains(key)) else {
                is_all = false;
                continue;
            };
            told.push(key);
            if NUMBERS.contains(&key) { members.number(key, value) } else { members.text(key, value) }
        }
        is_all
    }
}

/// The character that parts pairs: itself, or its number as `x09` or `0x09`; nothing is a tab.
fn separator(text: &[u8]) -> Option<u8> {
    match text {
        [] => Some(b'\t'),
        [byte] => Some(*byte),
        [b'0', b'x' | b'X', digits @ ..] | [b'x' | b'X', digits @ ..] if (1..=2).contains(&digits.len()) => {
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(u8::is_ascii)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::tell::TellSink;

    fn told(line: &str) -> (String, Option<i64>) {
        let mut parser = LineParser::<Leef>::default();
        let mut sink = TellSink::default();
        parser.feed(line.as_bytes(), &mut sink);
        parser.finish(&mut sink);
        (sink.lines().concat(), sink.events[0].facts.time_ns)
    }

    fn fields(version: &str) -> String {
        format!(r#""leef_version":"{version}","vendor":"V","product":"P","product_version":"1","event_id":"E""#)
    }

    #[test]
    fn pairs_are_parted_as_the_record_says() {
        for (line, version, expected) in [
            (
                "LEEF:1.0|V|P|1|E|src=192.0.2.1\tsrcPort=22\ta=b=c d\t",
                "1.0",
                r#","src":"192.0.2.1","srcPort":22,"a":"b=c d""#,
            ),
            ("LEEF:2.0|V|P|1|E|^|src=1^sev=5", "2.0", r#","src":"1","sev":5"#),
            ("LEEF:2.0|V|P|1|E|x5E|src=1^sev=high", "2.0", r#","src":"1","sev":"high""#),
            ("LEEF:2.0|V|P|1|E|0x09|a=1\tb=2", "2.0", r#","a":"1","b":"2""#),
            ("LEEF:2.0|V|P|1|E||a=1\tb=2", "2.0", r#","a":"1","b":"2""#),
            ("LEEF:2.0|V|P|1|E|a=1\tb=2|3", "2.0", r#","a":"1","b":"2|3""#),
            ("LEEF:1.0|V|P|1|E|", "1.0", ""),
        ] {
            assert_eq!(told(line).0, format!("{{{}{expected}}}", fields(version)), "{line}");
        }
    }

    #[test]
    fn what_does_not_fit_is_kept() {
        for (line, pairs) in [
            ("LEEF:1.0|V|P|1|E|a=1\tjunk", r#","a":"1""#),
            ("LEEF:1.0|V|P|1|E|a=1\ta=2", r#","a":"1""#),
            ("LEEF:1.0|V|P|1|E|vendor=2", ""),
            ("words LEEF:1.0|V|P|1|E|a=1", r#","a":"1""#),
        ] {
            let message = serde_json::to_string(line).expect("a string");
            assert_eq!(told(line).0, format!(r#"{{{}{pairs},"message":{message}}}"#, fields("1.0")), "{line}");
        }
        for line in ["LEEF:1.0|V|P", "LEEF:3.0|V|P|1|E|a=1", "hello"] {
            let expected = format!(r#"!line has no record of LEEF with its five fields: {{"message":"{line}"}}"#);
            assert_eq!(told(line).0, expected);
        }
    }

    #[test]
    fn times() {
        let time = |pairs: &str| told(&format!("LEEF:2.0|V|P|1|E|^|{pairs}")).1;
        assert_eq!(time("devTime=1970/01/02^devTimeFormat=yyyy/MM/dd"), Some(86_400_000_000_000));
        assert_eq!(time("devTime=1500000000000"), Some(1_500_000_000_000_000_000));
        assert_eq!(time("devTime=Jan 02 1970 00:00:00^devTimeFormat=www"), Some(86_400_000_000_000));
        assert_eq!(time("devTime=never"), None);
        assert_eq!(told("<1>Jan  2 1970 00:00:00 h LEEF:1.0|V|P|1|E|").1, Some(86_400_000_000_000));
    }
}

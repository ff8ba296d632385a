//! `text`: any text, one event per line.
//!
//! *Recognised*: what no other format recognises. Lines end with `\n` or `\r\n`; empty ones are skipped.
//!
//! *Fields*: `message`, the line. The event time is the ISO 8601 / RFC 3339 time at the start of the line, after `[` if there is
//! one; a date alone does not count.
//!
//! *Kept raw*: everything. A line longer than `LINE_BYTES_MAX` (1 MiB) becomes several events.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::{Certainty, EventSink};
use crate::value::time::parse_time_prefix;

/// Length of a date alone, `2023-07-10`.
const DATE_BYTES: usize = 10;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Text;

impl LineFormat for Text {
    const NAME: &'static str = "text";
    const SIGN: &'static str = "nothing that another format would know";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(_head: &Head) -> bool {
        true
    }

    fn source_type(_head: &Head) -> &'static str {
        "text"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], _members: &mut Members<S>) -> Outcome {
        Outcome::Message(leading_time(line).map(|ns| (ns, Certainty::Certain)))
    }

    fn piece(piece: &[u8]) -> Outcome {
        Outcome::Message(leading_time(piece).map(|ns| (ns, Certainty::Certain)))
    }
}

fn leading_time(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let (ns, length) = parse_time_prefix(text)?;
    (length > DATE_BYTES).then_some(ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::statistics::Statistics;
    use crate::parse::tell::{TellSink, Told};

    fn told(json: &str, time_ns: Option<i64>) -> Told {
        Told { json: json.to_string(), facts: RecordFacts { time_ns, ..RecordFacts::default() } }
    }

    #[test]
    fn every_line_is_an_event() {
        let mut parser = LineParser::<Text>::default();
        let mut sink = TellSink::default();
        parser.feed(b"1970-01-01 00:00:01,5 up\r\n\n[1970-01-01T00:00:02Z] \xff\n1970-01-01 only", &mut sink);
        parser.feed(b" a date\n", &mut sink);
        parser.finish(&mut sink);
        let expected = [
            told(r#"{"message":"1970-01-01 00:00:01,5 up"}"#, Some(1_500_000_000)),
            told("{\"message\":\"[1970-01-01T00:00:02Z] \u{fffd}\"}", Some(2_000_000_000)),
            told(r#"{"message":"1970-01-01 only a date"}"#, None),
        ];
        assert_eq!(sink.events, expected);
        let counts = Statistics { events: 3, invalid_utf8: 1, ..Statistics::default() };
        assert_eq!(parser.statistics(), counts);
    }
}

//! `text`: any text, one event per line.
//!
//! *Recognised*: what no other format recognises. Lines end with `\n` or `\r\n`; empty ones are skipped.
//!
//! *Fields*: `message`, the line. The event time is that at the start of the line, after `[` if there is one, in any form that is
//! no count since 1970: ISO 8601, `2023/07/10 11:45:07`, `Mon Jul 10 11:45:07 2023`, …; a date alone does not count.
//!
//! *Kept raw*: everything. A line longer than `LINE_BYTES_MAX` (1 MiB) becomes several events.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::{Certainty, EventSink};
use crate::value::time_forms::read_leading_time;

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
        Outcome::Message(leading_time(line))
    }

    fn piece(piece: &[u8]) -> Outcome {
        Outcome::Message(leading_time(piece))
    }
}

fn leading_time(text: &[u8]) -> Option<(i64, Certainty)> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let (time, _) = read_leading_time(text)?;
    Some((time.ns, if time.is_local { Certainty::ZoneAssumed } else { Certainty::Certain }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::statistics::Statistics;
    use crate::parse::tell::{TellSink, Told};

    fn told(json: &str, time: Option<(i64, Certainty)>) -> Told {
        Told { json: json.to_string(), facts: RecordFacts::timed(time) }
    }

    #[test]
    fn every_line_is_an_event() {
        let mut parser = LineParser::<Text>::default();
        let mut sink = TellSink::default();
        parser.feed(b"1970-01-01 00:00:01,5 up\r\n\n[1970-01-01T00:00:02Z] \xff\n1970-01-01 only", &mut sink);
        parser.feed(b" a date\n[Thu Jan 01 00:00:03.5 1970] x\n", &mut sink);
        parser.finish(&mut sink);
        let expected = [
            told(r#"{"message":"1970-01-01 00:00:01,5 up"}"#, Some((1_500_000_000, Certainty::ZoneAssumed))),
            told(r#"{"message":"[1970-01-01T00:00:02Z] ÿ"}"#, Some((2_000_000_000, Certainty::Certain))),
            told(r#"{"message":"1970-01-01 only a date"}"#, None),
            told(r#"{"message":"[Thu Jan 01 00:00:03.5 1970] x"}"#, Some((3_500_000_000, Certainty::ZoneAssumed))),
        ];
        assert_eq!(sink.events, expected);
        let counts = Statistics { events: 4, invalid_utf8: 1, ..Statistics::default() };
        assert_eq!(parser.statistics(), counts);
    }
}

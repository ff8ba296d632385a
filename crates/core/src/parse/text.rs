//! `text`: any text, one event per line.
//!
//! *Recognised*: what no other format recognises. Lines end with `\n` or `\r\n`; empty ones are skipped.
//!
//! *Fields*: `message`, the line. The event time is the ISO 8601 / RFC 3339 time at the start of the line, after `[` if there is
//! one; a date alone does not count.
//!
//! *Kept raw*: everything. A line longer than `LINE_BYTES_MAX` (1 MiB) becomes several events.
use super::lines::{Line, Lines};
use super::registry::{Head, Parser, Skippable};
use super::sink::{EventSink, RecordFacts};
use super::statistics::Statistics;
use crate::value::time::parse_time_prefix;

/// Length of a date alone, `2023-07-10`.
const DATE_BYTES: usize = 10;

/// A streaming parser.
#[derive(Debug, Default)]
pub struct TextParser {
    lines: Lines,
    statistics: Statistics,
}

impl Parser for TextParser {
    const NAME: &'static str = "text";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(_head: &Head) -> bool {
        true
    }

    fn source_type(_head: &Head) -> &'static str {
        "text"
    }

    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        let Self { lines, statistics } = self;
        lines.feed(data, |line| tell(line, statistics, sink));
    }

    fn finish<S: EventSink>(&mut self, sink: &mut S) {
        let Self { lines, statistics } = self;
        lines.finish(|line| tell(line, statistics, sink));
    }

    fn statistics(&self) -> Statistics {
        Statistics { invalid_utf8: self.lines.invalid_utf8(), ..self.statistics }
    }

    fn skippable(&self) -> Option<Skippable> {
        self.lines.is_at_start().then_some(Skippable::Any)
    }
}

fn tell<S: EventSink>(line: Line, statistics: &mut Statistics, sink: &mut S) {
    let (Line::Whole(text) | Line::Piece(text)) = line;
    let facts = RecordFacts { parse_error: None, time_ns: leading_time(text) };
    statistics.message(text, facts, sink);
}

fn leading_time(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let (ns, length) = parse_time_prefix(text)?;
    (length > DATE_BYTES).then_some(ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tell::{TellSink, Told};

    fn told(json: &str, time_ns: Option<i64>) -> Told {
        Told { json: json.to_string(), facts: RecordFacts { parse_error: None, time_ns } }
    }

    #[test]
    fn every_line_is_an_event() {
        let mut parser = TextParser::default();
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

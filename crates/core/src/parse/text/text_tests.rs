//! Lines, and the events they make.
use super::*;
use crate::parse::sink::RecordFacts;
use crate::parse::source::SourceParser;
use crate::parse::tell::{TellSink, Told};
use std::sync::Arc;

/// An event whose time, if it has one, tells no zone.
fn told(json: &str, time_ns: Option<i64>) -> Told {
    Told { json: json.to_string(), facts: RecordFacts::timed(time_ns.map(|ns| (ns, Certainty::ZoneAssumed))) }
}

fn events(text: &[u8], part: usize) -> Vec<Told> {
    let mut parser = SourceParser::new(Arc::default(), 0);
    let mut sink = TellSink::default();
    text.chunks(part).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    assert_eq!(parser.format_name(), "text");
    assert_eq!(parser.statistics().events, sink.events.len() as u64);
    sink.events
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
        Told {
            json: r#"{"message":"[1970-01-01T00:00:02Z] ÿ"}"#.to_string(),
            facts: RecordFacts::timed(Some((2_000_000_000, Certainty::Certain))),
        },
        told(r#"{"message":"1970-01-01 only a date"}"#, None),
    ];
    assert_eq!(sink.events, expected);
    let counts = Statistics { events: 3, invalid_utf8: 1, ..Statistics::default() };
    assert_eq!(parser.statistics(), counts);
}

const TRACE: &str = "1970-01-01 00:00:01 failed\r\njava.io.IOException: x\r\n\tat a.B.c(B.java:1)\r\n\nCaused by: y\n... 2 more\n1970-01-01 00:00:02 next\nstray\n  of it\n";

#[test]
fn a_trace_belongs_to_the_line_before_it() {
    let expected = [
        told(
            r#"{"message":"1970-01-01 00:00:01 failed\njava.io.IOException: x\n\tat a.B.c(B.java:1)\nCaused by: y\n... 2 more"}"#,
            Some(1_000_000_000),
        ),
        told(r#"{"message":"1970-01-01 00:00:02 next"}"#, Some(2_000_000_000)),
        told(r#"{"message":"stray\n  of it"}"#, None),
    ];
    for part in [1, 2, 7, usize::MAX] {
        assert_eq!(events(TRACE.as_bytes(), part), expected, "{part}");
    }
}

#[test]
fn text_without_times_is_not_joined() {
    for text in ["one\n  two\n\tthree\n", "1970-01-01 00:00:01 x\na\nb\n  c\n", "1970-01-01 x\n  a\n"] {
        assert_eq!(events(text.as_bytes(), 3).len(), text.lines().count(), "{text}");
    }
}

#[test]
fn a_trace_has_a_limit() {
    let text = format!("1970-01-01 00:00:01 x\n{}", " a\n".repeat(EVENT_LINES_MAX + 1));
    let found = events(text.as_bytes(), usize::MAX);
    let lines = |event: &Told| event.json.matches("\\n").count() + 1;
    assert_eq!(found.iter().map(lines).collect::<Vec<_>>(), [EVENT_LINES_MAX, 2]);
    let line = format!(" {}\n", "a".repeat(EVENT_BYTES_MAX / 2));
    let text = format!("1970-01-01 00:00:01 x\n{}", line.repeat(3));
    assert_eq!(events(text.as_bytes(), usize::MAX).iter().map(lines).collect::<Vec<_>>(), [2, 1, 1]);
}

#[test]
fn a_pause_tells_what_is_held() {
    let mut parser = SourceParser::new(Arc::default(), 0);
    let mut sink = TellSink::default();
    parser.feed(b"1970-01-01 00:00:01 x\n  a\n  b", &mut sink);
    parser.settle(&mut sink);
    assert_eq!(sink.lines(), [r#"{"message":"1970-01-01 00:00:01 x\n  a"}"#]);
    parser.settle(&mut sink);
    parser.feed(b"c\n", &mut sink);
    parser.finish(&mut sink);
    assert_eq!(sink.lines()[1..], [r#"{"message":"  bc"}"#]);
}

use super::*;
use crate::parse::line_format::LineParser;
use crate::parse::registry::Parser;
use crate::parse::sink::RecordFacts;
use crate::parse::statistics::Statistics;
use crate::parse::tell::{TellSink, Told};

fn parse(text: &str) -> (Vec<Told>, Statistics) {
    let mut parser = LineParser::<Logfmt>::default();
    let mut sink = TellSink::default();
    text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    (sink.events, parser.statistics())
}

fn told(json: &str) -> Told {
    Told { json: json.to_string(), facts: RecordFacts::default() }
}

#[test]
fn pairs_and_flags() {
    for (line, expected) in [
        (
            r#"time=2026-01-15T10:14:02Z level=info msg="a b" user=x took=1.50 id=007 ok=true bad=false"#,
            r#"{"time":"2026-01-15T10:14:02Z","level":"info","msg":"a b","user":"x","took":1.50,"id":"007","ok":true,"bad":false}"#,
        ),
        (r#"a="say \"hi\" \\ \n \d" b="5" c= d="""#, r#"{"a":"say \"hi\" \\ \n \\d","b":"5","c":"","d":""}"#),
        ("at=info debug method=GET", r#"{"at":"info","method":"GET","debug":true}"#),
        ("url=/a?b=c k8s.io/name=x", r#"{"url":"/a?b=c","k8s.io/name":"x"}"#),
    ] {
        assert_eq!(parse(line).0, [told(expected)], "{line}");
    }
}

#[test]
fn other_words_keep_the_line() {
    for (line, fields) in [
        ("user logged in id=5 from=x", r#""id":5,"from":"x""#),
        ("a=1 debug", r#""a":1"#),
        ("a=1 b=2 c=\"open", r#""a":1,"b":2,"c":"open""#),
        ("a=\"x\"y b=2", r#""a":"x","b":2"#),
        ("a=1 b=2 (c)", r#""a":1,"b":2"#),
        ("message=1 b=2 c=3 =", r#""b":2,"c":3"#),
    ] {
        let message = serde_json::to_string(line).expect("a string");
        assert_eq!(parse(line).0, [told(&format!("{{{fields},\"message\":{message}}}"))], "{line}");
    }
}

#[test]
fn a_line_without_pairs_is_a_message() {
    let facts = RecordFacts::unparsed("line has no key=value pair");
    let expected = Told { json: r#"{"message":"hello =x 5=6"}"#.to_string(), facts };
    let counts = Statistics { events: 1, unparsed_lines: 1, ..Statistics::default() };
    assert_eq!(parse("hello =x 5=6\n \n"), (vec![expected], counts));
}

#[test]
fn the_time_may_stand_in_two_fields_or_before_them() {
    for (line, time) in [
        ("date=1970-01-01 time=01:00:00 tz=\"+0100\"", Some((0, Certainty::Certain))),
        ("date=1970-01-01 time=00:00:01 tz=CET", Some((1_000_000_000, Certainty::ZoneAssumed))),
        ("date=1970-01-01 time=00:00:01", Some((1_000_000_000, Certainty::ZoneAssumed))),
        ("1970-01-01T00:00:02Z a=1", Some((2_000_000_000, Certainty::Certain))),
        ("1970-01-01 a=1", None),
        ("date=today time=noon", None),
    ] {
        assert_eq!(parse(line).0[0].facts, RecordFacts::timed(time), "{line}");
    }
}

#[test]
fn only_lines_of_pairs_are_recognised() {
    let is_logfmt = |text: &str| Logfmt::looks_like(&Head::new(text.as_bytes(), true));
    for text in ["a=1 b=2", "noise\ntime=5 msg=\"a b\"\nlevel=info at=x", "a=1 debug bbbbbb=2 cccccc=3"] {
        assert!(is_logfmt(text), "{text}");
    }
    for text in
        ["", "a=1", "the value a=1 and b=2 of it", "?a=1&b=2", "a = 1\nb = 2", "Jan 15 10:14:02 host x: a=1 b=2"]
    {
        assert!(!is_logfmt(text), "{text}");
    }
}

#[test]
fn fortinet_has_its_own_source_type() {
    let source_type = |text: &str| Logfmt::source_type(&Head::new(text.as_bytes(), true));
    let line = "date=2026-01-15 devname=\"fw\" devid=\"FG1\" logid=\"00\" type=traffic";
    assert_eq!(source_type(line), "fortinet:fortigate");
    assert_eq!(source_type("date=2026-01-15 devname=\"fw\" type=traffic"), "logfmt");
}

use super::*;
use crate::parse::settings::SourceSettings;
use crate::parse::source::SourceParser;
use crate::parse::tell::{TellSink, Told};
use std::sync::Arc;

fn parse_as(settings: &str, text: &[u8], part: usize) -> (Vec<Told>, Statistics) {
    let settings = Arc::new(SourceSettings::parse(settings.as_bytes()).expect("settings"));
    let mut parser = SourceParser::new(settings, 0);
    let mut sink = TellSink::default();
    text.chunks(part).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    (sink.events, parser.statistics())
}

fn lines(settings: &str, text: &str) -> Vec<String> {
    let (events, _) = parse_as(settings, text.as_bytes(), 5);
    let line = |event: &Told| match event.facts.parse_error {
        Some(reason) => format!("!{reason}: {}", event.json),
        None => event.json.clone(),
    };
    events.iter().map(line).collect()
}

const CSV: &str = r#"{"format": "csv"}"#;

#[test]
fn fields_are_named_by_the_header() {
    let text = "\u{feff}time,user,note,n,,n\r\n2026-01-15T10:00:00Z,\"a \"\"b\"\"\",\"x,\ny\",5,007,\r\n\r\n,,,,,1e3\n\
                time,user,note,n,,n\n,,,,,\nlast,,,,,";
    let expected = [
        r#"{"time":"2026-01-15T10:00:00Z","user":"a \"b\"","note":"x,\ny","n":5,"column_5":"007"}"#,
        r#"{"n_2":1e3}"#,
        r#"{}"#,
        r#"{"time":"last"}"#,
    ];
    assert_eq!(lines(CSV, text), expected);
}

#[test]
fn separators_are_found() {
    for (separator, source) in [(',', "{}"), ('\t', "{}"), (';', "{}"), ('|', "{}"), ('|', CSV)] {
        let text = "id,name\n1,x y\n2,z\n".replace(',', &separator.to_string());
        assert_eq!(lines(source, &text), [r#"{"id":1,"name":"x y"}"#, r#"{"id":2,"name":"z"}"#], "{separator:?}");
    }
}

#[test]
fn columns_may_be_declared() {
    let settings = r#"{"format": "csv", "columns": ["a", "b"]}"#;
    assert_eq!(lines(settings, "1,2\n3,4"), [r#"{"a":1,"b":2}"#, r#"{"a":3,"b":4}"#]);
    assert_eq!(lines(settings, "a,b\n3,4"), [r#"{"a":3,"b":4}"#]);
    assert_eq!(lines(r#"{"format": "csv", "columns": ["a", "a", "a_2"]}"#, "1,2,3"), [r#"{"a":1,"a_3":2,"a_2":3}"#]);
}

#[test]
fn records_that_do_not_fit_keep_what_they_have() {
    let text = "a,b,message\n1,2\n1,2,\"3\",4\n1,2,3\n";
    let expected = [
        r#"!number of fields is not that of the header: {"a":1,"b":2,"message":"1,2"}"#,
        r#"!number of fields is not that of the header: {"a":1,"b":2,"message":"1,2,\"3\",4"}"#,
        r#"{"a":1,"b":2,"message":3}"#,
    ];
    assert_eq!(lines(CSV, text), expected);
    let counts = Statistics { events: 3, unparsed_lines: 2, ..Statistics::default() };
    assert_eq!(parse_as(CSV, text.as_bytes(), 5).1, counts);
}

#[test]
fn what_event_viewer_puts_behind_its_last_column_has_a_name() {
    let header = "Level,Date and Time,Source,Event ID,Task Category";
    let text = format!("{header}\nError,t,x,7,None,\"a\n\nb\"\nError,t,x,7,None\n{header}\nError,t,x,7,None,a,b\n");
    let fields = r#""Level":"Error","Date and Time":"t","Source":"x","Event ID":7,"Task Category":"None""#;
    let expected = [
        format!(r#"{{{fields},"Message":"a\n\nb"}}"#),
        format!("{{{fields}}}"),
        format!(
            r#"!number of fields is not that of the header: {{{fields},"Message":"a","message":"Error,t,x,7,None,a,b"}}"#
        ),
    ];
    assert_eq!(lines(CSV, &text), expected);
}

#[test]
fn a_stray_quote_swallows_nothing() {
    let text = "a,b\n1,\"open\n2,x\n3,\"y\"\n4,\"p\nq\"\n5,z\n";
    let expected = [
        r#"!quote is not closed: {"message":"1,\"open"}"#,
        r#"{"a":2,"b":"x"}"#,
        r#"{"a":3,"b":"y"}"#,
        r#"{"a":4,"b":"p\nq"}"#,
        r#"{"a":5,"b":"z"}"#,
    ];
    assert_eq!(lines(CSV, text), expected);
    let expected = [
        r#"!quote is not closed: {"message":"1,\"open"}"#,
        r#"{"a":2,"b":"x"}"#,
        r#"!quote is not closed: {"message":"3,\"y"}"#,
    ];
    assert_eq!(lines(CSV, "a,b\n1,\"open\n2,x\n3,\"y"), expected);
    let wrong = "!number of fields is not that of the header";
    let expected = [
        format!(r#"{wrong}: {{"message":"1,\"open"}}"#),
        format!(r#"{wrong}: {{"a":"2\"","b":"x","message":"2\",x,y"}}"#),
        r#"{"a":3,"b":"y"}"#.to_string(),
    ];
    assert_eq!(lines(CSV, "a,b\n1,\"open\n2\",x,y\n3,y\n"), expected);
}

#[test]
fn long_records_come_in_pieces_however_they_arrive() {
    let row = "1,x\n";
    let open = format!("2,\"open\n{}", row.repeat(RECORD_BYTES_MAX / row.len() + 10));
    let long = format!("{}\n", "y".repeat(RECORD_BYTES_MAX + 5));
    let quoted = format!("3,\"{}\n\"\n", "z".repeat(RECORD_BYTES_MAX - 10));
    let text = format!("a,b\n{open}{long}{row}{quoted}{row}");
    let (events, counts) = parse_as(CSV, text.as_bytes(), usize::MAX);
    let rows = RECORD_BYTES_MAX / row.len() + 12;
    // The quote that is not closed, two pieces of the line, and the quoted record is one.
    assert_eq!(counts, Statistics { events: rows as u64 + 4, unparsed_lines: 3, ..Statistics::default() });
    assert_eq!(events[0].facts.parse_error, Some(OPEN_QUOTE));
    assert_eq!(events[rows - 1].json.len(), RECORD_BYTES_MAX + "{'message':''}".len());
    for part in [4096, 1 << 20] {
        assert!(parse_as(CSV, text.as_bytes(), part) == (events.clone(), counts), "in parts of {part}");
    }
}

#[test]
fn many_quotes_that_are_not_closed_take_little_time() {
    let text = "a,b\n".to_string() + &"1,\"x,\n".repeat(300_000);
    let started = std::time::Instant::now();
    let (events, _) = parse_as(CSV, text.as_bytes(), 1 << 16);
    assert_eq!(events.len(), 300_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn date_and_time_together_are_the_time() {
    let text = b"Date,Time,x\n1970-01-01,00:00:05,1\n1970-01-01,noon,1\n1970-01-01\n";
    let times: Vec<_> =
        parse_as(CSV, text, 7).0.iter().map(|event| (event.facts.time_ns, event.facts.certainty)).collect();
    let none = (None, Certainty::Certain);
    assert_eq!(times, [(Some(5_000_000_000), Certainty::ZoneAssumed), none, none]);
}

#[test]
fn only_tables_are_recognised() {
    let is_csv = |text: &str, is_whole: bool| CsvParser::looks_like(&Head::new(text.as_bytes(), is_whole));
    for text in [
        "id,name\n1,x",
        "Date (UTC),Request ID,User agent\n\"2026-01-15, 10:00\",5,\"a\nb\"\n2026,6,c\n2026,7,c",
        "a|b\n1|2\na|b\n",
        "_time\thost\tgröße\n1\t2\t3\n",
        "id,name,note\n1,x,a\n2,x\n3,y,b\n4,z,c\n",
        "Level,Date and Time,Source,Event ID,Task Category\nError,1/7/2026 12:00:01 AM,x,7,None,\"a\n\nb\"\n",
    ] {
        assert!(is_csv(text, true), "{text}");
        assert!(is_csv(&format!("{text}\n7,\"cut"), false), "{text}");
    }
    for text in [
        "",
        "id,name",
        "Dear all, thanks\nHello, world 2",
        "first word,then another\nsecond 1,third",
        "id,name\n1,x\n2",
        "id,name\n1,x\n2,x\n3,y\n4,z,c\n",
        "id,name,note\n1,x,a\n2,x\n3,y,b\n",
        "id,name,note\n1,x,a\n2,x,a\n3,x,a\nan end",
        "id,id\n1,2",
        "1,2\n3,4",
        "2026-01-15 10:00:00,123 INFO x\n2026-01-15 10:00:00,124 INFO y",
        "INFO|main|started\nINFO|main|stopped 5",
        "yes,no\nup,down",
        "CEF:0|Vendor|Product|x\nCEF:0|a|b|1",
        "a,,c\n1,2,3",
    ] {
        assert!(!is_csv(text, true), "{text}");
    }
}

//! Envelopes: which objects are taken apart, and what becomes of their members.
use super::copied::COPIED_BYTES_MAX;
use super::tests::{lines, parse_parts};
use std::path::Path;

const EVENT: &str = r#"{"id":1}"#;

#[test]
fn samples_give_the_same_events_however_they_arrive() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/formats/json");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if !path.to_string_lossy().ends_with(".log") {
            continue;
        }
        let text = std::fs::read(&path).expect("a sample");
        let whole = parse_parts([text.as_slice()]);
        for cut in (0..text.len()).step_by(3) {
            let (a, b) = text.split_at(cut);
            assert_eq!(parse_parts([a, b]), whole, "{} cut at {cut}", path.display());
        }
        assert_eq!(parse_parts(text.chunks(1)), whole, "{}", path.display());
        count += 1;
    }
    assert!(count > 40);
}

#[test]
fn what_stands_before_the_array_is_copied() {
    let head = r#""messageType":"D","owner":"1","more":[2],"logGroup":{"g":null},"logStream":3"#;
    assert_eq!(
        lines(format!(r#"{{{head},"logEvents":[{{"owner":"own","a":1}},"x",{EVENT}],"end":4}}"#)),
        [
            r#"{"owner":"own","a":1,"messageType":"D","logGroup":{"g":null},"logStream":3}"#,
            r#"{"message":"x"}"#,
            r#"{"id":1,"messageType":"D","owner":"1","logGroup":{"g":null},"logStream":3}"#,
            r#"{"more":[2],"end":4}"#,
        ]
    );
    // Where no event got them, they are not lost.
    let told = lines(format!(r#"{{{head},"logEvents":[{{"a":nul}}]}}"#));
    assert_eq!(told[0], r#"!a value was expected: {"message":"{\"a\":nul}"}"#);
    assert_eq!(told[1..], [r#"{"more":[2],"messageType":"D","owner":"1","logGroup":{"g":null},"logStream":3}"#]);
}

#[test]
fn members_that_are_too_large_are_not_copied() {
    for (length, is_copied) in [(COPIED_BYTES_MAX - 100, true), (COPIED_BYTES_MAX, false)] {
        let long = "x".repeat(length);
        let text = format!(r#"{{"messageType":"D","owner":"{long}","logGroup":"g","logEvents":[{EVENT},{EVENT}]}}"#);
        let expected = match is_copied {
            true => vec![format!(r#"{{"id":1,"messageType":"D","owner":"{long}","logGroup":"g"}}"#); 2],
            false => {
                let event = r#"{"id":1,"messageType":"D","logGroup":"g"}"#.to_string();
                vec![event.clone(), event, format!(r#"{{"owner":"{long}"}}"#)]
            }
        };
        assert_eq!(parse_parts([text.as_bytes()]).0, expected);
        assert_eq!(parse_parts(text.as_bytes().chunks(999)).0, expected);
    }
    let long = "x".repeat(COPIED_BYTES_MAX);
    let text = format!(
        r#"{{"resourceLogs":[{{"resource":{{"a":"{long}"}},"scopeLogs":[{{"scope":{{"n":1}},"logRecords":[{EVENT},{EVENT}]}}]}}]}}"#
    );
    let event = r#"{"id":1,"scope":{"n":1}}"#.to_string();
    let expected = [format!(r#"{{"resource":{{"a":"{long}"}}}}"#), event.clone(), event];
    assert_eq!(parse_parts([text.as_bytes()]).0, expected);
}

#[test]
fn a_message_that_is_json_is_told_too() {
    let event = |message: &str| {
        let text = format!(r#"{{"messageType":1,"logGroup":2,"logEvents":[{{"message":{message}}}]}}"#);
        let told = lines(text);
        assert_eq!(told.len(), 1);
        let rest = told[0].strip_prefix(&format!(r#"{{"message":{message}"#)).expect("the message").to_string();
        rest.strip_suffix(r#","messageType":1,"logGroup":2}"#).expect("what is copied").to_string()
    };
    assert_eq!(event(r#""{\"a\":[1,{\"b\":\"c\"}]}""#), r#","event":{"a":[1,{"b":"c"}]}"#);
    assert_eq!(event(r#""  {} \n""#), r#","event":{}"#);
    for message in [
        r#""{\"a\":1} x""#,
        r#""{\"a\":1""#,
        r#""{a}""#,
        r#""[1]""#,
        r#""2 1 eni-1""#,
        r#""""#,
        "5",
        "null",
        r#"{"b":"{}"}"#,
        r#"["{}"]"#,
        r#""{\"a\":1}","event":2"#,
    ] {
        assert_eq!(event(message), "", "{message}");
    }
    // Two of them: the last counts. Elsewhere, such text is text.
    assert_eq!(event(r#""{}","message":"{\"a\":1}""#), r#","event":{"a":1}"#);
    assert_eq!(lines(r#"{"Records":[{"message":"{}"}]}"#), [r#"{"message":"{}"}"#]);
}

#[test]
fn names_stand_twice_in_copied_text_too() {
    let text = r#"{"messageType":1,"logGroup":{"a":1,"a":2},"logEvents":[{"message":"{\"b\":1,\"b\":2}"}]}"#;
    let (told, statistics) = parse_parts([text.as_bytes()]);
    assert_eq!(told.len(), 1);
    assert_eq!(statistics.duplicate_keys, 1);
}

#[test]
fn log_records_of_otlp_that_look_otherwise_are_told_as_they_stand() {
    let record = |record: &str| lines(format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#));
    assert_eq!(
        record(r#"{"attributes":[{"value":{"intValue":1},"key":"a"}]}"#),
        [r#"{"attributes":[{"value":{"intValue":1},"key":"a"}]}"#]
    );
    for unlike in [
        r#"{"attributes":[1]}"#,
        r#"{"attributes":[{"key":1}]}"#,
        r#"{"attributes":[{"key":"a","value":{"intValue":1,"boolValue":true}}]}"#,
        r#"{"attributes":[{}]}"#,
        r#"{"body":{"arrayValue":[]}}"#,
        r#"{"body":{"kvlistValue":{"values":[],"more":1}}}"#,
    ] {
        assert_eq!(record(unlike), [unlike], "{unlike}");
    }
    assert_eq!(record(r#"{"attributes":{"a":1},"body":"x"}"#), [r#"{"attributes":{"a":1},"body":"x"}"#]);
    assert_eq!(
        record(r#"{"body":{"kvlistValue":{}},"attributes":[{"key":"\u0061\"","value":{"intValue":"x"}}]}"#),
        [r#"{"body":{},"attributes":{"a\"":"x"}}"#]
    );
    let deep = |levels: usize| {
        let nested = (0..levels)
            .fold(r#"{"intValue":1}"#.to_string(), |value, _| format!(r#"{{"arrayValue":{{"values":[{value}]}}}}"#));
        let text = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{nested}}}]}}]}}]}}"#);
        parse_parts([text.as_bytes()]).0.concat()
    };
    assert_eq!(deep(32), format!(r#"{{"body":{}1{}}}"#, "[".repeat(32), "]".repeat(32)));
    assert!(deep(33).contains("arrayValue"));
}

#[test]
fn resources_without_log_records_are_kept() {
    for text in [
        r#"{"resource":{"a":1},"scopeLogs":[]}"#,
        r#"{"resource":{"a":1},"scopeLogs":[{"logRecords":[]}]}"#,
        r#"{"resource":5,"scopeLogs":[{"logRecords":[{"a":1}]}]}"#,
        r#"{"scopeLogs":[{"logRecords":[1]}]}"#,
        r#"{"scopeLogs":{}}"#,
    ] {
        assert_eq!(lines(format!(r#"{{"resourceLogs":[{text}]}}"#)), [text], "{text}");
    }
}

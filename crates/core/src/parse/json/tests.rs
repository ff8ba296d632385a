//! Tests of the JSON parser as a whole: text in, events out.
use super::*;
use crate::parse::tell::TellSink;

pub(super) fn parse_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Statistics) {
    let mut parser = JsonParser::default();
    let mut sink = TellSink::default();
    for part in parts {
        parser.feed(part, &mut sink);
    }
    parser.finish(&mut sink);
    let statistics = parser.statistics();
    assert_eq!(statistics.events, sink.events.len() as u64);
    let unparsed = sink.events.iter().filter(|event| event.facts.parse_error.is_some());
    assert_eq!(statistics.unparsed_lines, unparsed.count() as u64);
    (sink.lines(), statistics)
}

/// Parses the text whole, cut in two at every place, and byte by byte; the answer must be the same.
fn parse(text: impl AsRef<[u8]>) -> (Vec<String>, Statistics) {
    let text = text.as_ref();
    let whole = parse_parts([text]);
    for cut in 0..text.len() {
        let (a, b) = text.split_at(cut);
        assert_eq!(parse_parts([a, b]), whole, "cut at {cut}");
    }
    assert_eq!(parse_parts(text.chunks(1)), whole, "byte by byte");
    whole
}

pub(super) fn lines(text: impl AsRef<[u8]>) -> Vec<String> {
    parse(text).0
}

#[test]
fn every_shape_gives_the_same_events() {
    let events = [r#"{"a":1,"b":[true,false,null,{"c":"x"}]}"#, "{}", r#"{"a":-1.50e+3}"#];
    let pretty = "{\n  \"a\" : 1 ,\r\n\t\"b\":[ true,false , null,{ \"c\":\"x\" } ]\n}\n{ }\n{\"a\":-1.50e+3}";
    for text in [
        events.join("\n"),
        events.join("\r\n") + "\r\n\n\n",
        events.join(""),
        events.join(" "),
        format!("[{}]", events.join(",")),
        format!("\u{feff} [\n{}\n]\n", events.join(",\n")),
        format!("{{\"Records\":[{}]}}", events.join(",")),
        format!(" {{ \"Records\" : [ {} ] }} ", events.join(" , ")),
        format!("[{}]{}", events[0], events[1..].join("\n")),
        pretty.to_string(),
    ] {
        let expected = Statistics { events: 3, ..Statistics::default() };
        assert_eq!(parse(&text), (events.map(String::from).to_vec(), expected), "{text}");
    }
}

#[test]
fn nothing_gives_no_events() {
    for text in ["", " \n\n", "\u{feff}", "[]", "[ ]\n", "{\"Records\":[]}", "{ \"Records\" : [ ] }"] {
        assert_eq!(parse(text), (Vec::new(), Statistics::default()), "{text:?}");
    }
}

#[test]
fn an_envelope_loses_none_of_its_members() {
    let rest = r#"{"a":1,"b":{"Records":[{}]}}"#;
    for text in [
        r#"{"Records":[{"x":1},{"x":2}],"a":1,"b":{"Records":[{}]}}"#,
        r#"{"a":1,"b":{"Records":[{}]},"Records":[{"x":1},{"x":2}]}"#,
        r#"{"a" : 1 , "Records":[{"x":1},{"x":2}] , "b":{"Records":[{}]} }"#,
        r#"{"a":1,"Records":[{"x":1}],"Records":[{"x":2}],"b":{"Records":[{}]}}"#,
    ] {
        let mut told: Vec<String> = lines(text);
        told.iter_mut().for_each(|line| line.retain(|character| character != ' '));
        assert_eq!(told, [r#"{"x":1}"#, r#"{"x":2}"#, rest], "{text}");
    }
    for text in [
        r#"{"Records":[],"a":1}"#,
        r#"{"a":1,"Records":[]}"#,
        r#"{"Records":["x"]}"#,
        r#"{"Records":{"x":1}}"#,
        r#"{"records":[{"x":1}]}"#,
    ] {
        assert_eq!(lines(text), [text]);
    }
}

#[test]
fn values_that_are_no_objects_are_messages() {
    assert_eq!(
        lines("\"text\"\n12\ntrue \nnull\n[1,[2]]\n[\"a\"]"),
        [
            r#"{"message":"text"}"#,
            r#"{"message":12}"#,
            r#"{"message":true}"#,
            r#"{"message":null}"#,
            r#"{"message":[1,[2]]}"#,
            r#"{"message":["a"]}"#
        ]
    );
    assert_eq!(
        lines(r#"[{"a":1},2,"x",[3]]"#),
        [r#"{"a":1}"#, r#"{"message":2}"#, r#"{"message":"x"}"#, r#"{"message":[3]}"#]
    );
}

#[test]
fn a_line_that_is_not_json_is_kept_and_the_next_is_read() {
    for (line, reason) in [
        (r#"{"a":tru}"#, "a value was expected"),
        (r#"{"a":NaN}"#, "a value was expected"),
        (r#"{"a":Infinity}"#, "a value was expected"),
        (r#"{"a":-Infinity}"#, "a number was expected"),
        (r#"{"a":01}"#, "',' or '}' was expected"),
        (r#"{"a":1.}"#, "a number was expected"),
        (r#"{"a":.5}"#, "a value was expected"),
        (r#"{"a":1"#, "',' or '}' was expected"),
        (r#"{"a":"x"#, "control character in a string"),
        (r#"{"a":"\x"}"#, "unknown escape in a string"),
        (r#"{"a":"\u12"}"#, "\\u without four hexadecimal digits in a string"),
        (r#"{"a":1,}"#, "a name in quotes was expected"),
        (r#"{"a" 1}"#, "':' was expected"),
        (r#"{'a':1}"#, "a name in quotes was expected"),
        (r#"{"a":[1 2]}"#, "',' or ']' was expected"),
        ("{\"a\":\"x\0\"}", "control character in a string"),
        ("nul", "a value was expected"),
        ("plain text, {not} \"json\"", "a value was expected"),
        ("2023-07-10 12:00:00 started", "text follows a value on its line"),
        ("\"a\": 1,", "text follows a value on its line"),
        ("[2023-07-10] started", "',' or ']' was expected"),
        ("[{\"a\":tru}] x", "a value was expected"),
        ("}", "a value was expected"),
    ] {
        let text = format!("{{\"n\":1}}\n{line}\r\n{{\"n\":2}}");
        let message = serde_json::to_string(line).expect("a string");
        let expected =
            [r#"{"n":1}"#.to_string(), format!("!{reason}: {{\"message\":{message}}}"), r#"{"n":2}"#.to_string()];
        let (told, statistics) = parse(&text);
        assert_eq!(told, expected, "{line}");
        assert_eq!(statistics, Statistics { events: 3, unparsed_lines: 1, ..Statistics::default() });
    }
}

#[test]
fn a_broken_object_among_others_is_kept_alone() {
    let reason = "!a value was expected: ";
    assert_eq!(
        lines(r#"{"n":1}{"a":[{"b":tru}],"c":"}"}{"n":2}"#),
        [
            r#"{"n":1}"#.to_string(),
            format!(r#"{reason}{{"message":"{{\"a\":[{{\"b\":tru}}],\"c\":\"}}\"}}"}}"#),
            r#"{"n":2}"#.to_string()
        ]
    );
    assert_eq!(
        lines(r#"[{"n":1},{"a":tru},{"n":2},NaN,{"n":3}]"#),
        [
            r#"{"n":1}"#.to_string(),
            format!(r#"{reason}{{"message":"{{\"a\":tru}}"}}"#),
            r#"{"n":2}"#.to_string(),
            format!(r#"{reason}{{"message":"NaN"}}"#),
            r#"{"n":3}"#.to_string()
        ]
    );
    assert_eq!(
        lines(r#"{"Records":[{"a":tru},{"n":2}],"x":1}"#),
        [format!(r#"{reason}{{"message":"{{\"a\":tru}}"}}"#), r#"{"n":2}"#.to_string(), r#"{"x":1}"#.to_string()]
    );
    assert_eq!(
        lines(r#"{"Records":[{"n":2}],"x":1,"y":tru}"#),
        [r#"{"n":2}"#.to_string(), r#"{"x":1}"#.to_string(), format!(r#"{reason}{{"message":"\"y\":tru}}"}}"#)]
    );
}

#[test]
fn a_record_that_is_cut_off_is_kept_as_text() {
    let cut = "!ends in the middle of a record: ";
    assert_eq!(
        lines("{\"n\":1}\n{\"a\":\"b"),
        ["{\"n\":1}", "!control character in a string: {\"message\":\"{\\\"a\\\":\\\"b\"}"]
    );
    assert_eq!(
        lines("{\"n\":1}\n{\"a\":["),
        ["{\"n\":1}".to_string(), format!("{cut}{{\"message\":\"{{\\\"a\\\":[\"}}")]
    );
    assert_eq!(
        lines("{\"Records\":[{\"n\":1},{\"a\":["),
        ["{\"n\":1}".to_string(), format!("{cut}{{\"message\":\"{{\\\"a\\\":[\"}}")]
    );
    assert_eq!(lines("[{\"n\":1},"), ["{\"n\":1}"]);
    assert_eq!(lines("{\"Records\":[{\"n\":1}],\"x\":1"), ["{\"n\":1}", "{\"x\":1}"]);
    // A line in the middle that is cut off does not take the next ones with it.
    assert_eq!(
        lines("{\"a\":[\n{\"n\":1}"),
        [format!("{cut}{{\"message\":\"{{\\\"a\\\":[\"}}"), "{\"n\":1}".to_string()]
    );
}

#[test]
fn strange_text_is_kept() {
    let (told, statistics) =
        parse(b"{\"a\":\"x\xffy\xc3\"}\n{\"a\":\"\\u0000\\ud800\"}\n{\"a\":\"\\ud83d\\ude00\xc3\xa9\"}");
    let bad = "{\"a\":\"xÿyÃ\"}".to_string();
    let surrogate = "{\"a\":\"\\u0000\u{fffd}\u{fffd}\u{fffd}\"}".to_string();
    assert_eq!(told, [bad, surrogate, "{\"a\":\"😀é\"}".to_string()]);
    assert_eq!(statistics, Statistics { events: 3, invalid_utf8: 2, ..Statistics::default() });
}

#[test]
fn duplicate_names_are_told_and_counted() {
    let text = r#"{"a":1,"b":{"a":1},"a":2,"\u0061":3}"#;
    let (told, statistics) = parse(text);
    assert_eq!(told, [r#"{"a":1,"b":{"a":1},"a":2,"a":3}"#]);
    assert_eq!(statistics, Statistics { events: 1, duplicate_keys: 2, ..Statistics::default() });
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let event = |depth: usize| format!("{{\"a\":{}}}\n{{\"n\":1}}", nested(depth - 1));
    assert_eq!(parse_parts([event(512).as_bytes()]).1, Statistics { events: 2, ..Statistics::default() });
    let (told, statistics) = parse_parts([event(513).as_bytes()]);
    assert_eq!(statistics, Statistics { events: 2, unparsed_lines: 1, ..Statistics::default() });
    assert!(told[0].starts_with("!nested deeper than 512 levels: "), "{}", told[0]);
    let bomb = "[{\"a\":".repeat(100_000);
    assert_eq!(parse_parts([bomb.as_bytes()]).1.unparsed_lines, 1);
}

#[test]
fn long_records() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(20_000_000));
    let text = format!("{{\"n\":1}}\n{long}\n{{\"n\":2}}\n");
    let (told, _) = parse_parts(text.as_bytes().chunks(4000));
    assert!(told == ["{\"n\":1}".to_string(), long, "{\"n\":2}".to_string()]);
}

#[test]
fn long_raw_text_is_cut_in_pieces() {
    let raw = "é".repeat(1_500_000);
    for (text, unparsed, tail) in [
        (format!("{raw}\n{{\"n\":2}}\n"), 3, vec!["{\"n\":2}".to_string()]),
        (raw.clone(), 3, vec![]),
        (format!("[{{\"n\":1}},{{\"a\":tru{raw}\n,{{\"n\":2}}]"), 3, vec!["{\"n\":2}".to_string()]),
    ] {
        for part in [1000, 1 << 20, usize::MAX] {
            let mut told = parse_parts(text.as_bytes().chunks(part)).0;
            told.retain(|line| line != "{\"n\":1}");
            let raw_text: String = told[..unparsed]
                .iter()
                .map(|line| line.split_once("\"message\":\"").expect("a message").1.trim_end_matches("\"}"))
                .collect();
            assert!(raw_text.contains(&raw), "pieces of {part}");
            assert_eq!(&told[unparsed..], &tail);
        }
    }
}

#[test]
fn many_names() {
    let members: Vec<String> = (0..100_000).map(|number| format!("\"k{number}\":{number}")).collect();
    let text = format!("{{{},\"k7\":0}}", members.join(","));
    let (told, statistics) = parse_parts([text.as_bytes()]);
    assert!(told == [text]);
    assert_eq!(statistics, Statistics { events: 1, duplicate_keys: 1, ..Statistics::default() });
}

use super::*;
use crate::parse::settings::SourceSettings;
use crate::parse::source::SourceParser;
use crate::parse::tell::TellSink;
use std::sync::Arc;

fn program(steps: &str) -> Program {
    Program::parse(format!(r#"{{"steps": [{steps}]}}"#).as_bytes(), tables()).expect("a program")
}

pub fn tables() -> Vec<Table> {
    let exact = Table::parse(
        br#"{"kind": "rows", "match": "exact", "columns": ["owner", "site.name"], "ignore_case": true}"#,
        b"[\"A\", [\"ann\", null]]\n[5, [\"five\", 1.50]]\n[\"a\", [\"second\", 1]]\n".to_vec(),
    );
    let networks = Table::parse(
        br#"{"kind": "rows", "match": "cidr", "columns": ["zone"]}"#,
        b"[\"10.0.0.0/8\", [\"wide\"]]\n[\"10.1.0.0/16\", [\"narrow\"]]\n[\"2001:db8::/32\", [\"six\"]]\n".to_vec(),
    );
    vec![exact.expect("a table"), networks.expect("a table")]
}

/// What becomes of events, and the counts.
fn run(steps: &str, text: &str) -> (Vec<String>, Counts) {
    let settings = SourceSettings { transform: Some(Arc::new(program(steps))), ..SourceSettings::default() };
    let mut parser = SourceParser::new(Arc::new(settings), 0);
    let mut sink = TellSink::default();
    text.as_bytes().chunks(5).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    let found = parser.statistics();
    assert_eq!(found.events, sink.events.len() as u64);
    (sink.lines(), Counts { events: found.events, errors: found.transform_errors, discarded: found.discarded })
}

fn lines(steps: &str, text: &str) -> Vec<String> {
    run(steps, text).0
}

fn parts(name: &str) -> String {
    format!(r#"{{"parts": ["{name}"]}}"#)
}

#[test]
fn rename_keeps_the_value_whatever_it_is() {
    let step = r#"{"do": "rename", "from": "a.b", "to": "x.y"}"#;
    let found =
        lines(step, "{\"a\":{\"b\":[1,{\"c\":null}]},\"d\":1}{\"a\":{\"b\":1,\"e\":2}}{\"a.b\":\"dot\"}{\"d\":1}");
    let expected =
        [r#"{"d":1,"x":{"y":[1,{"c":null}]}}"#, r#"{"a":{"e":2},"x":{"y":1}}"#, r#"{"x":{"y":"dot"}}"#, r#"{"d":1}"#];
    assert_eq!(found, expected);
    assert_eq!(lines(r#"{"do": "rename", "from": "a", "to": "a.b"}"#, r#"{"a":1}"#), [r#"{"a":{"b":1}}"#]);
    assert_eq!(lines(r#"{"do": "rename", "from": "a.b", "to": "a"}"#, r#"{"a":{"b":1}}"#), [r#"{"a":1}"#]);
    assert_eq!(
        lines(r#"{"do": "rename", "from": "t[1]", "to": "second"}"#, r#"{"t":[1,2]}"#),
        [r#"{"t":[1],"second":2}"#]
    );
}

#[test]
fn what_stands_in_the_way_of_a_name_keeps_the_event() {
    let step = r#"{"do": "rename", "from": "a", "to": "x.y"}"#;
    let (found, counts) = run(step, "{\"a\":1,\"x\":{\"y\":2}}{\"a\":1,\"x\":3}{\"a\":1,\"x\":null}");
    let expected = [
        r#"!transform: step 1 (rename): a field of that name is there: {"a":1,"x":{"y":2}}"#,
        r#"!transform: step 1 (rename): a value stands where an object is to be: {"a":1,"x":3}"#,
        r#"{"x":{"y":1}}"#,
    ];
    assert_eq!(found, expected);
    assert_eq!(counts, Counts { events: 3, errors: 2, discarded: 0 });
}

#[test]
fn drop_takes_leaves_containers_and_patterns() {
    let of = |columns: &str| format!(r#"{{"do": "drop", "columns": [{columns}]}}"#);
    let event = r#"{"a":{"x":1,"y":2},"b":[{"x":1},{"x":2,"z":3}],"c.d":4}"#;
    assert_eq!(lines(&of(&parts("a")), event), [r#"{"b":[{"x":1},{"x":2,"z":3}],"c.d":4}"#]);
    assert_eq!(
        lines(&of(&format!("{}, {}", parts("a"), parts("a.x"))), event),
        [r#"{"b":[{"x":1},{"x":2,"z":3}],"c.d":4}"#]
    );
    assert_eq!(
        lines(&of(r#"{"parts": ["b[", {"star": 1}, "].x"]}"#), event),
        [r#"{"a":{"x":1,"y":2},"b":[{"z":3}],"c.d":4}"#]
    );
    assert_eq!(lines(&of(&parts("c.d")), event), [r#"{"a":{"x":1,"y":2},"b":[{"x":1},{"x":2,"z":3}]}"#]);
    assert_eq!(lines(&of(r#"{"parts": [{"star": 2}]}"#), event), ["{}"]);
    assert_eq!(lines(&of(&parts("none")), event), [event]);
}

/// Of Python: `hmac.new(b"0123456789abcdef", text, "sha256").hexdigest()[:32]`.
const KEY: &str = "30313233343536373839616263646566";

#[test]
fn masks_are_keyed_and_the_same_for_the_same_text() {
    let of = |columns: &str, more: &str| format!(r#"{{"do": "mask", "columns": [{columns}], "key": "{KEY}"{more}}}"#);
    let found = lines(
        &of(&parts("user"), ""),
        "{\"user\":\"ann\"}{\"user\":[\"ann\",5,true,null]}{\"user\":{\"id\":5}}{\"a\":1}",
    );
    let (hash, five) = ("fb385915a0623c0be3e7b0a7134dbb62", "b03482c855bd539b42aac2ac9979c9ae");
    assert_eq!(found[0], format!(r#"{{"user":"{hash}"}}"#));
    assert!(
        found[1].starts_with(&format!(r#"{{"user":["{hash}","{five}","#)) && found[1].ends_with(",null]}"),
        "{}",
        found[1]
    );
    assert_eq!(found[2], format!(r#"{{"user":{{"id":"{five}"}}}}"#));
    assert_eq!(found[3], r#"{"a":1}"#);
    let found =
        lines(&of(&parts("m"), r#", "regex": "[a-z]+@x""#), r#"{"m":"to ann@x and bob@x, 5"}{"m":"none"}{"m":5}"#);
    assert_eq!(found[0].len(), r#"{"m":"to  and , 5"}"#.len() + 64);
    assert_eq!(found[1..], [r#"{"m":"none"}"#, r#"{"m":5}"#]);
    // Twice matched is masked once.
    let twice = lines(&of(&format!("{}, {}", parts("a"), parts("a.b")), ""), r#"{"a":{"b":"ann"}}"#);
    assert_eq!(twice[0], format!(r#"{{"a":{{"b":"{hash}"}}}}"#));
}

#[test]
fn what_is_to_be_hidden_stays_hidden_when_a_step_fails() {
    let steps = format!(
        r#"{{"do": "parse_json", "field": "log", "into": "l"}}, {{"do": "drop", "columns": [{}]}}, {{"do": "mask", "columns": [{}], "key": "{KEY}"}}"#,
        parts("pin"),
        parts("user")
    );
    let (found, counts) = run(&steps, r#"{"log":"{","user":"ann","pin":1}"#);
    assert!(
        found[0].starts_with(r#"!transform: step 1 (parse_json): the field is not JSON: {"log":"{","user":""#),
        "{found:?}"
    );
    assert!(!found[0].contains("ann") && !found[0].contains("pin"));
    assert_eq!(counts, Counts { events: 1, errors: 1, discarded: 0 });
}

#[test]
fn a_step_is_called_as_it_is_told_to() {
    let named = r#"{"do": "parse_json", "field": "m", "into": "", "name": "step 7 (own)"}"#;
    let expected = [r#"!transform: step 7 (own): the field is not JSON: {"m":"{"}"#];
    assert_eq!(lines(named, r#"{"m":"{"}"#), expected);
    let long = format!(r#"{{"steps": [{{"do": "drop", "columns": [], "name": "{}"}}]}}"#, "x".repeat(101));
    let error = Program::parse(long.as_bytes(), Vec::new()).expect_err("a long name").to_string();
    assert_eq!(error, "step 1 of the transform: its name has 101 bytes, the most is 100");
}

#[test]
fn everything_of_a_name_is_hidden() {
    let event = r#"{"a.b":"ann","a":{"b":"ann","b":"ann"},"a":{"b":["ann"]},"c":1}"#;
    let drop = format!(r#"{{"do": "drop", "columns": [{}]}}"#, parts("a.b"));
    assert_eq!(lines(&drop, event), [r#"{"c":1}"#]);
    let mask = format!(r#"{{"do": "mask", "columns": [{}], "key": "{KEY}"}}"#, parts("a.b"));
    assert!(!lines(&mask, event)[0].contains("ann"), "{:?}", lines(&mask, event));
}

#[test]
fn a_mask_does_not_ask_its_condition_of_an_event_that_is_kept_as_it_came() {
    let is_person = r#"{"call": "equal", "of": [{"column": "l.kind"}, {"text": "person"}]}"#;
    let steps = format!(
        r#"{{"do": "parse_json", "field": "log", "into": "l"}}, {{"do": "mask", "columns": [{}], "key": "{KEY}", "when": {is_person}}}"#,
        parts("user")
    );
    let found = lines(&steps, r#"{"log":"{\"kind\":\"robot\"}","user":"ann"}{"log":"{","user":"ann"}"#);
    assert!(found[0].contains(r#""user":"ann""#) && !found[1].contains("ann"), "{found:?}");
}

#[test]
fn json_in_a_text() {
    let step = |into: &str| format!(r#"{{"do": "parse_json", "field": "m", "into": "{into}"}}"#);
    let event = r#"{"m":" {\"a\":{\"b\":[1.50,\"\\u00e9\"]},\"id\":2} ","id":1}"#;
    assert_eq!(
        lines(&step("j"), event),
        [r#"{"m":" {\"a\":{\"b\":[1.50,\"\\u00e9\"]},\"id\":2} ","id":1,"j":{"a":{"b":[1.50,"é"]},"id":2}}"#]
    );
    assert_eq!(
        lines(&step(""), event),
        [r#"{"m":" {\"a\":{\"b\":[1.50,\"\\u00e9\"]},\"id\":2} ","id":1,"a":{"b":[1.50,"é"]}}"#]
    );
    assert_eq!(lines(&step("m"), event), [r#"{"m":{"a":{"b":[1.50,"é"]},"id":2},"id":1}"#]);
    for (text, reason) in [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("{} x", "not JSON"),
        ("nul", "not JSON"),
        ("5", "JSON, but not an object"),
    ] {
        let event = format!(r#"{{"m":"{text}"}}"#);
        assert_eq!(
            lines(&step(""), &event),
            [format!("!transform: step 1 (parse_json): the field is {reason}: {event}")]
        );
    }
    for event in [r#"{"m":5}"#, r#"{"m":{"a":1}}"#, r#"{"m":null}"#, r#"{"n":"{"}"#] {
        assert_eq!(lines(&step(""), event), [event]);
    }
}

#[test]
fn pairs_in_a_text() {
    let step = |into: &str| format!(r#"{{"do": "parse_key_value", "field": "m", "into": "{into}"}}"#);
    let event = r#"{"m":"login user=\"ann b\" port=22 ok=true x"}"#;
    assert_eq!(
        lines(&step("kv"), event),
        [r#"{"m":"login user=\"ann b\" port=22 ok=true x","kv":{"user":"ann b","port":22,"ok":true}}"#]
    );
    let none = r#"{"m":"no pairs"}"#;
    assert_eq!(
        lines(&step("kv"), none),
        [format!("!transform: step 1 (parse_key_value): the field has no key=value pair: {none}")]
    );
}

#[test]
fn arrays_are_split_into_events() {
    let step = |lift: bool| format!(r#"{{"do": "split", "field": "r", "lift": {lift}}}"#);
    let event = r#"{"id":1,"r":[{"id":2,"a":{"b":3}},{"c":4}],"z":{"y":5}}"#;
    let kept = [r#"{"id":1,"r":{"id":2,"a":{"b":3}},"z":{"y":5}}"#, r#"{"id":1,"r":{"c":4},"z":{"y":5}}"#];
    assert_eq!(lines(&step(false), event), kept);
    assert_eq!(lines(&step(true), event), [r#"{"z":{"y":5},"id":2,"a":{"b":3}}"#, r#"{"id":1,"z":{"y":5},"c":4}"#]);
    for event in [r#"{"r":[]}"#, r#"{"r":null}"#, r#"{"a":1}"#] {
        assert_eq!(lines(&step(true), event), [event]);
    }
    let scalars = r#"{"r":[1,"x"]}"#;
    assert_eq!(lines(&step(false), scalars), [r#"{"r":1}"#, r#"{"r":"x"}"#]);
    assert_eq!(
        lines(&step(true), scalars),
        [format!("!transform: step 1 (split): an element of the array is not an object: {scalars}")]
    );
    assert_eq!(
        lines(&step(false), r#"{"r":5}"#),
        [r#"!transform: step 1 (split): the field is not an array: {"r":5}"#]
    );
    // Steps behind it see one event each; one that fails brings the event back as it came.
    let steps = format!(r#"{}, {{"do": "split", "field": "r.s", "lift": false}}"#, step(false));
    assert_eq!(
        lines(&steps, r#"{"r":[{"s":[1,2]},{"s":[3]}]}"#),
        [r#"{"r":{"s":1}}"#, r#"{"r":{"s":2}}"#, r#"{"r":{"s":3}}"#]
    );
    let broken = r#"{"r":[{"s":[1,2]},{"s":3}]}"#;
    assert_eq!(
        run(&steps, broken),
        (
            vec![format!("!transform: step 2 (split): the field is not an array: {broken}")],
            Counts { events: 1, errors: 1, discarded: 0 }
        )
    );
}

#[test]
fn members_of_an_object_are_unwrapped() {
    let step = r#"{"do": "unwrap", "field": "a.b"}"#;
    let events =
        r#"{"id":1,"a":{"b":{"id":2,"x":{"y":3},"z":[4]},"c":5},"e":6}{"a":{"b":{"x":1}}}{"a":{"b":{"a":1,"x":2}}}"#;
    let expected = [
        r#"{"id":1,"a":{"b":{"id":2},"c":5},"e":6,"x":{"y":3},"z":[4]}"#,
        r#"{"x":1}"#,
        r#"{"a":{"b":{"a":1}},"x":2}"#,
    ];
    assert_eq!(lines(step, events), expected);
    for event in [r#"{"a":{"b":null}}"#, r#"{"a":1}"#] {
        assert_eq!(lines(step, event), [event]);
    }
    assert_eq!(lines(step, r#"{"a":{"b":{}}}"#), ["{}"]);
    let text = r#"{"a":{"b":"x"}}"#;
    assert_eq!(lines(step, text), [format!("!transform: step 1 (unwrap): the field is not an object: {text}")]);
}

#[test]
fn a_split_that_would_fill_the_lake_is_an_error() {
    let event = format!(r#"{{"pad":"{}","r":[{}]}}"#, "x".repeat(1 << 20), vec!["1"; 100].join(","));
    let (found, counts) = run(r#"{"do": "split", "field": "r", "lift": false}"#, &event);
    assert_eq!(found, [format!("!transform: step 1 (split): the event becomes too large: {event}")]);
    assert_eq!(counts, Counts { events: 1, errors: 1, discarded: 0 });
}

#[test]
fn fields_are_set_one_after_the_other() {
    let upper = r#"{"call": "string.upper", "of": [{"column": "a"}]}"#;
    let tags = r#"{"pattern": {"parts": ["t[", {"star": 1}, "].k"]}}"#;
    let steps = format!(
        r#"{{"do": "set", "fields": [{{"name": "@ecs.user.name", "value": {upper}}}, {{"name": "b", "value": {{"column": "@ecs.user.name"}}}},
        {{"name": "keys", "value": {tags}}}, {{"name": "gone", "value": {{"null": true}}}}, {{"name": "type", "value": {{"column": "@lb.source_type"}}}}]}}"#
    );
    let found = lines(&steps, r#"{"a":"x","gone":1,"t":[{"k":1},{"k":"2"},{}],"b":0}{"n":1}"#);
    assert_eq!(
        found,
        [
            r#"{"a":"x","t":[{"k":1},{"k":"2"},{}],"b":"X","@ecs":{"user":{"name":"X"}},"keys":[1,"2"],"type":"json"}"#,
            r#"{"n":1,"type":"json"}"#
        ]
    );
}

#[test]
fn events_are_kept_or_left_out() {
    let is_one = r#"{"call": "equal", "of": [{"column": "a"}, {"number": "1"}]}"#;
    let events = r#"{"a":1}{"a":2}{"b":1}"#;
    assert_eq!(
        run(&format!(r#"{{"do": "keep", "where": {is_one}}}"#), events),
        (vec![r#"{"a":1}"#.into()], Counts { events: 1, errors: 0, discarded: 2 })
    );
    assert_eq!(
        run(&format!(r#"{{"do": "discard", "where": {is_one}}}"#), events),
        (vec![r#"{"a":2}"#.into(), r#"{"b":1}"#.into()], Counts { events: 2, errors: 0, discarded: 1 })
    );
    let some = format!(
        r#"{{"do": "drop", "columns": [{}], "when": {is_one}}}, {{"do": "drop", "columns": [{}], "source_types": ["other"]}}"#,
        parts("a"),
        parts("b")
    );
    assert_eq!(lines(&some, events), ["{}", r#"{"a":2}"#, r#"{"b":1}"#]);
}

#[test]
fn rows_are_looked_up() {
    let step = |table: u8, on: &str, columns: &str, append: bool| {
        format!(
            r#"{{"do": "lookup", "table": {table}, "on": [{on}], "into": "x.y", "columns": [{columns}], "append": {append}}}"#
        )
    };
    let both = r#"["owner", "owner"], ["site", "site.name"]"#;
    let found = lines(&step(0, &parts("h"), both, false), r#"{"h":"a"}{"h":5}{"h":"5"}{"h":"b"}{"g":1}"#);
    let five = r#""x":{"y":{"owner":"five","site":1.50}}}"#;
    assert_eq!(
        found,
        [
            r#"{"h":"a","x":{"y":{"owner":"ann"}}}"#.into(),
            format!(r#"{{"h":5,{five}"#),
            format!(r#"{{"h":"5",{five}"#),
            r#"{"h":"b"}"#.into(),
            r#"{"g":1}"#.to_string()
        ]
    );
    let zone = r#"["zone", "zone"]"#;
    let found = lines(
        &step(1, &parts("ip"), zone, false),
        r#"{"ip":"10.1.2.3"}{"ip":"10.2.0.0"}{"ip":"2001:db8::1"}{"ip":"11.0.0.1"}{"ip":"x"}"#,
    );
    assert_eq!(
        found,
        [
            r#"{"ip":"10.1.2.3","x":{"y":{"zone":"narrow"}}}"#,
            r#"{"ip":"10.2.0.0","x":{"y":{"zone":"wide"}}}"#,
            r#"{"ip":"2001:db8::1","x":{"y":{"zone":"six"}}}"#,
            r#"{"ip":"11.0.0.1"}"#,
            r#"{"ip":"x"}"#
        ]
    );
    let wild = r#"{"parts": ["ips[", {"star": 1}, "]"]}"#;
    let found =
        lines(&step(1, wild, r#"["indicator.zone", "zone"]"#, true), r#"{"ips":["1.1.1.1","10.2.0.0","10.1.0.0"]}"#);
    assert_eq!(
        found,
        [
            r#"{"ips":["1.1.1.1","10.2.0.0","10.1.0.0"],"x":{"y":[{"indicator":{"zone":"wide"},"matched":{"field":"ips[1]","atomic":"10.2.0.0"}},{"indicator":{"zone":"narrow"},"matched":{"field":"ips[2]","atomic":"10.1.0.0"}}]}}"#
        ]
    );
    let key = r#"{"do": "lookup", "table": 0, "key": {"call": "string.substring", "of": [{"column": "h"}, {"number": "0"}, {"number": "1"}]}, "into": "x", "columns": [["owner", "owner"]]}"#;
    assert_eq!(lines(key, r#"{"h":"abc"}"#), [r#"{"h":"abc","x":{"owner":"ann"}}"#]);
}

#[test]
fn lines_that_did_not_parse_go_through_too() {
    let steps = r#"{"do": "set", "fields": [{"name": "seen", "value": {"boolean": true}}]}, {"do": "parse_json", "field": "message", "into": "m"}"#;
    let (found, counts) = run(steps, "{\"a\":1}\nbroken {\n");
    assert_eq!(found[0], r#"{"a":1,"seen":true}"#);
    assert!(
        found[1].starts_with('!') && !found[1].contains("transform") && found[1].ends_with(r#"{"message":"broken {"}"#),
        "{found:?}"
    );
    assert_eq!(counts, Counts { events: 2, errors: 1, discarded: 0 });
}

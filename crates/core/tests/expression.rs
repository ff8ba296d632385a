//! Expressions: every function's examples, what is refused, and that nothing a log holds makes one fail.
mod lab;

use lab::written;
use lakebed_core::expression::syntax::{DEPTH_MAX, NODES_MAX};
use lakebed_core::expression::{Expression, Syntax, functions};
use proptest::prelude::*;

fn value_of(json: &str, row: &str) -> String {
    let expression = Expression::parse(json.as_bytes()).expect("an expression");
    let values = expression.evaluate_json(format!("[{row}]").as_bytes()).expect("a row");
    let text = String::from_utf8(values).expect("UTF-8");
    text[1..text.len() - 1].to_string()
}

fn error_of(json: &str) -> String {
    Expression::parse(json.as_bytes()).err().expect("an error").to_string()
}

#[test]
fn the_examples_of_every_function_hold() {
    for function in functions::all() {
        assert!(!function.examples.is_empty() && !function.doc.is_empty(), "{} has no example", function.name);
        for (call, wanted) in function.examples {
            let wanted: serde_json::Value = serde_json::from_str(wanted).expect("JSON");
            let expression = Expression::compile(&written::read(call)).expect(call);
            let found: serde_json::Value = serde_json::from_slice(&expression.evaluate(&[]).to_json()).expect("JSON");
            assert_eq!(found, wanted, "{call}");
        }
    }
}

#[test]
fn the_parameters_say_how_many_there_are() {
    for function in functions::all() {
        let required = function.parameters.split('[').next().unwrap_or_default();
        let count = |text: &str| text.split(',').filter(|name| !name.trim_matches([' ', ']']).is_empty()).count();
        let is_open = function.parameters.contains('…');
        let least = count(required) - usize::from(required.contains('…'));
        if function.name == "case" || function.name == "match" {
            continue;
        }
        assert_eq!(least, function.least, "{}", function.name);
        let most = if is_open { usize::MAX } else { count(&function.parameters.replace('[', "")) };
        assert_eq!(most, function.most, "{}", function.name);
    }
}

#[test]
fn the_list_is_json() {
    let list: serde_json::Value = serde_json::from_slice(&functions::to_json()).expect("JSON");
    let substring = list.as_array().expect("a list").iter().find(|one| one["name"] == "string.substring");
    let substring = substring.expect("it is there");
    assert_eq!(substring["family"], "string");
    assert_eq!((substring["least"].as_u64(), substring["most"].as_u64()), (Some(2), Some(3)));
    assert_eq!(substring["examples"][0][1], "cdef");
}

#[test]
fn columns_are_named_once_and_patterns_come_behind_them() {
    let json = r#"{"call":"string.concat","of":[{"column":"b"},{"column":"a"},{"column":"b"},
        {"call":"array.join","of":[{"pattern":{"parts":["tags[",{"star":1},"]"]}},{"text":"+"}]}]}"#;
    let expression = Expression::parse(json.as_bytes()).expect("an expression");
    assert_eq!(expression.columns(), ["b", "a"]);
    assert_eq!(expression.patterns().len(), 1);
    assert_eq!(value_of(json, r#"["x", 1.50, ["p", 7]]"#), r#""x1.50xp+7""#);
    assert!(Expression::compile_without_patterns(&Syntax::parse(json.as_bytes()).expect("JSON")).is_err());
}

#[test]
fn operators() {
    let two = |name: &str, a: &str, b: &str| {
        let json = format!(r#"{{"call":"{name}","of":[{{"column":"a"}},{{"column":"b"}}]}}"#);
        value_of(&json, &format!("[{a},{b}]"))
    };
    for (name, a, b, wanted) in [
        ("add", "9007199254740993", "1", "9007199254740994"),
        ("add", "170141183460469231731687303715884105727", "1", "1.7014118346046923e38"),
        ("add", "0.1", "0.2", "0.30000000000000004"),
        ("add", "0.5", "0.5", "1"),
        ("add", "1", "\"1\"", "null"),
        ("subtract", "1e3", "1.0", "999"),
        ("multiply", "1e200", "1e200", "null"),
        ("divide", "6", "3", "2"),
        ("divide", "7", "2", "3.5"),
        ("divide", "7", "0.0", "null"),
        ("remainder", "-7", "2", "-1"),
        ("remainder", "7.5", "2", "1.5"),
        ("remainder", "1", "0", "null"),
        ("equal", "1", "1.0", "true"),
        ("equal", "1", "\"1\"", "false"),
        ("equal", "null", "null", "null"),
        ("equal", "[1]", "[1.0]", "true"),
        ("equal", "true", "\"true\"", "true"),
        ("equal", "\"false\"", "false", "true"),
        ("equal", "true", "\"True\"", "false"),
        ("not_equal", "true", "\"true\"", "false"),
        ("not_equal", "1", "\"1\"", "true"),
        ("less", "9007199254740992", "9007199254740993", "true"),
        ("less", "\"a\"", "\"b\"", "true"),
        ("less", "\"2026-01-01T00:00:00.5Z\"", "\"2026-01-01T00:00:00Z\"", "false"),
        ("less", "1", "\"2\"", "null"),
        ("at_least", "true", "false", "null"),
        ("and", "false", "null", "false"),
        ("and", "true", "null", "null"),
        ("and", "true", "1", "null"),
        ("or", "null", "true", "true"),
        ("or", "null", "false", "null"),
    ] {
        assert_eq!(two(name, a, b), wanted.replace("1.7014118346046923e38", "170141183460469230000000000000000000000"));
    }
}

#[test]
fn what_is_refused_says_why() {
    for (json, wanted) in [
        (r#"{"call":"nope","of":[]}"#, "unknown function 'nope'"),
        (r#"{"call":"math.round","of":[]}"#, "function 'math.round' takes 1 to 2 arguments (number[, digits]), got 0"),
        (r#"{"call":"coalesce","of":[]}"#, "function 'coalesce' takes at least 1 arguments (value, …), got 0"),
        (r#"{"number":"01"}"#, "not a JSON number: '01'"),
        (
            r#"{"call":"string.matches","of":[{"text":"a"},{"column":"b"}]}"#,
            "string.matches: the regular expression must not depend on the event",
        ),
        (
            r#"{"call":"string.matches","of":[{"text":"a"},{"null":true}]}"#,
            "string.matches: the regular expression is a null, not a text",
        ),
        (
            r#"{"call":"ip.in","of":[{"column":"a"},{"text":"10.0.0.0/33"}]}"#,
            "ip.in: prefix of '10.0.0.0/33' is not a number from 0 to 32",
        ),
        (
            r#"{"call":"time.format","of":[{"column":"a"},{"text":"%Q"}]}"#,
            "time.format: unknown directive '%Q' in a time format",
        ),
        (r#"{"call":"json.get","of":[{"column":"a"},{"text":"a["}]}"#, "json.get: 'a[' is not a path such as 'a.b[0]'"),
    ] {
        assert_eq!(error_of(json), wanted);
    }
    for json in ["{}", r#"{"text":"a","number":"1"}"#, r#"{"column":"a","of":[]}"#, r#"{"null":false}"#] {
        assert_eq!(
            error_of(json),
            "a node of an expression is one of column, text, number, boolean, null, pattern, or call with of"
        );
    }
    assert!(error_of(r#"{"col":"a"}"#).starts_with("not an expression: unknown field `col`"));
    assert!(
        error_of(r#"{"call":"string.matches","of":[{"text":"a"},{"text":"("}]}"#).contains("unclosed group"),
        "the regular expression's own error"
    );
}

#[test]
fn size_and_depth_have_limits() {
    let deep = |levels: usize| {
        let json = r#"{"call":"not","of":["#.repeat(levels) + r#"{"column":"a"}"# + &"]}".repeat(levels);
        Expression::parse(json.as_bytes()).map(drop)
    };
    assert!(deep(DEPTH_MAX - 1).is_ok());
    assert!(deep(DEPTH_MAX).is_err() && deep(10_000).is_err());
    let wide = |count: usize| {
        let json = format!(r#"{{"call":"coalesce","of":[{}]}}"#, vec![r#"{"null":true}"#; count].join(","));
        Expression::parse(json.as_bytes()).map(drop)
    };
    assert!(wide(NODES_MAX - 1).is_ok());
    assert!(wide(NODES_MAX).is_err());
}

#[test]
fn what_could_explode_is_null() {
    let mut json = r#"{"column":"a"}"#.to_string();
    for _ in 0..40 {
        json = format!(r#"{{"call":"string.concat","of":[{json},{{"column":"a"}},{{"column":"a"}}]}}"#);
        json = format!(r#"{{"call":"string.replace","of":[{json},{{"text":"a"}},{{"column":"a"}}]}}"#);
        if json.len() > 2_000 {
            break;
        }
    }
    assert_eq!(value_of(&json, &format!("[\"{}\"]", "a".repeat(1000))), "null");
    for (call, wanted) in [
        (r#"string.repeat("ab", 600000)"#, "null"),
        (r#"string.repeat("", 9000000000000000000)"#, "\"\""),
        (r#"string.pad_left("a", 1048577)"#, "null"),
        (r#"string.replace("aaaa", "a", string.repeat("a", 300000))"#, "null"),
        (r#"string.replace_regex("aaaa", "a", string.repeat("$0", 300000))"#, "null"),
        (r#"array.length(string.split(string.repeat("a,", 9999), ","))"#, "10000"),
        (r#"string.split(string.repeat("a,", 10000), ",")"#, "null"),
        (r#"string.levenshtein(string.repeat("a", 257), "")"#, "null"),
        (r#"string.levenshtein(string.repeat("a", 256), "")"#, "256"),
        (r#"math.round(string.to_number(string.concat("1e", string.repeat("9", 100000))))"#, "null"),
    ] {
        let found = Expression::compile(&written::read(call)).expect(call).evaluate(&[]).to_json();
        let found = String::from_utf8_lossy(&found);
        assert_eq!(&found[..found.len().min(20)], wanted, "{call}");
    }
}

#[test]
fn ends_of_ranges() {
    for (call, wanted) in [
        ("math.round(9007199254740993, -9223372036854775808)", "null"),
        ("math.log(90, 0)", "null"),
        ("math.abs(-170141183460469231731687303715884105728)", "170141183460469231731687303715884105728"),
        ("math.mod(-170141183460469231731687303715884105728, -1)", "0"),
        ("time.format(-9223372036854775808, \"%j %y\")", "\"264 77\""),
        ("time.format(-9223372036854775808, \"%Y\", \"-01:00\")", "null"),
        ("time.parse(\"366 2023\", \"%j %Y\")", "null"),
        ("string.replace_regex(\"é\", \"x*\", \"-\")", "\"-é-\""),
        ("string.substring(\"abc\", -9223372036854775808)", "\"abc\""),
        ("string.substring(\"abc\", 9223372036854775807, 9223372036854775807)", "\"\""),
        ("array.get(\"[1]\", -9223372036854775808)", "null"),
        ("ip.network(\"10.1.2.3\", 32)", "\"10.1.2.3/32\""),
        ("ip.network(\"10.1.2.3\", 0)", "\"0.0.0.0/0\""),
        ("ip.network(\"10.1.2.3\", 33)", "null"),
        ("ip.network(\"::1\", 128)", "\"::1/128\""),
        ("ip.network(\"::1\", 129)", "null"),
        ("time.floor(-1, \"1s\")", "-1000000000"),
        ("time.floor(\"2026-01-01\", \"2w\")", "1766361600000000000"),
    ] {
        let found = Expression::compile(&written::read(call)).expect(call).evaluate(&[]).to_json();
        assert_eq!(String::from_utf8_lossy(&found), wanted, "{call}");
    }
}

/// Values as logs have them, and worse.
fn any_value() -> impl Strategy<Value = String> {
    let texts = prop_oneof![
        "[ -~é\u{1F600}]{0,12}",
        "[0-9TZ:. +/e-]{0,30}",
        Just("2026-01-15T10:14:02.5+02:00".to_string()),
        Just("10.1.2.3".to_string()),
        Just("https://u@Host.example.co.uk:8443/a/b?x=1&y=%20#f".to_string()),
        Just("{\"a\":[1,{\"b\":null}]}".to_string()),
        Just("aGVsbG8=".to_string()),
    ];
    let numbers = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        Just("1e999999999999".to_string()),
        Just("-1e-99999999999999999999999".to_string()),
        Just("170141183460469231731687303715884105727".to_string()),
        Just("-170141183460469231731687303715884105728".to_string()),
        (-3i64..40).prop_map(|number| number.to_string()),
    ];
    prop_oneof![
        texts.prop_map(|text| serde_json::Value::String(text).to_string()),
        numbers,
        Just("true".to_string()),
        Just("null".to_string()),
        Just("\"\\ud800x\"".to_string()),
        Just("[1,\"a\",[null]]".to_string()),
    ]
}

fn any_expression() -> impl Strategy<Value = String> {
    let operators = ["add", "subtract", "multiply", "divide", "remainder", "equal", "less", "at_most", "and", "or"];
    let calls: Vec<(&str, usize, usize)> = functions::all()
        .map(|function| (function.name, function.least, function.most))
        .chain(operators.map(|name| (name, 2, 2)))
        .chain([("negate", 1, 1), ("not", 1, 1)])
        .collect();
    let leaf = prop_oneof![
        3 => (0usize..3).prop_map(|column| format!(r#"{{"column":"c{column}"}}"#)),
        1 => "[a-c.*%Ymd(\\[\\])$0-9/]{0,6}".prop_map(|text| serde_json::json!({"text": text}).to_string()),
        1 => (-2i64..9).prop_map(|number| format!(r#"{{"number":"{number}"}}"#)),
    ];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        (proptest::sample::select(calls.clone()), proptest::collection::vec(inner, 5)).prop_flat_map(
            |((name, least, most), of)| {
                (least..=most.min(5))
                    .prop_map(move |count| format!(r#"{{"call":"{name}","of":[{}]}}"#, of[..count.max(1)].join(",")))
            },
        )
    })
}

proptest! {
    #![proptest_config(lab::cases(20_000))]
    #[test]
    fn no_value_makes_an_expression_fail(json in any_expression(), row in proptest::collection::vec(any_value(), 3)) {
        let Ok(expression) = Expression::parse(json.as_bytes()) else { return Ok(()) };
        let values: Vec<&str> =
            expression.columns().iter().map(|name| &row[usize::from(name.as_bytes()[1] - b'0')][..]).collect();
        let rows = format!("[[{}]]", values.join(","));
        let found = expression.evaluate_json(rows.as_bytes()).expect("a row");
        prop_assert!(lakebed_core::expression::json::is_json(&found), "{}", String::from_utf8_lossy(&found));
        prop_assert_eq!(expression.evaluate_json(rows.as_bytes()).expect("a row"), found);
    }
}

//! Leaving out what cannot match never changes what is found.
use super::*;
use crate::parse::registry::Format;
use crate::parse::settings::SourceSettings;
use proptest::prelude::*;
use std::sync::LazyLock;

static HEAD: LazyLock<String> = LazyLock::new(|| format!("{{\"a\":\"err {}\"}}\n", "x".repeat(16 << 10)));

/// First lines of text in which traces are joined, and of a format that makes text of its own; neither holds the word.
static TEXT_HEADS: LazyLock<[String; 2]> =
    LazyLock::new(|| ["1970-01-01 00:00:01 up\n", "<14>Oct 11 22:14:15 host app: m\n"].map(|line| line.repeat(800)));

/// The records that hold the word, as lines; `leaves_out` false: everything is parsed.
fn found(data: &[u8], format: Option<&str>, piece_bytes: usize, leaves_out: bool) -> String {
    found_behind(&HEAD, data, format, piece_bytes, leaves_out)
}

fn found_behind(head: &str, data: &[u8], format: Option<&str>, piece_bytes: usize, leaves_out: bool) -> String {
    let filter = r#"{"op":"has","column":null,"pattern":{"parts":["err"]}}"#;
    let plan = format!(
        r#"{{"version":{},"filter":{filter},"since_ns":null,"until_ns":null,"newest_first":true,"limit":null,"columns":null,
           "aggregate":null,"use_index":true}}"#,
        crate::search::plan::VERSION
    );
    let plan = Plan::parse(plan.as_bytes()).expect("a plan");
    let mut grep = Grep::new(&plan, Wanted::Text, None, true).expect("a run");
    match leaves_out {
        true => grep.feeder = grep.feeder.with_stride(1),
        false => {
            grep.feeder = LineFeeder::new(None);
            grep.required = None;
        }
    }
    let settings = SourceSettings::of_format(format.and_then(Format::by_name));
    // A parser begins only when it has seen enough to know the format.
    let data = [head.as_bytes(), data].concat();
    grep.begin_object(ObjectStart { settings, ..ObjectStart::default() }).expect("begins");
    for piece in data.chunks(piece_bytes) {
        grep.feed(piece).expect("is fed");
    }
    grep.end_object().expect("ends");
    String::from_utf8_lossy(&grep.take_text()).into_owned()
}

fn any_lines() -> impl Strategy<Value = Vec<u8>> {
    let line = proptest::sample::select(vec![
        r#"{"a":"err"}"#,
        r#"{"a":"x"}"#,
        r#"{"a":"err","b":[{"c":1},{"d":"}"}]}"#,
        r#"{"a":"\u0065rr"}"#,
        r#"{"a":1}{"b":"err"}"#,
        r#"{"a":{}"#,
        r#"{"a":{"b":"err"}"#,
        r#"{"a":[{}"#,
        r#"{"a":"err}"#,
        r#"{"a":NaN}"#,
        r#"{"a":NaN,"b":"err"}"#,
        r#"{"a":1} ["#,
        r#"{"a":1} [{"b":2}"#,
        r#"{"a":1}[{"b":2}"#,
        r#"{"Records":[{"a":1}"#,
        r#"{"R\u0065cords":[{"a":1}"#,
        r#"{"Records":[{"a":"err"}],"b":"err"}"#,
        r#"{"b":{"a":1},"Records":[{"c":2}"#,
        r#"{"entries":[{"date_create":1,"action":"x"}"#,
        r#"{"value" : [{"a":"err"}"#,
        r#"{"apiVersion":"v1","items":[{"metadata":{}}"#,
        r#"{"messageType":1,"logGroup":"err","logEvents":[{"message":"x"},{"message":"y"}]}"#,
        r#"{"messageType":1,"logGroup":2,"logEvents":[{"message":"{\"k\":\"\\u0065rr\"}"},{"a":1}]}"#,
        r#"{"messageType":1,"logGroup":2,"logEvents":[{"message":"{\"k\":\"\u005cu0065rr\"}"}"#,
        r#"{"resourceLogs":[{"resource":{"a":"err"},"scopeLogs":[{"logRecords":[{"b":1},{"c":2}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"b":{"stringValue":"err"}},{"c":2}]}]}]}"#,
        r#"[{"a":"err"},{"b":1}]"#,
        r#"[{"a":1}"#,
        r#",{"b":"err"}"#,
        "]",
        "]}",
        "}",
        "{",
        r#""b":"err"}"#,
        "5",
        "err",
        "text err",
        "",
        "  {\"a\":\"err\"}",
        "version srcaddr start",
        "5 err 1418530010",
        "srcaddr start end",
        "#Fields: a b",
        "#Fields: a err c",
        "2 1 err 10.0.0.1 - - - - - - 1431280876 1431280934 - NODATA",
    ]);
    let end = proptest::sample::select(vec!["\n", "\n", "\n", "\n", "\r\n", " \n", ""]);
    proptest::collection::vec((line, end), 0..12).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn leaving_out_changes_nothing(
        text in any_lines(),
        format in proptest::sample::select(vec![None, Some("json"), Some("json"), Some("text"), Some("vpcflow"), Some("w3c")]),
        piece_bytes in proptest::sample::select(vec![1, 3, 20, 1000]),
    ) {
        let (quick, slow) = (found(&text, format, piece_bytes, true), found(&text, format, piece_bytes, false));
        prop_assert_eq!(quick, slow);
    }
}

fn any_text_lines() -> impl Strategy<Value = Vec<u8>> {
    let line = proptest::sample::select(vec![
        "1970-01-01 00:00:02 x",
        "1970-01-01 00:00:02 err",
        "5 x",
        "  x",
        "\terr",
        "at err",
        "Caused by: x",
        "x",
        "err",
        "[x]",
        "",
        // a severity that is written as a number
        "<11>m",
        "<14>m",
        "<14>err",
        "<11>1 - - - - - [a b=\"e\\]r\"]",
    ]);
    let end = proptest::sample::select(vec!["\n", "\n", "\n", "\r\n", ""]);
    proptest::collection::vec((line, end), 0..12).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn leaving_out_changes_nothing_in_text(
        text in any_text_lines(),
        head in 0..2usize,
        piece_bytes in proptest::sample::select(vec![1, 3, 20, 1000]),
    ) {
        let head = &TEXT_HEADS[head];
        let find = |leaves_out| found_behind(head, &text, None, piece_bytes, leaves_out);
        prop_assert_eq!(find(true), find(false));
    }
}

#[test]
fn words_that_a_format_makes_are_found() {
    let line = "<11>Oct 11 22:14:15 host app: m";
    assert_eq!(found_behind("", format!("{line}\n<14>x\n").as_bytes(), None, 5, true), format!("{line}\n"));
    assert_eq!(found_behind(&TEXT_HEADS[1], line.as_bytes(), None, 1000, true), format!("{line}\n"));
    assert_eq!(found_behind("", b"nothing here", None, 5, true), "");
}

#[test]
fn what_is_told_otherwise_than_it_is_written_is_found() {
    let filter = r#"{"op":"has","column":null,"pattern":{"parts":["caf\u00e9"]}}"#;
    let plan = format!(
        r#"{{"version":{},"filter":{filter},"since_ns":null,"until_ns":null,"newest_first":true,"limit":null,"columns":null,
           "aggregate":null,"use_index":true}}"#,
        crate::search::plan::VERSION
    );
    let plan = Plan::parse(plan.as_bytes()).expect("a plan");
    for (text, matched) in [
        ("#fields\ta\n#types\tstring\ncaf\\xc3\\xa9\n", 1),
        ("#fields\ta\n#types\tstring\nx\n", 0),
        ("#fields\tcaf\\xc3\\xa9\n", 0),
    ] {
        let mut grep = Grep::new(&plan, Wanted::Count, None, true).expect("a run");
        grep.begin_object(ObjectStart::default()).expect("begins");
        grep.feed(text.as_bytes()).expect("is fed");
        assert_eq!(grep.end_object().expect("ends").matched, matched, "{text}");
    }
}

#[test]
fn long_lines_and_many_lines() {
    let line = |number: usize| format!("{{\"n\":{number},\"pad\":\"{}\"}}\n", "x".repeat(number % 200));
    let long = format!("{{\"a\":\"{} err\"}}\n", "y".repeat(3 << 20));
    let mut text: String = (0..20_000).map(line).collect();
    text.insert_str(text.len() / 2 / 100 * 100, "\n{\"a\":\"err 1\"}\n");
    text.push_str(&long);
    text.push_str("{\"b\":\"err 2\"}\n");
    for piece_bytes in [1 << 20, 5000] {
        let quick = found(text.as_bytes(), None, piece_bytes, true);
        assert_eq!(quick, found(text.as_bytes(), None, piece_bytes, false));
        assert!(quick.lines().count() >= 3);
    }
}

#[test]
fn lines_that_open_something_are_parsed() {
    let hit = r#"{"a":"err"}"#;
    for opening in [
        r#"{"a":1}[{"b":2}"#,
        "{\"a\":1} \t[{\"b\":2}",
        r#"{"Records":[{"a":1}"#,
        r#"{"R\u0065cords":[{"a":1}"#,
        r#"{"b":{"a":1},"Records":[{"c":2}"#,
        r#"{"entries":[{"date_create":1,"action":"x"}"#,
        r#"{"apiVersion":"v1","items" : [ {"metadata":{}}"#,
        r#"{"@odata.context":"x","v\u0061lue":[{"a":1}"#,
    ] {
        // Among elements, a comma may stand before an event.
        let text = format!("{opening}\n{hit}\n,{hit}\n");
        let expected = format!("{}{hit}\n{hit}\n", *HEAD);
        assert_eq!(found(text.as_bytes(), None, 1000, false), expected, "{opening}");
        assert_eq!(found(text.as_bytes(), None, 1000, true), expected, "{opening}");
    }
    let text = format!("{{\"a\":{{}}\n,\"b\":1}}\n{hit}\n,{hit}\n");
    let expected = format!("{}{hit}\n,{hit}\n", *HEAD);
    assert_eq!(found(text.as_bytes(), None, 1000, true), expected);
}

/// A run for what holds the word.
fn for_the_word(wanted: Wanted) -> Grep {
    let filter = r#"{"op":"has","column":null,"pattern":{"parts":["err"]}}"#;
    let plan = format!(
        r#"{{"version":{},"filter":{filter},"since_ns":null,"until_ns":null,"newest_first":true,"limit":null,"columns":null,
           "aggregate":null,"use_index":true}}"#,
        crate::search::plan::VERSION
    );
    Grep::new(&Plan::parse(plan.as_bytes()).expect("a plan"), wanted, None, false).expect("a run")
}

/// Text and rows of what holds the word, of an object whose members are these.
fn found_in_members(members: &[&str], wanted: Wanted) -> (String, Vec<u64>, GrepReport) {
    let mut grep = for_the_word(wanted);
    grep.begin_object(ObjectStart::default()).expect("begins");
    for member in members {
        grep.begin_member(SourceSettings::of_format(None)).expect("begins");
        grep.feed(member.as_bytes()).expect("is fed");
    }
    let report = grep.end_object().expect("ends");
    let records = grep.take_rows().iter().map(|row| row.record).collect();
    (String::from_utf8_lossy(&grep.take_text()).into_owned(), records, report)
}

#[test]
fn members_are_texts_of_their_own_and_their_records_are_counted_on() {
    let members =
        ["quiet\nlines\n", "{\"a\":\"err\"}\n{\"a\":1}", "\0 err\n", "plain err\nquiet\n", "quiet", "last err"];
    let (text, _, report) = found_in_members(&members, Wanted::Text);
    assert_eq!(text, "{\"a\":\"err\"}\nplain err\nlast err\n");
    assert_eq!((report.matched, report.is_binary, report.damage), (3, true, None));
    assert_eq!(report.raw_bytes, members.iter().map(|member| member.len() as u64).sum::<u64>());
    let (_, records, _) = found_in_members(&members, Wanted::Plan);
    assert_eq!(records, [2, 4, 7]);
}

#[test]
fn a_member_needs_an_object() {
    let begun = for_the_word(Wanted::Count).begin_member(SourceSettings::of_format(None));
    assert!(matches!(begun, Err(CoreError::Usage(_))));
}

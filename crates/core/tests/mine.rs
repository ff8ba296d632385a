//! Patterns and fields: an answer does not depend on how the rows were cut and merged; what is kept is bounded.
use lakebed_core::mine::fields::{Fields, Limits as FieldLimits};
use lakebed_core::mine::patterns::{Limits, Patterns};
use proptest::prelude::*;

fn text(answer: &[u8]) -> String {
    String::from_utf8(answer.to_vec()).expect("an answer is UTF-8")
}

fn patterns_of(texts: &[String]) -> Patterns {
    let mut patterns = Patterns::default();
    texts.iter().for_each(|text| patterns.update(text.as_bytes()));
    patterns
}

fn fields_of(events: &[(String, usize)]) -> Fields {
    let mut fields = Fields::default();
    events.iter().for_each(|(event, side)| fields.update(event.as_bytes(), *side));
    fields
}

fn a_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "user", "alice", "bob", "login", "10.0.0.1", "7", "deadbeef", "a=b", "", "ünï", "[x]",
    ]);
    prop::collection::vec(word, 0..6).prop_map(|words| words.join(" "))
}

fn an_event() -> impl Strategy<Value = (String, usize)> {
    let value = prop::sample::select(vec![
        "1",
        "1.0",
        "-2e3",
        "\"x\"",
        "\"y\"",
        "true",
        "null",
        "[1,\"x\"]",
        "{\"b\":1,\"c\":{}}",
    ]);
    let member = (prop::sample::select(vec!["a", "b", "a.b", ""]), value);
    (prop::collection::vec(member, 0..4), 0..2usize).prop_map(|(members, side)| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        (format!("{{{}}}", members.join(",")), side)
    })
}

proptest! {
    #[test]
    fn patterns_merge(texts in prop::collection::vec(a_text(), 0..40), cut in 0..40usize) {
        let cut = cut.min(texts.len());
        let mut merged = patterns_of(&texts[cut..]);
        merged.merge(&patterns_of(&texts[..cut]).dump()).expect("a partial");
        let whole = patterns_of(&texts);
        prop_assert_eq!(merged.dump(), whole.dump());
        prop_assert_eq!(text(&merged.finish(100)), text(&whole.finish(100)));
    }

    #[test]
    fn fields_merge(events in prop::collection::vec(an_event(), 0..40), cut in 0..40usize) {
        let cut = cut.min(events.len());
        let mut merged = fields_of(&events[cut..]);
        merged.merge(&fields_of(&events[..cut]).dump()).expect("a partial");
        let whole = fields_of(&events);
        prop_assert_eq!(merged.dump(), whole.dump());
        prop_assert_eq!(text(&merged.summary()), text(&whole.summary()));
        prop_assert_eq!(text(&merged.delta(1000)), text(&whole.delta(1000)));
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Patterns::load(&bytes).map(|patterns| patterns.finish(10));
        let _ = Fields::load(&bytes).map(|fields| (fields.summary(), fields.delta(10)));
        let mut patterns = Patterns::default();
        patterns.update(&bytes);
        let mut fields = Fields::default();
        fields.update(&bytes, 0);
        let _ = patterns.push(&bytes);
        fields.push(&bytes, 1);
    }
}

#[test]
fn similar_texts_are_one_template() {
    let texts = ["user alice logged in from 10.0.0.1", "user bob logged in from 10.0.0.2", "disk full on sda"];
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    let rows = r#"[["user <*> logged in from <*>",2,"user alice logged in from 10.0.0.1"],["disk full on sda",1,"disk full on sda"]]"#;
    assert_eq!(text(&patterns_of(&texts).finish(10)), format!("{{\"rows\":{rows},\"notes\":[]}}"));
}

#[test]
fn three_words_of_five_make_texts_alike_and_the_first_template_takes_them() {
    let found = |texts: &[(&str, usize)]| {
        let texts: Vec<String> = texts.iter().flat_map(|&(text, count)| vec![text.to_string(); count]).collect();
        let answer: serde_json::Value = serde_json::from_slice(&patterns_of(&texts).finish(10)).expect("JSON");
        let rows: Vec<(String, u64, String)> = serde_json::from_value(answer["rows"].clone()).expect("rows");
        rows.into_iter().map(|(pattern, count, _)| format!("{count} {pattern}")).collect::<Vec<_>>()
    };
    assert_eq!(found(&[("one two three four five", 1), ("one two three six ten", 1)]), ["2 one two three <*> <*>"]);
    assert_eq!(
        found(&[("one two four five", 1), ("one two six ten", 1)]),
        ["1 one two four five", "1 one two six ten"]
    );
    let between = [("one two mid red tan", 3), ("pin pot mid four five", 2), ("one two mid four five", 1)];
    assert_eq!(found(&between), ["4 one two mid <*> <*>", "2 pin pot mid four five"]);
}

#[test]
fn many_kinds_of_text_are_bounded_and_told() {
    let mut patterns = Patterns::with_limits(Limits { shapes: 50, bytes: 1 << 20 });
    for nth in 0..1000 {
        let word: String = (0..5).map(|place| char::from(b'g' + (nth >> (2 * place) & 3) as u8)).collect();
        patterns.update(format!("{word}:{word} x{}", "!".repeat(nth % 60)).as_bytes());
        patterns.update(b"the same every time");
    }
    let answer = text(&patterns.finish(1));
    assert!(answer.contains(r#"[["the same every time",1000,"the same every time"]]"#), "{answer}");
    assert!(answer.contains("more than 50 kinds of text"), "{answer}");
    assert!(answer.contains("the 1 most frequent of "), "{answer}");
    let answer: serde_json::Value = serde_json::from_slice(&patterns.finish(usize::MAX)).expect("JSON");
    let shown: u64 = answer["rows"].as_array().expect("rows").iter().filter_map(|row| row[1].as_u64()).sum();
    let note = answer["notes"][0].as_str().expect("a note");
    let left: u64 =
        note.split(", and ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a number");
    assert!(left > 0);
    assert_eq!(shown + left, 2000, "every text is in a pattern, or is told to be in none");
}

#[test]
fn many_values_and_fields_are_bounded_and_told() {
    let mut fields = Fields::with_limits(FieldLimits { fields: 2, values: 100, total: 1000 });
    for nth in 0..5000 {
        let event = format!("{{\"id\":{nth},\"ok\":{},\"f{nth}\":1}}", nth % 10 == 0);
        fields.update(event.as_bytes(), usize::from(nth >= 2500));
    }
    let answer = text(&fields.summary());
    assert!(answer.contains("only 2 fields are told apart; others came 5000 times"), "{answer}");
    assert!(answer.contains("distinct values of 1 fields with more than 100 are estimated"), "{answer}");
    assert!(answer.contains(r#"["ok",5000,2,"boolean",false,true,"[[false,4500],[true,500]]"]"#), "{answer}");
    let distinct: f64 =
        answer.split("[\"id\",5000,").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok()).expect("id");
    assert!((distinct / 5000.0 - 1.0).abs() < 0.05, "{distinct}");
}

#[test]
fn delta_ranks_what_differs() {
    let events: Vec<(String, usize)> = (0..100)
        .map(|nth| {
            (
                format!(
                    "{{\"status\":{},\"host\":\"h{}\"}}",
                    if nth >= 50 && nth % 2 == 0 { 500 } else { 200 },
                    nth % 5
                ),
                usize::from(nth >= 50),
            )
        })
        .collect();
    let answer = text(&fields_of(&events).delta(2));
    assert!(answer.starts_with(r#"{"events":[50,50],"rows":[["status",200,50,25,33.333333333333336],["status",500,0,25,33.333333333333336]]"#), "{answer}");
}

#[test]
fn deep_events_are_told() {
    let mut fields = Fields::default();
    fields.push(
        format!(
            "{{\"a\":1}}
{{\"a\":{}1{}}}",
            "[".repeat(200),
            "]".repeat(200)
        )
        .as_bytes(),
        0,
    );
    assert!(text(&fields.summary()).contains("1 events are nested too deeply to be read"));
}

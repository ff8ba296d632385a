//! Aggregates that do not fit their memory: what they still know, and that they say what they do not.
use lakebed_core::search::aggregate::json_rows::RowAggregate;
use lakebed_core::search::partial::{Budget, Partial};
use lakebed_core::search::plan::Aggregate;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

fn aggregate(functions: &Value) -> Aggregate {
    serde_json::from_value(json!({"by": ["key"], "functions": functions})).expect("an aggregate")
}

/// The partial of rows within a budget.
fn partial(aggregate: &Aggregate, budget: Budget, rows: &[Vec<Value>]) -> Vec<u8> {
    let mut collected = RowAggregate::with_budget(aggregate, budget).expect("known functions");
    for rows in rows.chunks(50) {
        collected.push(json!(rows).to_string().as_bytes()).expect("rows");
    }
    collected.partial()
}

fn finished(
    aggregate: &Aggregate,
    budget: Budget,
    partials: &[Vec<u8>],
    limit: Option<usize>,
) -> (Vec<Vec<Value>>, Vec<String>) {
    let mut merged = Partial::with_budget(aggregate, budget).expect("known functions");
    partials.iter().for_each(|partial| merged.merge(partial).expect("a partial"));
    let answer: Value = serde_json::from_slice(&merged.finish(limit).expect("an answer")).expect("JSON");
    let rows = serde_json::from_value(answer["rows"].clone()).expect("rows");
    (rows, serde_json::from_value(answer["notes"].clone()).expect("notes"))
}

/// The number that stands behind `before` in a text.
fn number_behind(text: &str, before: &str) -> u64 {
    let rest = text.split_once(before).expect("the words").1.trim_start();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

/// Keys of which some are far more frequent than others.
fn keys() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec((0u32..2000, 0u32..2000).prop_map(|(a, b)| a * b / 2000), 0..3000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn rare_groups_are_dropped_within_the_stated_bound(parts in proptest::collection::vec(keys(), 1..4)) {
        let budget = Budget { groups: 100, bytes: 1 << 30 };
        let counted = aggregate(&json!([{"name": "sum", "columns": ["one"]}]));
        let mut truth: HashMap<u64, u64> = HashMap::new();
        let mut partials = Vec::new();
        for keys in &parts {
            keys.iter().for_each(|&key| *truth.entry(key.into()).or_default() += 1);
            let rows: Vec<Vec<Value>> = keys.iter().map(|&key| vec![json!(key), json!(1)]).collect();
            partials.push(partial(&counted, budget, &rows));
        }
        let (rows, notes) = finished(&counted, budget, &partials, None);
        prop_assert!(rows.len() <= 100);
        let shown: HashMap<u64, u64> = rows
            .iter()
            .map(|row| {
                assert_eq!(row[1], row[2], "functions and rows are of the same rows");
                (row[0].as_u64().expect("a key"), row[2].as_u64().expect("a count"))
            })
            .collect();
        let Some(note) = notes.first() else {
            prop_assert_eq!(shown, truth);
            return Ok(());
        };
        let (left, most) = (number_behind(note, "memory ran out, and"), number_behind(note, "that is left out has more than"));
        let missed = number_behind(note, "that is shown misses more than");
        prop_assert_eq!(left + shown.values().sum::<u64>(), truth.values().sum::<u64>());
        for (key, rows) in &truth {
            match shown.get(key) {
                Some(counted) => prop_assert!(counted <= rows && counted + missed >= *rows, "{key}: {counted} of {rows}"),
                None => prop_assert!(*rows <= most, "{key} has {rows}"),
            }
        }
    }
}

#[test]
fn groups_within_the_budget_are_exact() {
    let counted = aggregate(&json!([{"name": "count"}]));
    let rows: Vec<Vec<Value>> = (0..100).map(|n| vec![json!(n % 10)]).collect();
    let budget = Budget { groups: 10, bytes: 1 << 30 };
    let (found, notes) = finished(&counted, budget, &[partial(&counted, budget, &rows)], Some(3));
    assert_eq!(
        found,
        vec![
            vec![json!(0), json!(10), json!(10)],
            vec![json!(1), json!(10), json!(10)],
            vec![json!(2), json!(10), json!(10)]
        ]
    );
    assert_eq!(notes, Vec::<String>::new());
}

/// Memory first runs out of exact states, and only then of groups.
#[test]
fn estimates_come_before_groups_are_dropped() {
    let functions = json!([{"name": "countdistinct", "columns": ["value"]}, {"name": "percentile", "columns": ["value"], "parameters": ["50"]}]);
    let counted = aggregate(&functions);
    let rows: Vec<Vec<Value>> = (0..60_000u32).map(|n| vec![json!(n % 8), json!(n)]).collect();
    let exact = Budget { groups: 1000, bytes: 64 << 20 };
    let (rows_exact, notes) = finished(&counted, exact, &[partial(&counted, exact, &rows)], None);
    assert_eq!(notes, Vec::<String>::new());
    assert!(rows_exact.iter().all(|row| row[1] == json!(7500)));
    let small = Budget { groups: 1000, bytes: 600 << 10 };
    let (found, notes) = finished(&counted, small, &[partial(&counted, small, &rows)], None);
    assert_eq!(found.len(), 8);
    for row in &found {
        let (count, median) = (row[1].as_f64().expect("a count"), row[2].as_f64().expect("a number"));
        assert!((count / 7500.0 - 1.0).abs() < 0.04, "{count}");
        assert!((median / 60_000.0 - 0.5).abs() < 0.03, "{median}");
    }
    let wanted = [
        "countdistinct(value) is approximate: within 1.6 % (95 %)",
        "percentile(50, value) is approximate: its rank is within 0.7 % of the numbers (99 %)",
    ];
    assert_eq!(notes, wanted);
}

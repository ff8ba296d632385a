//! What an aggregate must answer, found the slow and obvious way: all values of a group in a list, then one function.
use super::dice::Dice;
use super::reference::named;
use super::world::Event;
use lakebed_core::search::sum::{Addend, ExactSum};
use lakebed_core::search::value::Value;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A function as a plan asks for it.
#[derive(Debug, Clone)]
pub struct Function {
    pub name: &'static str,
    pub columns: Vec<String>,
    pub parameters: Vec<String>,
}

/// Every function that is evaluated here, with the numbers of its columns and its parameter.
pub const FUNCTIONS: [(&str, usize, Option<&str>); 16] = [
    ("count", 0, None),
    ("count", 1, None),
    ("min", 1, None),
    ("max", 1, None),
    ("sum", 1, None),
    ("avg", 1, None),
    ("countdistinct", 1, None),
    ("countdistinct", 2, None),
    ("percentile", 1, Some("90")),
    ("median", 1, None),
    ("mode", 1, None),
    ("values", 1, None),
    ("list", 2, None),
    ("earliest", 2, None),
    ("latest", 2, None),
    ("rate", 1, Some("60")),
];

impl Function {
    pub fn json(&self) -> serde_json::Value {
        json!({"name": self.name, "columns": self.columns, "parameters": self.parameters})
    }
}

/// The table of an aggregate: by-columns, and functions.
pub fn table(events: &[&Event], by: &[String], functions: &[Function], dice: &mut Dice) -> String {
    let value = |event: &Event, name: &String| {
        named(event, name).first().map_or(Value::Null, |(kind, text)| Value::new(*kind, text))
    };
    let mut groups: BTreeMap<Vec<Value>, Vec<&Event>> = BTreeMap::new();
    if by.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for &event in events {
        groups.entry(by.iter().map(|name| value(event, name)).collect()).or_default().push(event);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, events)| std::cmp::Reverse(events.len()));
    let mut rows = Vec::new();
    for (key, events) in groups {
        let mut cells: Vec<String> = key.iter().map(text_of).collect();
        for function in functions {
            let tuple = |event: &&Event| function.columns.iter().map(|name| value(event, name)).collect::<Vec<_>>();
            let mut tuples: Vec<Vec<Value>> = events.iter().map(tuple).collect();
            tuples.retain(|tuple| !tuple.contains(&Value::Null));
            cells.push(evaluate(function, &tuples, dice));
        }
        cells.push(events.len().to_string());
        rows.push(format!("[{}]", cells.join(",")));
    }
    format!("{{\"rows\":[{}],\"notes\":[]}}", rows.join(","))
}

fn text_of(value: &Value) -> String {
    let mut out = Vec::new();
    value.put_json(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn text_or_null(value: Option<&Value>) -> String {
    value.map_or_else(|| "null".to_string(), text_of)
}

fn array<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let text = format!("[{}]", values.map(text_of).collect::<Vec<_>>().join(","));
    text_of(&Value::Text(text.into_bytes()))
}

fn double(double: f64) -> String {
    if double.is_finite() { format!("{double:?}") } else { "null".to_string() }
}

/// One function over the tuples of a group, none of which has a null.
fn evaluate(function: &Function, tuples: &[Vec<Value>], dice: &mut Dice) -> String {
    let first: Vec<&Value> = tuples.iter().filter_map(|tuple| tuple.first()).collect();
    let numbers = first.iter().copied().filter(|value| matches!(value, Value::Number(_)));
    let mut numbers: Vec<&Value> = numbers.collect();
    numbers.sort();
    let mut sorted = tuples.to_vec();
    sorted.sort();
    match function.name {
        "count" => tuples.len().to_string(),
        "min" => text_or_null(first.into_iter().min()),
        "max" => text_or_null(first.into_iter().max()),
        "countdistinct" => tuples.iter().collect::<BTreeSet<_>>().len().to_string(),
        "percentile" | "median" => {
            let percent: usize = function.parameters.first().map_or(50, |text| text.parse().expect("an integer"));
            let rank = (percent * numbers.len()).div_ceil(100).max(1);
            text_or_null(numbers.get(rank - 1).copied())
        }
        "mode" => {
            let mut counts: BTreeMap<&Value, usize> = BTreeMap::new();
            first.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
            let most = counts.values().max().copied();
            text_or_null(counts.into_iter().find(|(_, count)| Some(*count) == most).map(|(value, _)| value))
        }
        "values" => array(first.into_iter().collect::<BTreeSet<_>>().into_iter()),
        "list" => array(sorted.iter().map(|pair| &pair[1]).take(100)),
        "earliest" => text_or_null(sorted.first().map(|pair| &pair[1])),
        "latest" => {
            let last = sorted.last().map(|pair| &pair[0]);
            text_or_null(sorted.iter().find(|pair| Some(&pair[0]) == last).map(|pair| &pair[1]))
        }
        "rate" => {
            let is_time = |value: &&&Value| text_of(value).parse::<i64>().is_ok();
            double(numbers.iter().filter(is_time).count() as f64 / 60.0)
        }
        name => sum(name, &numbers, dice),
    }
}

/// Added up in any order.
fn sum(name: &str, numbers: &[&Value], dice: &mut Dice) -> String {
    let addend = |value: &&Value| Addend::of(text_of(value).as_bytes());
    let mut addends: Vec<Addend> = numbers.iter().filter_map(addend).collect();
    let mut sum = ExactSum::default();
    let count = addends.len() as u64;
    while !addends.is_empty() {
        sum.add(addends.swap_remove(dice.below(addends.len())));
    }
    match (name, sum.integer_text()) {
        _ if count == 0 => "null".to_string(),
        ("avg", _) => double(sum.mean(count)),
        (_, Some(integer)) => integer,
        (_, None) => double(sum.to_f64()),
    }
}

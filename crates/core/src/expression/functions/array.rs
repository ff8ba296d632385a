//! Arrays: what `string.split`, `json.get` and patterns over columns give. A text that is a JSON array counts as that array, as an
//! array that was kept in a column has become such a text.
use super::super::json::read;
use super::super::value::Value;
use super::{ANY, Bounded, Function, Plain, Run, or_null, truth};
use std::collections::HashSet;

const fn unary(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "array", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "array.of",
        parameters: "value, …",
        least: 1,
        most: ANY,
        doc: "An array of the values; nulls are left out.",
        examples: &[("array.of(1, null, \"b\")", "[1, \"b\"]"), ("array.of(null)", "[]")],
        run: Run::Plain(|x| {
            let values = x.iter_mut().map(|value| std::mem::replace(value, Value::Null));
            Value::Array(values.filter(|value| !value.is_null()).collect())
        }),
    },
    unary("array.length", "The number of elements.", &[("array.length(\"[1, 2]\")", "2")], |x| {
        or_null(elements(&x[0]).map(|values| Value::count(values.len())))
    }),
    Function {
        name: "array.contains",
        parameters: "array, value",
        least: 2,
        most: 2,
        doc: "Whether one of the elements equals the value: of the same type, numbers by value, texts by their bytes.",
        examples: &[("array.contains(\"[1, 2]\", 2.0)", "true"), ("array.contains(\"[1, 2]\", \"2\")", "false")],
        run: Run::Plain(|x| {
            let is_element = |values: Vec<Value<'_>>| values.iter().any(|value| value.is_same(&x[1]));
            truth(if x[1].is_null() { None } else { elements(&x[0]).map(is_element) })
        }),
    },
    Function {
        name: "array.get",
        parameters: "array, position",
        least: 2,
        most: 2,
        doc: "The element at the position, from 0; below zero counts from the end.",
        examples: &[("array.get(\"[1, 2, 3]\", -1)", "3"), ("array.get(\"[1]\", 1)", "null")],
        run: Run::Plain(|x| or_null(x[1].as_i64().and_then(|position| get(&x[0], position)))),
    },
    Function {
        name: "array.join",
        parameters: "array, separator",
        least: 2,
        most: 2,
        doc: "The texts, numbers and booleans of the array in one text; nulls are left out. Null for more than 1 MiB.",
        examples: &[("array.join(\"[1, null, true]\", \"-\")", "\"1-true\"")],
        run: Run::Plain(|x| or_null(join(x))),
    },
    unary(
        "array.first",
        "The first element.",
        &[("array.first(\"[1, 2]\")", "1"), ("array.first(\"[]\")", "null")],
        |x| or_null(get(&x[0], 0)),
    ),
    unary("array.last", "The last element.", &[("array.last(\"[1, 2]\")", "2")], |x| or_null(get(&x[0], -1))),
    unary(
        "array.distinct",
        "The elements, each once, where it stands first.",
        &[("array.distinct(\"[2, 1, 2.0]\")", "[2, 1]")],
        |x| {
            or_null(elements(&x[0]).map(|mut values| {
                let mut known = HashSet::new();
                values.retain(|value| known.insert(value.key()));
                owned(values)
            }))
        },
    ),
    unary(
        "array.sort",
        "The elements in rising order: null, numbers, texts by their bytes, booleans.",
        &[("array.sort(\"[\\\"b\\\", 10, 9, \\\"a\\\"]\")", "[9, 10, \"a\", \"b\"]")],
        |x| {
            or_null(elements(&x[0]).map(|mut values| {
                values.sort_by(|a, b| a.order(b));
                owned(values)
            }))
        },
    ),
];

/// The elements of an array, or of a text that is one.
pub fn elements<'s>(value: &'s Value<'_>) -> Option<Vec<Value<'s>>> {
    match value {
        Value::Array(values) => Some(values.iter().map(Value::borrowed).collect()),
        Value::Text(text) => match read(text) {
            Some(Value::Array(values)) => Some(values),
            _ => None,
        },
        _ => None,
    }
}

fn owned<'a>(values: Vec<Value<'_>>) -> Value<'a> {
    Value::Array(values.into_iter().map(Value::into_owned).collect())
}

fn get<'a>(array: &Value<'_>, position: i64) -> Option<Value<'a>> {
    let mut values = elements(array)?;
    let place = match usize::try_from(position) {
        Ok(place) => place,
        Err(_) => values.len().checked_sub(usize::try_from(position.unsigned_abs()).ok()?)?,
    };
    (place < values.len()).then(|| values.swap_remove(place).into_owned())
}

pub fn join<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let separator = x[1].text()?;
    let mut out = Bounded::default();
    let values = elements(&x[0])?;
    for (nth, text) in values.iter().filter_map(Value::scalar_text).enumerate() {
        if nth > 0 {
            out.push(separator);
        }
        out.push(&text);
    }
    Some(out.value())
}

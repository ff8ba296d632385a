//! What the operators of the language call. They are no functions for users, so nothing is told about them.
use super::super::number::{self, Number};
use super::super::value::Value;
use super::{ANY, Function, Lazy, Plain, Run, or_null, truth};
use crate::expression::compile::Node;
use crate::value::time::parse_time;
use std::cmp::Ordering;

const fn plain(name: &'static str, least: usize, most: usize, run: Plain) -> Function {
    Function { name, parameters: "operands", least, most, doc: "", examples: &[], run: Run::Plain(run) }
}

const fn lazy(name: &'static str, run: Lazy) -> Function {
    Function { name, parameters: "operands", least: 2, most: ANY, doc: "", examples: &[], run: Run::Lazy(run) }
}

pub const FUNCTIONS: &[Function] = &[
    plain("add", 2, ANY, |operands| fold(operands, number::add)),
    plain("subtract", 2, 2, |operands| fold(operands, number::subtract)),
    plain("multiply", 2, ANY, |operands| fold(operands, number::multiply)),
    plain("divide", 2, 2, |operands| fold(operands, number::divide)),
    plain("remainder", 2, 2, |operands| fold(operands, number::remainder)),
    plain("negate", 1, 1, |operands| or_null(operands[0].number().map(|number| Value::Number(number.negated())))),
    plain("equal", 2, 2, |operands| truth(is_equal(&operands[0], &operands[1]))),
    plain("not_equal", 2, 2, |operands| truth(is_equal(&operands[0], &operands[1]).map(|equal| !equal))),
    plain("less", 2, 2, |operands| truth(order(operands).map(Ordering::is_lt))),
    plain("at_most", 2, 2, |operands| truth(order(operands).map(Ordering::is_le))),
    plain("greater", 2, 2, |operands| truth(order(operands).map(Ordering::is_gt))),
    plain("at_least", 2, 2, |operands| truth(order(operands).map(Ordering::is_ge))),
    plain("not", 1, 1, |operands| truth(operands[0].boolean().map(|value| !value))),
    lazy("and", |nodes, row| decide(nodes, row, false)),
    lazy("or", |nodes, row| decide(nodes, row, true)),
];

type Arithmetic = fn(&Number<'_>, &Number<'_>) -> Option<Number<'static>>;

/// From left to right.
fn fold<'a>(operands: &mut [Value<'a>], combine: Arithmetic) -> Value<'a> {
    let (first, rest) = match operands.split_first() {
        Some((Value::Number(first), rest)) => (first, rest),
        _ => return Value::Null,
    };
    let mut result = first.borrowed();
    for operand in rest {
        let Some(next) = operand.number().and_then(|number| combine(&result, number)) else { return Value::Null };
        result = next;
    }
    Value::Number(result.into_owned())
}

/// Unknown when one is null; values of two types are not equal, but a boolean equals its text form: rules ask for `"true"`.
pub fn is_equal(a: &Value<'_>, b: &Value<'_>) -> Option<bool> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Bool(value), Value::Text(text)) | (Value::Text(text), Value::Bool(value)) => {
            Some(text.as_ref() == if *value { b"true".as_slice() } else { b"false" })
        }
        _ => Some(a.is_same(b)),
    }
}

/// Numbers by value; texts as times when both are, else by bytes. All else has no order.
fn order(operands: &[Value<'_>]) -> Option<Ordering> {
    match (&operands[0], &operands[1]) {
        (Value::Number(a), Value::Number(b)) => Some(a.compare(b)),
        (Value::Text(a), Value::Text(b)) => match (parse_time(a), parse_time(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => Some(a.cmp(b)),
        },
        _ => None,
    }
}

/// `and` and `or` of three values: one operand that is `decisive` decides; else one that is unknown makes it unknown. What is
/// no boolean is unknown.
fn decide<'a>(nodes: &'a [Node], row: &'a [Value<'a>], decisive: bool) -> Value<'a> {
    let mut is_unknown = false;
    for node in nodes {
        match node.evaluate(row).boolean() {
            Some(value) if value == decisive => return Value::Bool(decisive),
            Some(_) => {}
            None => is_unknown = true,
        }
    }
    if is_unknown { Value::Null } else { Value::Bool(!decisive) }
}

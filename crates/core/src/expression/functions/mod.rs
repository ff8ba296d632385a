//! The scalar functions: one file for each family, each function declared once, with everything that is told about it.
mod array;
mod base64;
mod control;
mod distance;
mod geo;
mod hash;
pub(crate) mod hex;
mod ip;
mod json;
mod math;
mod operators;
mod search;
mod string;
mod time;
mod url;

use super::compile::Node;
use super::value::Value;
use crate::error::{CoreError, Result};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longest text that a function may make where it could be longer than what it was given; beyond it the result is null.
/// Fields of real logs reach some 100 kB.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Most elements of an array that a function makes; beyond it the result is null.
pub const ARRAY_MAX: usize = 10_000;

/// Any number of arguments.
const ANY: usize = usize::MAX;

/// Everything there is to know about a function.
pub struct Function {
    pub name: &'static str,
    /// As a user reads them: `text, start[, length]`.
    pub parameters: &'static str,
    pub least: usize,
    pub most: usize,
    pub doc: &'static str,
    /// Calls and their values as JSON; the tests run them.
    pub examples: &'static [(&'static str, &'static str)],
    pub run: Run,
}

/// What a function does with the values of its arguments; it may take them out of the slice.
pub type Plain = for<'a> fn(&mut [Value<'a>]) -> Value<'a>;

/// As `Plain`, but decides itself which arguments are evaluated.
pub type Lazy = for<'a> fn(&'a [Node], &'a [Value<'a>]) -> Value<'a>;

/// Makes a function from those of its arguments that are constant. The error says what was wanted.
pub type Prepare = fn(&[Option<&Value<'static>>]) -> std::result::Result<Box<dyn Ready>, String>;

#[derive(Clone, Copy)]
pub enum Run {
    Plain(Plain),
    Lazy(Lazy),
    Prepared(Prepare),
}

/// A function whose constant arguments were looked at before.
pub trait Ready: Send + Sync {
    fn run<'a>(&'a self, arguments: &mut [Value<'a>]) -> Value<'a>;
}

/// What a call by name can reach, in the order of the documentation.
const FAMILIES: [&[Function]; 14] = [
    control::FUNCTIONS,
    math::FUNCTIONS,
    string::FUNCTIONS,
    search::FUNCTIONS,
    distance::FUNCTIONS,
    time::FUNCTIONS,
    ip::FUNCTIONS,
    hash::FUNCTIONS,
    base64::FUNCTIONS,
    hex::FUNCTIONS,
    url::FUNCTIONS,
    json::FUNCTIONS,
    array::FUNCTIONS,
    geo::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = FAMILIES.into_iter().flatten().chain(operators::FUNCTIONS);
    all.map(|function| (function.name, function)).collect()
});

/// Every function that is written by its name; operators are not.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.into_iter().flatten()
}

/// A function or operator.
pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

impl Function {
    /// What stands before the point of its name; functions without one are of the family `control`.
    pub fn family(&self) -> &'static str {
        self.name.split_once('.').map_or("control", |(family, _)| family)
    }

    pub fn check_count(&self, count: usize) -> Result<()> {
        if (self.least..=self.most).contains(&count) {
            return Ok(());
        }
        let wanted = match (self.least, self.most) {
            (least, ANY) => format!("at least {least}"),
            (least, most) if least == most => format!("{least}"),
            (least, most) => format!("{least} to {most}"),
        };
        let name = self.name;
        Err(CoreError::Plan(format!("function '{name}' takes {wanted} arguments ({}), got {count}", self.parameters)))
    }
}

/// The list of functions as JSON: what the parser, the documentation and completion ask for.
pub fn to_json() -> Vec<u8> {
    let list = all().map(|function| {
        let examples = function.examples.iter().map(|(call, value)| {
            let value: serde_json::Value = serde_json::from_str(value).unwrap_or_default();
            serde_json::json!([call, value])
        });
        serde_json::json!({
            "name": function.name,
            "family": function.family(),
            "parameters": function.parameters,
            "least": function.least,
            "most": (function.most != ANY).then_some(function.most),
            "doc": function.doc,
            "examples": examples.collect::<Vec<_>>(),
        })
    });
    serde_json::Value::Array(list.collect()).to_string().into_bytes()
}

/// Text that stops growing at `TEXT_BYTES_MAX`.
#[derive(Default)]
struct Bounded {
    text: Vec<u8>,
    is_over: bool,
}

impl Bounded {
    fn push(&mut self, piece: &[u8]) {
        if self.is_over || self.text.len() + piece.len() > TEXT_BYTES_MAX {
            self.is_over = true;
        } else {
            self.text.extend_from_slice(piece);
        }
    }

    fn value<'a>(self) -> Value<'a> {
        if self.is_over { Value::Null } else { Value::owned_text(self.text) }
    }
}

/// A `Some` as its value, nothing as null.
fn or_null<'a>(value: Option<Value<'a>>) -> Value<'a> {
    value.unwrap_or(Value::Null)
}

/// What is unknown is null.
fn truth<'a>(value: Option<bool>) -> Value<'a> {
    value.map_or(Value::Null, Value::Bool)
}

/// An argument that may be left out: `standard` then; None when it is there and `read` finds another type than it wants.
fn optional<'s, 'a, T>(
    arguments: &'s [Value<'a>],
    at: usize,
    standard: T,
    read: impl FnOnce(&'s Value<'a>) -> Option<T>,
) -> Option<T> {
    arguments.get(at).map_or(Some(standard), read)
}

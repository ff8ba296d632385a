//! The values that expressions work with. Text is bytes: UTF-8 but for lone surrogates, which logs hold too.
use super::number::Number;
use crate::value::json::put_string;
use std::borrow::Cow;
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number<'a>),
    Text(Cow<'a, [u8]>),
    Array(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    pub fn integer(value: impl Into<i128>) -> Self {
        Self::Number(Number::Integer(value.into()))
    }

    /// A count of things in memory.
    pub fn count(value: usize) -> Self {
        Self::Number(Number::Integer(value as i128))
    }

    /// Null when the double is not finite.
    pub fn double(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::Null, Self::Number)
    }

    pub fn owned_text(text: impl Into<Vec<u8>>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    pub fn of_str(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text.as_bytes()))
    }

    /// Text that was worked on as a `str`; borrowed stays borrowed.
    pub fn from_cow(text: Cow<'a, str>) -> Self {
        Self::Text(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<&Number<'a>> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// A number whose value is an integer within i64.
    pub fn as_i64(&self) -> Option<i64> {
        self.number()?.as_integer()?.try_into().ok()
    }

    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text as characters; a lone surrogate becomes U+FFFD.
    pub fn string(&self) -> Option<Cow<'_, str>> {
        self.text().map(String::from_utf8_lossy)
    }

    /// The text form of a text, a number or a boolean.
    pub fn scalar_text(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(number.text()),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { b"true" } else { b"false" })),
            Self::Null | Self::Array(_) => None,
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Array(_) => "array",
        }
    }

    /// The same value without a copy of its text.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.borrowed()),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Array(values) => Value::Array(values.iter().map(Value::borrowed).collect()),
        }
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number.into_owned()),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Array(values) => Value::Array(values.into_iter().map(Value::into_owned).collect()),
        }
    }

    pub fn put_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(number) => out.extend_from_slice(&number.text()),
            Self::Text(text) => put_string(out, text),
            Self::Array(values) => {
                out.push(b'[');
                for (nth, value) in values.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    value.put_json(out);
                }
                out.push(b']');
            }
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put_json(&mut out);
        out
    }

    /// Bytes that are equal for equal values, and only for them.
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Number(number) => number.canonical(),
            Self::Array(values) => {
                let mut key = b"[".to_vec();
                values.iter().for_each(|value| {
                    key.extend_from_slice(&value.key());
                    key.push(b',');
                });
                key.push(b']');
                key
            }
            other => other.to_json(),
        }
    }

    /// Whether two values are the same: of one type, numbers by value, texts by bytes. Null is the same as null here.
    pub fn is_same(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(a), Value::Bool(b)) => a == b,
            (Self::Number(a), Value::Number(b)) => a.compare(b) == Ordering::Equal,
            (Self::Text(a), Value::Text(b)) => a == b,
            (Self::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b)),
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Bool(_) => 3,
            Self::Array(_) => 4,
        }
    }

    /// The order of sorting: null, numbers by value, texts by bytes, booleans, arrays by their elements.
    pub fn order(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Number(a), Value::Number(b)) => a.compare(b),
            (Self::Text(a), Value::Text(b)) => a.cmp(b),
            (Self::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Self::Array(a), Value::Array(b)) => {
                let differing = a.iter().zip(b).map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                differing.unwrap_or(a.len().cmp(&b.len()))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

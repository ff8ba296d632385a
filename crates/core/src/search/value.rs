//! A typed value as aggregates know it.
use crate::error::DecodeError;
use crate::format::column::Kind;
use crate::format::wire::{Wire, put_bytes};
use crate::value::decimal::{compare, is_number};
use crate::value::integer::canonical_text;
use crate::value::json::put_string;
use std::cmp::Ordering;

/// A value of its own. Ordered: null, numbers by value, strings by bytes, booleans.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Null,
    /// JSON text, one for all spellings of a number.
    Number(Vec<u8>),
    Text(Vec<u8>),
    Bool(bool),
}

/// A value that stands somewhere else; ordered as `Value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRef<'a> {
    Null,
    Number(&'a [u8]),
    Text(&'a [u8]),
    Bool(bool),
}

impl Value {
    pub fn new(kind: Kind, text: &[u8]) -> Self {
        match kind {
            Kind::Text => Self::Text(text.to_vec()),
            Kind::Bool => Self::Bool(text == b"true"),
            Kind::Number => Self::Number(canonical_text(text)),
        }
    }

    pub fn borrow(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Number(text) => ValueRef::Number(text),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bool(value) => ValueRef::Bool(*value),
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        self.borrow().put(out);
    }

    pub fn read(wire: &mut Wire<'_>) -> Result<Self, DecodeError> {
        ValueRef::read(wire).map(ValueRef::to_value)
    }

    pub fn put_json(&self, out: &mut Vec<u8>) {
        self.borrow().put_json(out);
    }

    /// Bytes of its text, where it has one.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Number(text) | Self::Text(text) => text.len(),
            Self::Null | Self::Bool(_) => 0,
        }
    }

    /// Bytes that it holds beside itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(text) | Self::Text(text) => text.capacity(),
            Self::Null | Self::Bool(_) => 0,
        }
    }
}

impl<'a> ValueRef<'a> {
    fn rank(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Bool(_) => 3,
        }
    }

    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Number(text) => Value::Number(text.to_vec()),
            Self::Text(text) => Value::Text(text.to_vec()),
            Self::Bool(value) => Value::Bool(value),
        }
    }

    pub fn put(self, out: &mut Vec<u8>) {
        out.push(self.rank());
        match self {
            Self::Null => {}
            Self::Number(text) | Self::Text(text) => put_bytes(out, text),
            Self::Bool(value) => out.push(u8::from(value)),
        }
    }

    pub fn read(wire: &mut Wire<'a>) -> Result<Self, DecodeError> {
        Ok(match wire.byte()? {
            0 => Self::Null,
            1 => Self::Number(Some(wire.bytes()?).filter(|text| is_number(text)).ok_or(DecodeError("not a number"))?),
            2 => Self::Text(wire.bytes()?),
            3 => Self::Bool(wire.byte()? != 0),
            _ => return Err(DecodeError("unknown kind of value")),
        })
    }

    pub fn put_json(self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Number(text) => out.extend_from_slice(text),
            Self::Text(text) => put_string(out, text),
            Self::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        }
    }
}

impl Ord for ValueRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => compare(a, b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for ValueRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.borrow().cmp(&other.borrow())
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

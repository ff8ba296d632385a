//! A typed value as aggregates know it.
use crate::error::DecodeError;
use crate::format::column::Kind;
use crate::format::wire::{Wire, put_bytes};
use crate::value::decimal::compare;
use crate::value::integer::canonical_text;
use crate::value::json::put_string;
use std::cmp::Ordering;

/// Ordered: null, numbers by value, strings by bytes, booleans.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Null,
    /// JSON text; integers that are spelled otherwise are brought to their one form.
    Number(Vec<u8>),
    Text(Vec<u8>),
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

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Bool(_) => 3,
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(self.rank());
        match self {
            Self::Null => {}
            Self::Number(text) | Self::Text(text) => put_bytes(out, text),
            Self::Bool(value) => out.push(u8::from(*value)),
        }
    }

    pub fn read(wire: &mut Wire<'_>) -> Result<Self, DecodeError> {
        Ok(match wire.byte()? {
            0 => Self::Null,
            1 => Self::Number(wire.bytes()?.to_vec()),
            2 => Self::Text(wire.bytes()?.to_vec()),
            3 => Self::Bool(wire.byte()? != 0),
            _ => return Err(DecodeError("unknown kind of value")),
        })
    }

    pub fn put_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Number(text) => out.extend_from_slice(text),
            Self::Text(text) => put_string(out, text),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => compare(a, b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

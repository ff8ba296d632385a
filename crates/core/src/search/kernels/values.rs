//! `values(column)`: the different values, sorted, as the text of a JSON array; the smallest `VALUES_MAX` of them, up to
//! the one with which they reach `CELL_BYTES`. That does not depend on how rows are cut: what a part drops has as many bytes before it
//! in the whole.
//!
//! Cost: one look into a tree per row. State: the values.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_varint};
use crate::search::value::{Value, ValueRef};
use crate::value::json::put_string;
use std::collections::BTreeSet;

pub const VALUES: Spec = Spec { name: "values", columns: 1..=1, parameters: 0..=0, start };

/// More values in a cell are no longer read by anybody, and a group must not hold a whole column.
pub const VALUES_MAX: usize = 1000;

/// So much text in a cell is more than a screen holds, and a thousand values may be a megabyte each: groups must fit the budget of a
/// partial result. The value that reaches it is whole, so that one long value is shown.
pub const CELL_BYTES: usize = 64 << 10;

fn start(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Values>::boxed(()))
}

struct Values {
    values: BTreeSet<Value>,
    /// Of their texts.
    bytes: usize,
    is_cut: bool,
}

impl Values {
    fn cut(&mut self) {
        while let Some(last) = self.values.last().map(Value::text_bytes)
            && (self.values.len() > VALUES_MAX || self.bytes - last >= CELL_BYTES)
        {
            self.values.pop_last();
            self.bytes -= last;
            self.is_cut = true;
        }
    }

    fn insert(&mut self, value: Value) {
        let bytes = value.text_bytes();
        if self.values.insert(value) {
            self.bytes += bytes;
        }
    }

    fn add(&mut self, value: ValueRef<'_>) {
        let is_full = self.values.len() == VALUES_MAX || self.bytes >= CELL_BYTES;
        if is_full && self.values.last().is_some_and(|last| last.borrow() < value) {
            self.is_cut = true;
            return;
        }
        self.insert(value.to_value());
        self.cut();
    }
}

/// The text of a JSON array of values, as JSON.
pub fn put_array<'a>(values: impl Iterator<Item = ValueRef<'a>>, out: &mut Vec<u8>) {
    let mut text = vec![b'['];
    for value in values {
        if text.len() > 1 {
            text.push(b',');
        }
        value.put_json(&mut text);
    }
    text.push(b']');
    put_string(out, &text);
}

impl State for Values {
    const NEEDS: Needs = Needs::VALUES;
    type Setup = ();

    fn start(_setup: &()) -> Self {
        Self { values: BTreeSet::new(), bytes: 0, is_cut: false }
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        if let Some(value) = row.value(0) {
            self.add(value);
        }
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        other.values.into_iter().for_each(|value| self.insert(value));
        self.is_cut |= other.is_cut;
        self.cut();
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_cut));
        put_varint(out, self.values.len() as u64);
        self.values.iter().for_each(|value| value.put(out));
    }

    fn read(_setup: &(), wire: &mut Wire<'_>) -> Decoded<Self> {
        let is_cut = wire.byte()? != 0;
        let count = wire.count()?;
        if count > VALUES_MAX {
            return Err(DecodeError("list of too many values"));
        }
        let values = (0..count).map(|_| Value::read(wire)).collect::<Decoded<BTreeSet<_>>>()?;
        let bytes = values.iter().map(Value::text_bytes).sum();
        Ok(Self { values, bytes, is_cut })
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        put_array(self.values.iter().map(Value::borrow), out);
    }

    fn heap_bytes(&self) -> usize {
        self.values.iter().map(|value| value.heap_bytes() + size_of::<Value>()).sum()
    }

    fn inexact(&self) -> Option<u64> {
        self.is_cut.then_some(u64::from(self.values.len() < VALUES_MAX))
    }

    /// Worst is 1 when a cell was cut for its bytes.
    fn note(worst: u64) -> String {
        match worst {
            0 => format!("is cut: the smallest {VALUES_MAX} values are shown"),
            _ => format!("is cut: the smallest values are shown, {} KiB or {VALUES_MAX} of them", CELL_BYTES >> 10),
        }
    }
}

//! `values(column)`: the different values, sorted, as the text of a JSON array; the smallest `VALUES_MAX` of them.
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

fn start(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Values>::boxed(()))
}

struct Values {
    values: BTreeSet<Value>,
    is_cut: bool,
}

impl Values {
    fn cut(&mut self) {
        while self.values.len() > VALUES_MAX {
            self.values.pop_last();
            self.is_cut = true;
        }
    }

    fn add(&mut self, value: ValueRef<'_>) {
        if self.values.len() == VALUES_MAX && self.values.last().is_some_and(|last| last.borrow() < value) {
            self.is_cut = true;
            return;
        }
        self.values.insert(value.to_value());
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
        Self { values: BTreeSet::new(), is_cut: false }
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        if let Some(value) = row.value(0) {
            self.add(value);
        }
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        self.values.extend(other.values);
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
        let values = (0..count).map(|_| Value::read(wire)).collect::<Decoded<_>>()?;
        Ok(Self { values, is_cut })
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        put_array(self.values.iter().map(Value::borrow), out);
    }

    fn heap_bytes(&self) -> usize {
        self.values.iter().map(|value| value.heap_bytes() + size_of::<Value>()).sum()
    }

    fn inexact(&self) -> Option<u64> {
        self.is_cut.then_some(0)
    }

    fn note(_worst: u64) -> String {
        format!("is cut: the smallest {VALUES_MAX} values are shown")
    }
}

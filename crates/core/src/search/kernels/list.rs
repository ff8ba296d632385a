//! `list(key, value)`: the values in the order of their keys, then of themselves, as the text of a JSON array; the first `LIST_MAX`.
//! Rows where one of the two is missing do not count.
//!
//! Cost: a push per row, and now and then a sort. State: 64 bytes and the texts per value, for up to twice `LIST_MAX`.
use super::values::put_array;
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_varint};
use crate::search::value::Value;

pub const LIST: Spec = Spec { name: "list", columns: 2..=2, parameters: 0..=0, start };

/// More values in a cell are no longer read by anybody, and a group must not hold a whole column.
pub const LIST_MAX: usize = 100;

fn start(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<List>::boxed(()))
}

struct List {
    /// Keys and values, in no order.
    pairs: Vec<(Value, Value)>,
    is_cut: bool,
}

impl List {
    /// The first pairs, sorted.
    fn first(&self) -> Vec<&(Value, Value)> {
        let mut sorted: Vec<_> = self.pairs.iter().collect();
        sorted.sort_unstable();
        sorted.truncate(LIST_MAX);
        sorted
    }

    fn cut(&mut self) {
        if self.pairs.len() > 2 * LIST_MAX {
            self.pairs.sort_unstable();
            self.pairs.truncate(LIST_MAX);
            self.is_cut = true;
        }
    }
}

impl State for List {
    const NEEDS: Needs = Needs::VALUES;
    type Setup = ();

    fn start(_setup: &()) -> Self {
        Self { pairs: Vec::new(), is_cut: false }
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        if let (Some(key), Some(value)) = (row.value(0), row.value(1)) {
            self.pairs.push((key.to_value(), value.to_value()));
            self.cut();
        }
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        self.pairs.extend(other.pairs);
        self.is_cut |= other.is_cut;
        self.cut();
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        let first = self.first();
        out.push(u8::from(self.inexact().is_some()));
        put_varint(out, first.len() as u64);
        for (key, value) in first {
            key.put(out);
            value.put(out);
        }
    }

    fn read(_setup: &(), wire: &mut Wire<'_>) -> Decoded<Self> {
        let is_cut = wire.byte()? != 0;
        let count = wire.count()?;
        if count > LIST_MAX {
            return Err(DecodeError("list of too many values"));
        }
        let pairs = (0..count).map(|_| Ok((Value::read(wire)?, Value::read(wire)?))).collect::<Decoded<_>>()?;
        Ok(Self { pairs, is_cut })
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        put_array(self.first().into_iter().map(|(_, value)| value.borrow()), out);
    }

    fn heap_bytes(&self) -> usize {
        let texts: usize = self.pairs.iter().map(|(key, value)| key.heap_bytes() + value.heap_bytes()).sum();
        texts + self.pairs.capacity() * size_of::<(Value, Value)>()
    }

    fn inexact(&self) -> Option<u64> {
        (self.is_cut || self.pairs.len() > LIST_MAX).then_some(0)
    }

    fn note(_worst: u64) -> String {
        format!("is cut: the first {LIST_MAX} values are shown")
    }
}

//! `list(key, value)`: the values in the order of their keys, then of themselves, as the text of a JSON array; the first `LIST_MAX`,
//! up to the one with which they reach `CELL_BYTES`. Rows where one of the two is missing do not count.
//!
//! Cost: a push per row, and now and then a sort. State: 64 bytes and the texts per value, for up to twice `LIST_MAX`
//! or somewhat over twice `CELL_BYTES`.
use super::values::{CELL_BYTES, put_array};
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
    /// Of the values' texts.
    bytes: usize,
    /// With more they are cut.
    bytes_max: usize,
    is_cut: bool,
}

impl List {
    /// The first pairs, sorted.
    fn first(&self) -> Vec<&(Value, Value)> {
        let mut sorted: Vec<_> = self.pairs.iter().collect();
        sorted.sort_unstable();
        sorted.truncate(shown(sorted.iter().map(|(_, value)| value)));
        sorted
    }

    fn push(&mut self, key: Value, value: Value) {
        self.bytes += value.text_bytes();
        self.pairs.push((key, value));
        if self.pairs.len() > 2 * LIST_MAX || self.bytes > self.bytes_max {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.pairs.sort_unstable();
        let kept = shown(self.pairs.iter().map(|(_, value)| value));
        self.is_cut |= kept < self.pairs.len();
        self.pairs.truncate(kept);
        self.bytes = self.pairs.iter().map(|(_, value)| value.text_bytes()).sum();
        // Not a sort for each row, however long the last value is.
        self.bytes_max = self.bytes + CELL_BYTES;
    }
}

/// How many of the values, which are in order, are shown.
fn shown<'a>(values: impl Iterator<Item = &'a Value>) -> usize {
    let mut bytes = 0;
    let fits = |value: &&Value| {
        let is_shown = bytes < CELL_BYTES;
        bytes += value.text_bytes();
        is_shown
    };
    values.take(LIST_MAX).take_while(fits).count()
}

impl State for List {
    const NEEDS: Needs = Needs::VALUES;
    type Setup = ();

    fn start(_setup: &()) -> Self {
        Self { pairs: Vec::new(), bytes: 0, bytes_max: 2 * CELL_BYTES, is_cut: false }
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        if let (Some(key), Some(value)) = (row.value(0), row.value(1)) {
            self.push(key.to_value(), value.to_value());
        }
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        self.is_cut |= other.is_cut;
        other.pairs.into_iter().for_each(|(key, value)| self.push(key, value));
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
        let pairs = (0..count).map(|_| Ok((Value::read(wire)?, Value::read(wire)?))).collect::<Decoded<Vec<_>>>()?;
        let bytes = pairs.iter().map(|(_, value)| value.text_bytes()).sum();
        Ok(Self { pairs, bytes, bytes_max: 2 * CELL_BYTES, is_cut })
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        put_array(self.first().into_iter().map(|(_, value)| value.borrow()), out);
    }

    fn heap_bytes(&self) -> usize {
        let texts: usize = self.pairs.iter().map(|(key, value)| key.heap_bytes() + value.heap_bytes()).sum();
        texts + self.pairs.capacity() * size_of::<(Value, Value)>()
    }

    fn inexact(&self) -> Option<u64> {
        let shown = match self.pairs.len() <= LIST_MAX && self.bytes <= CELL_BYTES {
            true => self.pairs.len(),
            false => self.first().len(),
        };
        (self.is_cut || shown < self.pairs.len()).then_some(u64::from(shown < LIST_MAX))
    }

    /// Worst is 1 when a cell was cut for its bytes.
    fn note(worst: u64) -> String {
        match worst {
            0 => format!("is cut: the first {LIST_MAX} values are shown"),
            _ => format!("is cut: the first values are shown, {} KiB or {LIST_MAX} of them", CELL_BYTES >> 10),
        }
    }
}

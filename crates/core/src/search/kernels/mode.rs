//! `mode(column)`: the most frequent value; of equally frequent ones the smallest.
//!
//! Exact up to 3,072 different values of a group; beyond that rare ones are forgotten (frequent items), and the answer says how far
//! off its count may be.
//!
//! Cost: one look into a hash table per row. State: the values and 17 bytes each, at most 3,072 of them.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_bytes};
use crate::search::aggregate::json_rows::read_scalar;
use crate::search::value::Value;
use lakebed_sketch::Frequent;

pub const MODE: Spec = Spec { name: "mode", columns: 1..=1, parameters: 0..=0, start };

fn start(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Mode>::boxed(()))
}

/// Counts of the values' JSON texts; nothing is made before there is a value.
struct Mode(Option<Box<Frequent>>);

impl State for Mode {
    const NEEDS: Needs = Needs::JSON;
    type Setup = ();

    fn start(_setup: &()) -> Self {
        Self(None)
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        if let Some(text) = row.json(0) {
            self.0.get_or_insert_default().update(text, 1);
        }
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        match (&mut self.0, other.0) {
            (Some(own), Some(other)) => own.merge(&other).map_err(|error| DecodeError(error.0)),
            (None, Some(other)) => {
                self.0 = Some(other);
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.0.as_ref().map(|frequent| frequent.dump()).unwrap_or_default());
    }

    fn read(_setup: &(), wire: &mut Wire<'_>) -> Decoded<Self> {
        let bytes = wire.bytes()?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        let frequent = Frequent::load(bytes).map_err(|error| DecodeError(error.0))?;
        if frequent.items().iter().any(|item| read_scalar(item.item.as_bytes()).is_none()) {
            return Err(DecodeError("not the text of a value"));
        }
        Ok(Self(Some(Box::new(frequent))))
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        let items = self.0.as_ref().map(|frequent| frequent.items()).unwrap_or_default();
        let most = items.first().map_or(0, |item| item.count_least);
        let best = items.iter().take_while(|item| item.count_least == most);
        let smallest = best.filter_map(|item| read_scalar(item.item.as_bytes())).min();
        smallest.unwrap_or(Value::Null).put_json(out);
    }

    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |frequent| frequent.size_bytes())
    }

    fn inexact(&self) -> Option<u64> {
        self.0.as_ref().map(|frequent| frequent.error()).filter(|&error| error > 0)
    }

    fn note(worst: u64) -> String {
        format!("is approximate: another value may have up to {worst} rows more than were counted")
    }
}

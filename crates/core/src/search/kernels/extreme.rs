//! `min(column)`, `max(column)`: the smallest and the greatest value; numbers before strings before booleans.
//!
//! Cost: a comparison per row. State: the value.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::Result;
use crate::format::wire::Wire;
use crate::search::value::{Value, ValueRef};
use std::cmp::Ordering;

pub const MIN: Spec = Spec { name: "min", columns: 1..=1, parameters: 0..=0, start: start_min };
pub const MAX: Spec = Spec { name: "max", columns: 1..=1, parameters: 0..=0, start: start_max };

fn start_min(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Extreme>::boxed(Ordering::Less))
}

fn start_max(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Extreme>::boxed(Ordering::Greater))
}

struct Extreme(Option<Value>);

impl Extreme {
    fn is_better(&self, better: Ordering, value: ValueRef<'_>) -> bool {
        self.0.as_ref().is_none_or(|best| value.cmp(&best.borrow()) == better)
    }
}

impl State for Extreme {
    const NEEDS: Needs = Needs::VALUES;
    /// How a better value compares with the best.
    type Setup = Ordering;

    fn start(_better: &Ordering) -> Self {
        Self(None)
    }

    fn update(&mut self, better: &Ordering, row: Row<'_>) {
        if let Some(value) = row.value(0)
            && self.is_better(*better, value)
        {
            self.0 = Some(value.to_value());
        }
    }

    fn merge(&mut self, better: &Ordering, other: Self) -> Decoded<()> {
        if let Some(value) = other.0
            && self.is_better(*better, value.borrow())
        {
            self.0 = Some(value);
        }
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.0.as_ref().map_or(ValueRef::Null, Value::borrow).put(out);
    }

    fn read(_better: &Ordering, wire: &mut Wire<'_>) -> Decoded<Self> {
        let value = Value::read(wire)?;
        Ok(Self((value != Value::Null).then_some(value)))
    }

    fn finish(&self, _better: &Ordering, _rows: u64, out: &mut Vec<u8>) {
        self.0.as_ref().unwrap_or(&Value::Null).put_json(out);
    }

    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Value::heap_bytes)
    }
}

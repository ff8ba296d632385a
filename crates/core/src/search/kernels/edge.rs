//! `earliest(key, value)`, `latest(key, value)`: the value where the key is smallest, or greatest; of rows with the same key the
//! smallest value. The key is usually the time. Rows where one of the two is missing do not count.
//!
//! Cost: a comparison per row. State: a key and a value.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::Result;
use crate::format::wire::Wire;
use crate::search::value::{Value, ValueRef};
use std::cmp::Ordering;

pub const EARLIEST: Spec = Spec { name: "earliest", columns: 2..=2, parameters: 0..=0, start: start_earliest };
pub const LATEST: Spec = Spec { name: "latest", columns: 2..=2, parameters: 0..=0, start: start_latest };

fn start_earliest(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Edge>::boxed(Ordering::Less))
}

fn start_latest(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Edge>::boxed(Ordering::Greater))
}

/// The key and the value.
struct Edge(Option<(Value, Value)>);

impl Edge {
    fn is_better(&self, better: Ordering, key: ValueRef<'_>, value: ValueRef<'_>) -> bool {
        let Some((best_key, best_value)) = &self.0 else { return true };
        match key.cmp(&best_key.borrow()) {
            Ordering::Equal => value < best_value.borrow(),
            order => order == better,
        }
    }
}

impl State for Edge {
    const NEEDS: Needs = Needs::VALUES;
    /// How a better key compares with the best.
    type Setup = Ordering;

    fn start(_better: &Ordering) -> Self {
        Self(None)
    }

    fn update(&mut self, better: &Ordering, row: Row<'_>) {
        if let (Some(key), Some(value)) = (row.value(0), row.value(1))
            && self.is_better(*better, key, value)
        {
            self.0 = Some((key.to_value(), value.to_value()));
        }
    }

    fn merge(&mut self, better: &Ordering, other: Self) -> Decoded<()> {
        if let Some((key, value)) = other.0
            && self.is_better(*better, key.borrow(), value.borrow())
        {
            self.0 = Some((key, value));
        }
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match &self.0 {
            None => ValueRef::Null.put(out),
            Some((key, value)) => {
                key.put(out);
                value.put(out);
            }
        }
    }

    fn read(_better: &Ordering, wire: &mut Wire<'_>) -> Decoded<Self> {
        let key = Value::read(wire)?;
        Ok(Self(if key == Value::Null { None } else { Some((key, Value::read(wire)?)) }))
    }

    fn finish(&self, _better: &Ordering, _rows: u64, out: &mut Vec<u8>) {
        self.0.as_ref().map_or(&Value::Null, |(_, value)| value).put_json(out);
    }

    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |(key, value)| key.heap_bytes() + value.heap_bytes())
    }
}

//! `rate(time)`: rows per second between the first and the last time, which are integer nanoseconds; `rate(time, seconds)`: rows that
//! have a time, per second of so many. Fewer than two times, or all the same, and no seconds: null.
//!
//! Cost: two comparisons per row. State: 48 bytes.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States, put_double};
use crate::error::Result;
use crate::format::wire::{Wire, put_signed, put_varint};
use crate::search::sum::Addend;

pub const RATE: Spec = Spec { name: "rate", columns: 1..=1, parameters: 0..=1, start };

const SECOND_NS: f64 = 1e9;

fn start(parameters: &Parameters<'_>) -> Result<Box<dyn Column>> {
    let seconds = parameters.numbers.first().copied();
    if seconds.is_some_and(|seconds| seconds <= 0.0) {
        return parameters.refuse("takes a positive number of seconds");
    }
    Ok(States::<Rate>::boxed(seconds))
}

struct Rate {
    count: u64,
    first: i64,
    last: i64,
}

impl State for Rate {
    const NEEDS: Needs = Needs::NUMBERS;
    /// Seconds that the rows are divided by.
    type Setup = Option<f64>;

    fn start(_seconds: &Option<f64>) -> Self {
        Self { count: 0, first: i64::MAX, last: i64::MIN }
    }

    fn update(&mut self, _seconds: &Option<f64>, row: Row<'_>) {
        if let Some(Addend::Integer(time)) = row.addend(0)
            && let Ok(time) = i64::try_from(time)
        {
            self.count += 1;
            self.first = self.first.min(time);
            self.last = self.last.max(time);
        }
    }

    fn merge(&mut self, _seconds: &Option<f64>, other: Self) -> Decoded<()> {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.count);
        put_signed(out, self.first);
        put_signed(out, self.last);
    }

    fn read(_seconds: &Option<f64>, wire: &mut Wire<'_>) -> Decoded<Self> {
        Ok(Self { count: wire.varint()?, first: wire.signed()?, last: wire.signed()? })
    }

    fn finish(&self, seconds: &Option<f64>, _rows: u64, out: &mut Vec<u8>) {
        let span_ns = i128::from(self.last) - i128::from(self.first);
        match seconds {
            Some(seconds) => put_double(self.count as f64 / seconds, out),
            None if self.count > 1 && span_ns > 0 => put_double(self.count as f64 / (span_ns as f64 / SECOND_NS), out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

//! `sum(column)`, `avg(column)`: of the numbers. Integers sum exactly, decimals as correctly rounded double precision, whatever the
//! order; no number: null.
//!
//! Cost: an addition per row. State: 100 bytes, and a handful of doubles where there are decimals.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States, put_double};
use crate::error::Result;
use crate::format::wire::{Wire, put_varint};
use crate::search::sum::ExactSum;

pub const SUM: Spec = Spec { name: "sum", columns: 1..=1, parameters: 0..=0, start: start_sum };
pub const AVG: Spec = Spec { name: "avg", columns: 1..=1, parameters: 0..=0, start: start_avg };

#[derive(PartialEq)]
enum Answer {
    Sum,
    Average,
}

fn start_sum(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Sum>::boxed(Answer::Sum))
}

fn start_avg(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Sum>::boxed(Answer::Average))
}

/// The sum and how many numbers went into it.
struct Sum(ExactSum, u64);

impl State for Sum {
    const NEEDS: Needs = Needs::NUMBERS;
    type Setup = Answer;

    fn start(_answer: &Answer) -> Self {
        Self(ExactSum::default(), 0)
    }

    fn update(&mut self, _answer: &Answer, row: Row<'_>) {
        if let Some(addend) = row.addend(0) {
            self.0.add(addend);
            self.1 += 1;
        }
    }

    fn merge(&mut self, _answer: &Answer, other: Self) -> Decoded<()> {
        self.0.merge(&other.0);
        self.1 = self.1.saturating_add(other.1);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        put_varint(out, self.1);
    }

    fn read(_answer: &Answer, wire: &mut Wire<'_>) -> Decoded<Self> {
        Ok(Self(ExactSum::read(wire)?, wire.varint()?))
    }

    fn finish(&self, answer: &Answer, _rows: u64, out: &mut Vec<u8>) {
        match (self.1, self.0.integer_text()) {
            (0, _) => out.extend_from_slice(b"null"),
            (count, _) if *answer == Answer::Average => put_double(self.0.mean(count), out),
            (_, Some(integer)) => out.extend_from_slice(integer.as_bytes()),
            (_, None) => put_double(self.0.to_f64(), out),
        }
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

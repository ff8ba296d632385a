//! `var(column)`, `stdev(column)`: sample variance and its root; fewer than two numbers: null.
//!
//! Numbers are taken as doubles, their sum and the sum of their squares are exact, and one rounding follows: the answer does not
//! depend on the order, and does not suffer when the numbers are large and near each other. Beyond 10^130 the answer is null, and
//! what is nearer to zero than 10^-130 counts as zero, so that squares are exact.
//!
//! Cost: three exact additions per row. State: 200 bytes, and a handful of doubles where there are decimals.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States, put_double};
use crate::error::Result;
use crate::format::wire::{Wire, put_varint};
use crate::search::sum::{Addend, ExactSum, product};

pub const VAR: Spec = Spec { name: "var", columns: 1..=1, parameters: 0..=0, start: start_var };
pub const STDEV: Spec = Spec { name: "stdev", columns: 1..=1, parameters: 0..=0, start: start_stdev };

/// Squares of integers up to here are exact as integers, and the integers as doubles.
const INTEGER_MAX: i128 = 1 << 53;

/// 2^432, about 10^130: products of larger numbers overflow, of numbers below its inverse they lose bits.
const LARGE: f64 = f64::from_bits((1023 + 432) << 52);
const SMALL: f64 = f64::from_bits((1023 - 432) << 52);

#[derive(PartialEq)]
enum Answer {
    Variance,
    Deviation,
}

fn start_var(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Variance>::boxed(Answer::Variance))
}

fn start_stdev(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Variance>::boxed(Answer::Deviation))
}

struct Variance {
    sum: ExactSum,
    squares: ExactSum,
    count: u64,
    /// Numbers that are too large.
    too_large: u64,
}

impl Variance {
    fn add(&mut self, addend: Addend) {
        self.count += 1;
        let double = match addend {
            Addend::Integer(integer) if integer.abs() <= INTEGER_MAX => {
                self.sum.add(addend);
                return self.squares.add(Addend::Integer(integer * integer));
            }
            Addend::Integer(integer) => integer as f64,
            Addend::Double(double) if double.abs() < SMALL => 0.0,
            Addend::Double(double) => double,
        };
        if !double.is_finite() || double.abs() > LARGE {
            self.too_large += 1;
            return;
        }
        self.sum.add(Addend::Double(double));
        let (square, rest) = product(double, double);
        self.squares.add(Addend::Double(square));
        self.squares.add(Addend::Double(rest));
    }

    /// Σ(x - mean)² / (n - 1), which is (n Σx² - (Σx)²) / (n (n - 1)).
    fn variance(&self) -> Option<f64> {
        if self.count < 2 || self.too_large > 0 {
            return None;
        }
        let mut above = ExactSum::default();
        let mut subtract = |a: f64, b: f64, sign: f64| {
            let (high, low) = product(a, b);
            above.add(Addend::Double(sign * high));
            above.add(Addend::Double(sign * low));
        };
        let sums = self.sum.doubles();
        self.squares.doubles().iter().for_each(|&square| subtract(square, self.count as f64, 1.0));
        for &a in &sums {
            sums.iter().for_each(|&b| subtract(a, b, -1.0));
        }
        let below = u128::from(self.count) * u128::from(self.count - 1);
        Some(above.to_f64().max(0.0) / below as f64)
    }
}

impl State for Variance {
    const NEEDS: Needs = Needs::NUMBERS;
    type Setup = Answer;

    fn start(_answer: &Answer) -> Self {
        Self { sum: ExactSum::default(), squares: ExactSum::default(), count: 0, too_large: 0 }
    }

    fn update(&mut self, _answer: &Answer, row: Row<'_>) {
        if let Some(addend) = row.addend(0) {
            self.add(addend);
        }
    }

    fn merge(&mut self, _answer: &Answer, other: Self) -> Decoded<()> {
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.count = self.count.saturating_add(other.count);
        self.too_large = self.too_large.saturating_add(other.too_large);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.sum.put(out);
        self.squares.put(out);
        put_varint(out, self.count);
        put_varint(out, self.too_large);
    }

    fn read(_answer: &Answer, wire: &mut Wire<'_>) -> Decoded<Self> {
        let (sum, squares) = (ExactSum::read(wire)?, ExactSum::read(wire)?);
        Ok(Self { sum, squares, count: wire.varint()?, too_large: wire.varint()? })
    }

    fn finish(&self, answer: &Answer, _rows: u64, out: &mut Vec<u8>) {
        match self.variance() {
            Some(variance) if *answer == Answer::Deviation => put_double(variance.sqrt(), out),
            Some(variance) => put_double(variance, out),
            None => out.extend_from_slice(b"null"),
        }
    }

    fn heap_bytes(&self) -> usize {
        self.sum.heap_bytes() + self.squares.heap_bytes()
    }
}

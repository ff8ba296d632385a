//! `percentile(p)` of a column: the smallest number that p percent of the numbers are not above (nearest rank; p = 0: the smallest).
//! `median(column)` is `percentile(50)`. The answer is one of the numbers; null when there is none.
//!
//! Exact up to `EXACT_MAX` numbers of a group; beyond that a sketch (KLL) whose answer stands within 0.7 % of the rank asked for
//! ninety-nine times of a hundred, and which knows numbers as doubles. When an aggregate runs out of memory, groups become
//! approximate earlier.
//!
//! Cost: a push per row; sorting at the end, or now and then in the sketch. State: 8 bytes per number, at most 20 kB in the sketch.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_bytes, put_varint};
use crate::search::aggregate::cells::Number;
use crate::search::sum::Addend;
use crate::value::decimal::{compare, is_number, to_f64};
use crate::value::integer::canonical_text;
use lakebed_sketch::Quantiles;

pub const PERCENTILE: Spec = Spec { name: "percentile", columns: 1..=1, parameters: 1..=1, start: start_percentile };
pub const MEDIAN: Spec = Spec { name: "median", columns: 1..=1, parameters: 0..=0, start: start_median };

/// Numbers of a group that are all kept: ten times what people know from elsewhere, for 80 kB.
pub const EXACT_MAX: usize = 10_000;

/// So few are always kept: the sketch would not be smaller.
const EXACT_MIN: usize = 1000;

struct Setup {
    /// From 0 to 100.
    percent: f64,
    exact_max: usize,
}

fn start_percentile(parameters: &Parameters<'_>) -> Result<Box<dyn Column>> {
    let percent = parameters.numbers[0];
    if !(0.0..=100.0).contains(&percent) {
        return parameters.refuse("takes a percentage from 0 to 100");
    }
    Ok(States::<Percentile>::boxed(Setup { percent, exact_max: EXACT_MAX }))
}

fn start_median(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Percentile>::boxed(Setup { percent: 50.0, exact_max: EXACT_MAX }))
}

enum Percentile {
    Exact {
        doubles: Vec<f64>,
        /// Texts of the numbers that doubles would change.
        others: Vec<Box<[u8]>>,
    },
    Sketch(Box<Quantiles>),
}

/// The double that stands for a number in the sketch.
fn nearest(double: f64) -> f64 {
    double.clamp(f64::MIN, f64::MAX)
}

fn put_number(double: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(&canonical_text(format!("{double:?}").as_bytes()));
}

impl Percentile {
    #[inline]
    fn push(&mut self, setup: &Setup, number: Number<'_>) {
        match (&mut *self, number) {
            (Self::Sketch(sketch), Number::Double(double)) => return sketch.update(double),
            (Self::Sketch(sketch), Number::Text(_, Addend::Integer(integer))) => return sketch.update(integer as f64),
            (Self::Sketch(sketch), Number::Text(_, Addend::Double(double))) => return sketch.update(nearest(double)),
            (Self::Exact { doubles, .. }, Number::Double(double)) => doubles.push(double),
            (Self::Exact { others, .. }, Number::Text(text, _)) => others.push(text.into()),
        }
        self.fit(setup);
    }

    /// Numbers of the exact state into a sketch.
    fn pour(doubles: &[f64], others: &[Box<[u8]>], sketch: &mut Quantiles) {
        doubles.iter().for_each(|&double| sketch.update(double));
        others.iter().filter_map(|text| to_f64(text)).for_each(|double| sketch.update(nearest(double)));
    }

    /// The number at the nearest rank; the doubles stand sorted before the others.
    fn finish_exact(percent: f64, doubles: &[f64], others: &[Box<[u8]>], out: &mut Vec<u8>) {
        let count = doubles.len() + others.len();
        let at = nearest_rank(percent, count as u64) as usize - 1;
        if others.is_empty() {
            let mut sorted = doubles.to_vec();
            let (_, found, _) = sorted.select_nth_unstable_by(at, f64::total_cmp);
            return put_number(*found, out);
        }
        let mut texts: Vec<Vec<u8>> = others.iter().map(|text| text.to_vec()).collect();
        texts.extend(doubles.iter().map(|double| canonical_text(format!("{double:?}").as_bytes())));
        let (_, found, _) = texts.select_nth_unstable_by(at, |a, b| compare(a, b));
        out.extend_from_slice(found);
    }
}

/// The rank from 1 to `count` that `percent` of them reach.
fn nearest_rank(percent: f64, count: u64) -> u64 {
    // Both factors are exact, or nearly: 99.9 % of 1000 is rank 999, not 1000.
    let rank = percent * count as f64 / 100.0;
    let whole = rank.round();
    let rank = if (rank - whole).abs() < 1e-9 * whole.max(1.0) { whole } else { rank.ceil() };
    (rank as u64).clamp(1, count)
}

impl State for Percentile {
    const NEEDS: Needs = Needs::NUMBERS;
    type Setup = Setup;

    fn start(_setup: &Setup) -> Self {
        Self::Exact { doubles: Vec::new(), others: Vec::new() }
    }

    #[inline]
    fn update(&mut self, setup: &Setup, row: Row<'_>) {
        if let Some(number) = row.number(0) {
            self.push(setup, number);
        }
    }

    fn merge(&mut self, setup: &Setup, other: Self) -> Decoded<()> {
        match (&mut *self, other) {
            (Self::Exact { doubles, others }, Self::Exact { doubles: more, others: texts }) => {
                doubles.extend(more);
                others.extend(texts);
            }
            (Self::Sketch(sketch), Self::Exact { doubles, others }) => Self::pour(&doubles, &others, sketch),
            (Self::Exact { doubles, others }, Self::Sketch(mut sketch)) => {
                Self::pour(doubles, others, &mut sketch);
                *self = Self::Sketch(sketch);
            }
            (Self::Sketch(own), Self::Sketch(other)) => own.merge(&other).map_err(|error| DecodeError(error.0))?,
        }
        self.fit(setup);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact { doubles, others } => {
                out.push(0);
                put_varint(out, doubles.len() as u64);
                let mut sorted = doubles.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                sorted.iter().for_each(|double| out.extend_from_slice(&double.to_le_bytes()));
                put_varint(out, others.len() as u64);
                let mut sorted = others.clone();
                sorted.sort_unstable();
                sorted.iter().for_each(|text| put_bytes(out, text));
            }
            Self::Sketch(sketch) => {
                out.push(1);
                put_bytes(out, &sketch.dump());
            }
        }
    }

    fn read(_setup: &Setup, wire: &mut Wire<'_>) -> Decoded<Self> {
        match wire.byte()? {
            0 => {}
            1 => {
                let sketch = Quantiles::load(wire.bytes()?).map_err(|error| DecodeError(error.0))?;
                return Ok(Self::Sketch(Box::new(sketch)));
            }
            _ => return Err(DecodeError("unknown kind of percentile")),
        }
        let mut doubles = Vec::new();
        for _ in 0..wire.count()? {
            let bytes = wire.take(size_of::<f64>())?;
            let double = f64::from_le_bytes(bytes.try_into().map_err(|_| DecodeError("ends too early"))?);
            if !double.is_finite() {
                return Err(DecodeError("not a number"));
            }
            doubles.push(double);
        }
        let mut others = Vec::new();
        for _ in 0..wire.count()? {
            let text = wire.bytes()?;
            if !is_number(text) {
                return Err(DecodeError("not a number"));
            }
            others.push(text.into());
        }
        Ok(Self::Exact { doubles, others })
    }

    fn finish(&self, setup: &Setup, _rows: u64, out: &mut Vec<u8>) {
        match self {
            Self::Exact { doubles, others } if doubles.is_empty() && others.is_empty() => {
                out.extend_from_slice(b"null");
            }
            Self::Exact { doubles, others } => Self::finish_exact(setup.percent, doubles, others, out),
            Self::Sketch(sketch) => match sketch.quantile(setup.percent / 100.0) {
                Some(number) => put_number(number, out),
                None => out.extend_from_slice(b"null"),
            },
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact { doubles, others } => {
                let texts: usize = others.iter().map(|text| text.len() + size_of::<Box<[u8]>>()).sum();
                doubles.capacity() * size_of::<f64>() + texts
            }
            Self::Sketch(sketch) => sketch.size_bytes(),
        }
    }

    fn inexact(&self) -> Option<u64> {
        matches!(self, Self::Sketch(_)).then_some(0)
    }

    fn note(_worst: u64) -> String {
        let error = Quantiles::RANK_ERROR_99 * 100.0;
        format!("is approximate: its rank is within {error:.1} % of the numbers (99 %)")
    }

    fn tighten(setup: &mut Setup) -> bool {
        let is_possible = setup.exact_max > EXACT_MIN;
        setup.exact_max = (setup.exact_max / 4).max(EXACT_MIN);
        is_possible
    }

    fn fit(&mut self, setup: &Setup) {
        if let Self::Exact { doubles, others } = self
            && doubles.len() + others.len() > setup.exact_max
        {
            let mut sketch = Quantiles::new();
            Self::pour(doubles, others, &mut sketch);
            *self = Self::Sketch(Box::new(sketch));
        }
    }
}

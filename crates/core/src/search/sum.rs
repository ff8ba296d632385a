//! Sums that do not depend on the order: integers exactly, doubles by expansion, rounded once at the end.
//! Cost: constant for integers, a few additions for doubles; state 32 bytes and a handful of doubles.
use crate::error::DecodeError;
use crate::format::wire::{Wire, put_signed, put_varint};
use std::cmp::Ordering;

/// Bits of `Integer::low`.
const LOW_BITS: u32 = 100;

/// Doubles from here on are kept divided by `SCALE`, so that no sum of them overflows before the end.
const LARGE: f64 = f64::from_bits((1023 + 900) << 52);

/// 2^600.
const SCALE: f64 = f64::from_bits((1023 + 600) << 52);

/// An integer of any size that a sum can reach: `high` x 2^100 + `low`, with `low` from 0 to below 2^100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Integer {
    high: i128,
    low: i128,
}

/// A running sum.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExactSum {
    integer: Integer,
    /// Non-overlapping doubles whose exact sum is the sum so far (Shewchuk 1997).
    doubles: Vec<f64>,
    /// As `doubles`, of those that are large, divided by `SCALE`.
    large: Vec<f64>,
}

/// A number as a sum takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Addend {
    Integer(i128),
    Double(f64),
}

impl Addend {
    /// The value of a JSON number: exact when it is an integer of up to 38 digits, else the nearest double.
    pub fn of(text: &[u8]) -> Option<Self> {
        let integer = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        integer.map(Self::Integer).or_else(|| crate::value::decimal::to_f64(text).map(Self::Double))
    }
}

impl Integer {
    fn add(&mut self, other: Self) {
        // Every addend is below 2^28 in `high`, so that no number of rows makes it overflow.
        self.high = self.high.saturating_add(other.high).saturating_add((self.low + other.low) >> LOW_BITS);
        self.low = (self.low + other.low) & ((1 << LOW_BITS) - 1);
    }

    fn doubles(self) -> impl Iterator<Item = f64> {
        const HIGH_UNIT: f64 = (1u128 << LOW_BITS) as f64;
        doubles_of(self.high).map(|double| double * HIGH_UNIT).chain(doubles_of(self.low))
    }

    fn text(self) -> String {
        if let Some(integer) = self.high.checked_mul(1 << LOW_BITS).and_then(|high| high.checked_add(self.low)) {
            return integer.to_string();
        }
        // Digits of nine decimals, lowest first: the high part times 2^100, twenty bits at a time, then the low part.
        const BASE: i128 = 1_000_000_000;
        let mut digits: Vec<i128> = Vec::new();
        let carry = |digits: &mut Vec<i128>, factor: i128, mut carry: i128| {
            for digit in digits.iter_mut() {
                carry += *digit * factor;
                *digit = carry % BASE;
                carry /= BASE;
            }
            while carry > 0 {
                digits.push(carry % BASE);
                carry /= BASE;
            }
        };
        let (negative, high, low) = match self.high < 0 && self.low > 0 {
            true => (true, -(self.high + 1), (1 << LOW_BITS) - self.low),
            false => (self.high < 0, self.high.saturating_abs(), self.low),
        };
        carry(&mut digits, 1, high);
        (0..LOW_BITS / 20).for_each(|_| carry(&mut digits, 1 << 20, 0));
        carry(&mut digits, 1, low);
        let mut text = if negative { "-".to_string() } else { String::new() };
        let mut rest = digits.iter().rev();
        text.push_str(&rest.next().unwrap_or(&0).to_string());
        rest.for_each(|digit| text.push_str(&format!("{digit:09}")));
        text
    }
}

impl ExactSum {
    pub fn add(&mut self, addend: Addend) {
        match addend {
            Addend::Integer(integer) => {
                self.integer.add(Integer { high: integer >> LOW_BITS, low: integer & ((1 << LOW_BITS) - 1) })
            }
            Addend::Double(double) => self.add_double(double),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.integer.add(other.integer);
        other.doubles.iter().for_each(|&double| self.add_double(double));
        other.large.iter().for_each(|&double| add_to(&mut self.large, double));
    }

    fn add_double(&mut self, double: f64) {
        if double.abs() < LARGE {
            add_to(&mut self.doubles, double);
            if self.doubles.last().is_none_or(|top| top.abs() < LARGE) {
                return;
            }
            let Some(top) = self.doubles.pop() else { return };
            return add_to(&mut self.large, top / SCALE);
        }
        add_to(&mut self.large, double / SCALE);
    }

    /// The exact integer's text, when only integers were added.
    pub fn integer_text(&self) -> Option<String> {
        (self.doubles.is_empty() && self.large.is_empty()).then(|| self.integer.text())
    }

    /// The sum, correctly rounded.
    pub fn to_f64(&self) -> f64 {
        let (parts, scale) = self.parts();
        round(&parts) * scale
    }

    /// The sum divided by `count`, correctly rounded.
    pub fn mean(&self, count: u64) -> f64 {
        let (parts, scale) = self.parts();
        let rest = |quotient: f64| {
            let mut rest = parts.clone();
            // 2^32 parts, so that each product is exact in two doubles.
            for part in [(count >> 32) as f64 * 4_294_967_296.0, (count & 0xffff_ffff) as f64] {
                let product = quotient * part;
                add_to(&mut rest, -product);
                add_to(&mut rest, -quotient.mul_add(part, -product));
            }
            rest
        };
        let mut below = round(&parts) / count as f64;
        if !below.is_finite() {
            return below * scale;
        }
        while sign(&rest(below)).is_lt() {
            below = below.next_down();
        }
        while !sign(&rest(below.next_up())).is_lt() {
            below = below.next_up();
        }
        // What is left over at the double below, and what is missing at the one above: the sum of both tells which is nearer.
        let mut both = rest(below);
        rest(below.next_up()).into_iter().for_each(|part| add_to(&mut both, part));
        let is_up = match sign(&both) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => below.to_bits() & 1 == 1,
        };
        if is_up { below.next_up() * scale } else { below * scale }
    }

    /// Doubles whose exact sum, times a power of two, is the sum.
    fn parts(&self) -> (Vec<f64>, f64) {
        let mut parts = self.doubles.clone();
        self.integer.doubles().for_each(|double| add_to(&mut parts, double));
        if self.large.iter().all(|&double| double == 0.0) {
            return (parts, 1.0);
        }
        let mut scaled = self.large.clone();
        // What becomes too small to be seen can only decide between two doubles at equal distance; its sign is enough for that.
        let seen = |part: f64| if part / SCALE == 0.0 { part.signum() * f64::MIN_POSITIVE } else { part / SCALE };
        let first = parts.iter().rposition(|part| part / SCALE == 0.0 && *part != 0.0).unwrap_or(0);
        parts[first.min(parts.len())..]
            .iter()
            .filter(|part| **part != 0.0)
            .for_each(|&part| add_to(&mut scaled, seen(part)));
        (scaled, SCALE)
    }

    /// Doubles whose exact sum is the sum; nothing that was added may be large.
    pub fn doubles(&self) -> Vec<f64> {
        self.parts().0
    }

    /// Bytes that it holds beside itself.
    pub fn heap_bytes(&self) -> usize {
        (self.doubles.capacity() + self.large.capacity()) * size_of::<f64>()
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        for integer in [self.integer.high, self.integer.low] {
            put_signed(out, (integer >> 64) as i64);
            put_varint(out, integer as u64);
        }
        for doubles in [&self.doubles, &self.large] {
            put_varint(out, doubles.len() as u64);
            doubles.iter().for_each(|double| out.extend_from_slice(&double.to_le_bytes()));
        }
    }

    pub fn read(wire: &mut Wire<'_>) -> Result<Self, DecodeError> {
        let integer = |wire: &mut Wire<'_>| Ok(i128::from(wire.signed()?) << 64 | i128::from(wire.varint()?));
        let (high, low) = (integer(wire)?, integer(wire)?);
        if !(0..1 << LOW_BITS).contains(&low) {
            return Err(DecodeError("sum is out of range"));
        }
        // Added one by one, so that whatever is read becomes a proper expansion.
        let mut sum = Self { integer: Integer { high, low }, ..Self::default() };
        for is_large in [false, true] {
            for _ in 0..wire.count()? {
                let bytes = wire.take(8)?;
                let double = f64::from_le_bytes(bytes.try_into().map_err(|_| DecodeError("ends too early"))?);
                if is_large { add_to(&mut sum.large, double) } else { sum.add_double(double) }
            }
        }
        Ok(sum)
    }
}

/// Adds to an expansion, exactly.
fn add_to(doubles: &mut Vec<f64>, double: f64) {
    let mut x = double;
    let mut kept = 0;
    for at in 0..doubles.len() {
        let y = doubles[at];
        let (high, low) = if x.abs() < y.abs() { two_sum(y, x) } else { two_sum(x, y) };
        if low != 0.0 {
            doubles[kept] = low;
            kept += 1;
        }
        x = high;
    }
    doubles.truncate(kept);
    doubles.push(x);
}

fn two_sum(large: f64, small: f64) -> (f64, f64) {
    let high = large + small;
    // An infinite sum has no meaningful rest.
    (high, if high.is_finite() { small - (high - large) } else { 0.0 })
}

/// Two doubles whose exact sum is the product (Dekker 1971); no part may overflow or become too small.
pub fn product(a: f64, b: f64) -> (f64, f64) {
    const SPLIT: f64 = (1u64 << 27) as f64 + 1.0;
    let halves = |x: f64| {
        let scaled = SPLIT * x;
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
    let high = a * b;
    (high, a2 * b2 - (((high - a1 * b1) - a2 * b1) - a1 * b2))
}

/// Doubles whose exact sum is the integer.
fn doubles_of(integer: i128) -> impl Iterator<Item = f64> {
    let mut rest = integer;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            // The top 53 bits are exact in a double, and what is left is smaller.
            let shift = (128 - rest.unsigned_abs().leading_zeros()).saturating_sub(53);
            let part = (rest >> shift) << shift;
            rest -= part;
            part as f64
        })
    })
}

/// The sign of a sum of non-overlapping doubles: that of its largest part.
fn sign(doubles: &[f64]) -> Ordering {
    let top = doubles.iter().rev().find(|double| **double != 0.0).copied().unwrap_or(0.0);
    top.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
}

/// Rounds a sum of non-overlapping doubles once, half to even across the parts.
fn round(doubles: &[f64]) -> f64 {
    let mut parts = doubles.iter().rev().copied();
    let Some(mut high) = parts.next() else { return 0.0 };
    let mut low = 0.0;
    for part in parts.by_ref() {
        let (sum, rest) = two_sum(high, part);
        high = sum;
        low = rest;
        if low != 0.0 {
            break;
        }
    }
    // Exactly half-way: the next part decides the direction.
    if let Some(next) = parts.next()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let twice = low * 2.0;
        let moved = high + twice;
        if twice == moved - high {
            high = moved;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(addends: &[Addend]) -> ExactSum {
        let mut sum = ExactSum::default();
        addends.iter().for_each(|&addend| sum.add(addend));
        sum
    }

    #[test]
    fn order_does_not_matter() {
        let doubles = [1e100, 1.0, -1e100, 0.1, 0.2, 0.3, 1e-300];
        let forward = sum(&doubles.map(Addend::Double));
        let mut backward = sum(&[]);
        doubles.iter().rev().for_each(|&double| backward.merge(&sum(&[Addend::Double(double)])));
        assert_eq!(forward.to_f64(), 1.6);
        assert_eq!(backward.to_f64(), 1.6);
    }

    #[test]
    fn no_sum_overflows_on_its_way() {
        let doubles = [1.7e308, 1.7e308, -1.7e308, 0.5, -1.7e308, 1.25].map(Addend::Double);
        assert_eq!(sum(&doubles).to_f64(), 1.75);
        assert_eq!(sum(&doubles[..2]).to_f64(), f64::INFINITY);
        assert_eq!(sum(&doubles[..2]).mean(2), 1.7e308);
        // Half-way between two doubles, and the least there is decides.
        let half = [1e300, 2f64.powi(943), 5e-324];
        assert_eq!(sum(&half.map(Addend::Double)).to_f64(), 1e300f64.next_up());
        assert_eq!(sum(&half.map(|double| Addend::Double(-double))).to_f64(), (-1e300f64).next_down());
    }

    #[test]
    fn integers_are_exact() {
        let big = Addend::of(b"9007199254740993").expect("a number");
        assert_eq!(sum(&[big, Addend::Integer(1)]).integer_text().as_deref(), Some("9007199254740994"));
        assert_eq!(sum(&[big, Addend::Double(0.5)]).to_f64(), 9_007_199_254_740_994.0);
        let most = Addend::Integer(i128::MAX);
        assert_eq!(sum(&[most, most]).to_f64(), 2.0 * i128::MAX as f64);
        let text = sum(&[most, most, Addend::Integer(2)]).integer_text();
        assert_eq!(text.as_deref(), Some("340282366920938463463374607431768211456"));
        let least = Addend::Integer(i128::MIN);
        assert_eq!(
            sum(&[least, least, Addend::Integer(1)]).integer_text().as_deref(),
            Some("-340282366920938463463374607431768211455")
        );
        assert_eq!(sum(&[least, least]).integer_text().as_deref(), Some("-340282366920938463463374607431768211456"));
    }

    /// Doubles of any size that add up often to less than they are.
    fn any_double() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("a number", |double| double.is_finite()),
            (-1000i32..1000, -2000i64..2000).prop_map(|(power, factor)| factor as f64 * 2f64.powi(power)),
            proptest::sample::select(vec![f64::MAX, f64::MIN, 1e308, -1e308, 5e-324, 0.1]),
            (-100i32..100).prop_map(f64::from),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn any_order_and_any_parts_give_the_same_bits(
            doubles in proptest::collection::vec(any_double(), 0..12),
            integers in proptest::collection::vec(any::<i128>(), 0..4),
            cut in 0usize..12,
        ) {
            let mut addends: Vec<Addend> = doubles.iter().copied().map(Addend::Double).collect();
            addends.extend(integers.iter().copied().map(Addend::Integer));
            let whole = sum(&addends);
            addends.reverse();
            let (first, second) = addends.split_at(cut.min(addends.len()));
            let mut merged = sum(second);
            let mut bytes = Vec::new();
            sum(first).put(&mut bytes);
            merged.merge(&ExactSum::read(&mut Wire::new(&bytes)).expect("a sum"));
            prop_assert_eq!(merged.to_f64().to_bits(), whole.to_f64().to_bits());
            prop_assert_eq!(merged.integer_text(), whole.integer_text());
            let count = addends.len().max(1) as u64;
            prop_assert_eq!(merged.mean(count).to_bits(), whole.mean(count).to_bits());
        }

        #[test]
        fn means_of_integers_are_the_nearest_doubles(integers in proptest::collection::vec(any::<i64>(), 1..6)) {
            let mean = sum(&integers.iter().map(|&integer| Addend::Integer(i128::from(integer))).collect::<Vec<_>>()).mean(integers.len() as u64);
            let total: i128 = integers.iter().map(|&integer| i128::from(integer)).sum();
            // Distances in units of the smallest bit that a mean of these can have.
            let distance = |mean: f64| ((mean * 2048.0) as i128 * integers.len() as i128 - total * 2048).abs();
            if mean.abs() > 4e9 {
                prop_assert!(distance(mean) <= distance(mean.next_up()).min(distance(mean.next_down())));
            }
        }
    }
}

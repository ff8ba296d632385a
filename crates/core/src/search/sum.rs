//! Sums that do not depend on the order: integers exactly, doubles by expansion, rounded once at the end.

/// From here on (2^1000) sums are kept scaled: a million such numbers are still far from the largest double.
const HUGE_MIN: f64 = 1.0715086071862673e301;
const SCALE_DOWN: f64 = 2.409919865102884e-181;
const SCALE_UP: f64 = 4.149515568880993e180;

/// A running sum. Cost: constant for integers, a few additions for doubles; state 16 bytes and a handful of doubles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExactSum {
    pub integer: i128,
    /// Non-overlapping doubles whose exact sum is the sum so far (Shewchuk 1997).
    pub doubles: Vec<f64>,
    /// The same for doubles so large that a sum of two might overflow on the way, times 2^-600.
    pub huge: Vec<f64>,
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

impl ExactSum {
    pub fn add(&mut self, addend: Addend) {
        match addend {
            Addend::Integer(integer) => match self.integer.checked_add(integer) {
                Some(sum) => self.integer = sum,
                None => doubles_of(integer).for_each(|double| self.add_double(double)),
            },
            Addend::Double(double) => self.add_double(double),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.add(Addend::Integer(other.integer));
        other.doubles.iter().for_each(|&double| add_to(&mut self.doubles, double));
        other.huge.iter().for_each(|&double| add_to(&mut self.huge, double));
    }

    fn add_double(&mut self, double: f64) {
        if double.abs() >= HUGE_MIN {
            add_to(&mut self.huge, double * SCALE_DOWN);
        } else {
            add_to(&mut self.doubles, double);
        }
    }

    /// The exact integer, when only integers were added.
    pub fn as_integer(&self) -> Option<i128> {
        (self.doubles.is_empty() && self.huge.is_empty()).then_some(self.integer)
    }

    /// The sum, correctly rounded.
    pub fn to_f64(&self) -> f64 {
        let mut doubles = self.doubles.clone();
        doubles_of(self.integer).for_each(|double| add_to(&mut doubles, double));
        if self.huge.iter().all(|&double| double == 0.0) {
            return round(&doubles);
        }
        let mut scaled = self.huge.clone();
        doubles.iter().for_each(|&double| add_to(&mut scaled, double * SCALE_DOWN));
        round(&scaled) * SCALE_UP
    }
}

/// Adds to an expansion, which stays one: non-overlapping, smallest first.
fn add_to(expansion: &mut Vec<f64>, double: f64) {
    let mut x = double;
    let mut kept = 0;
    for at in 0..expansion.len() {
        let y = expansion[at];
        let (high, low) = if x.abs() < y.abs() { two_sum(y, x) } else { two_sum(x, y) };
        if low != 0.0 {
            expansion[kept] = low;
            kept += 1;
        }
        x = high;
    }
    expansion.truncate(kept);
    expansion.push(x);
}

fn two_sum(large: f64, small: f64) -> (f64, f64) {
    let high = large + small;
    // An infinite sum has no meaningful rest.
    (high, if high.is_finite() { small - (high - large) } else { 0.0 })
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
    if let Some(next) = parts.next() {
        if (low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0) {
            let twice = low * 2.0;
            let moved = high + twice;
            if twice == moved - high {
                high = moved;
            }
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_overflow_on_the_way_is_none() {
        assert_eq!((SCALE_DOWN, SCALE_UP, HUGE_MIN), (2f64.powi(-600), 2f64.powi(600), 2f64.powi(1000)));
        let values = [1.7e308, 1.7e308, -1.7e308, 0.5];
        assert_eq!(sum(&values.map(Addend::Double)).to_f64(), 1.7e308);
        assert_eq!(sum(&[1.7e308, -1.7e308, 0.5].map(Addend::Double)).to_f64(), 0.5);
        assert_eq!(sum(&[1.7e308, 1.7e308].map(Addend::Double)).to_f64(), f64::INFINITY);
    }

    #[test]
    fn integers_are_exact() {
        let big = Addend::of(b"9007199254740993").expect("a number");
        assert_eq!(sum(&[big, Addend::Integer(1)]).as_integer(), Some(9_007_199_254_740_994));
        assert_eq!(sum(&[big, Addend::Double(0.5)]).to_f64(), 9_007_199_254_740_994.0);
        assert_eq!(sum(&[Addend::Integer(i128::MAX), Addend::Integer(i128::MAX)]).to_f64(), 2.0 * i128::MAX as f64);
    }
}

//! Numbers of expressions: the value of their JSON text, whatever its size.
//!
//! Arithmetic is exact on integers within i128. Where one side is no integer, or the result does not fit, it is done in double
//! precision and the result is the shortest decimal text of that double, so a number never has a value that cannot be seen.
use crate::value::decimal::{as_i64, compare, is_number, to_f64};
use crate::value::integer::{Parts, canonical_text};
use std::borrow::Cow;
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq)]
pub enum Number<'a> {
    Integer(i128),
    /// JSON text.
    Text(Cow<'a, [u8]>),
}

/// Which way `Number::rounded` goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest; what lies in the middle goes away from zero.
    Nearest,
    Down,
    Up,
}

impl<'a> Number<'a> {
    /// None when the text is no JSON number.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        is_number(text).then(|| Self::from_text(text))
    }

    /// `text` must be a JSON number.
    pub fn from_text(text: &'a [u8]) -> Self {
        match as_i64(text) {
            Some(integer) => Self::Integer(integer.into()),
            None => Self::Text(Cow::Borrowed(text)),
        }
    }

    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::from_canonical(canonical_text(format!("{value:?}").as_bytes())))
    }

    fn from_canonical(text: Vec<u8>) -> Self {
        match as_i64(&text) {
            Some(integer) => Self::Integer(integer.into()),
            None => Self::Text(Cow::Owned(text)),
        }
    }

    pub fn text(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Integer(integer) => Cow::Owned(integer.to_string().into_bytes()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// One text for all spellings.
    pub fn canonical(&self) -> Vec<u8> {
        match self {
            Self::Integer(integer) => integer.to_string().into_bytes(),
            Self::Text(text) => canonical_text(text),
        }
    }

    /// The value, when it is an integer within i128, however it is spelled.
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(integer) => Some(*integer),
            Self::Text(text) => std::str::from_utf8(&canonical_text(text)).ok()?.parse().ok(),
        }
    }

    /// The nearest double; infinite beyond its range.
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Integer(integer) => *integer as f64,
            Self::Text(text) => to_f64(text).unwrap_or(f64::NAN),
        }
    }

    pub fn compare(&self, other: &Number<'_>) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Number::Integer(b)) => a.cmp(b),
            _ => compare(&self.text(), &other.text()),
        }
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i8 {
        self.compare(&Number::Integer(0)) as i8
    }

    pub fn absolute(&self) -> Number<'static> {
        if self.sign() < 0 { self.negated() } else { self.clone().into_owned() }
    }

    pub fn negated(&self) -> Number<'static> {
        if let Self::Integer(integer) = self
            && let Some(negated) = integer.checked_neg()
        {
            return Number::Integer(negated);
        }
        let text = self.canonical();
        let negated = match text.strip_prefix(b"-") {
            Some(size) => size.to_vec(),
            None => [b"-", &text[..]].concat(),
        };
        Number::from_canonical(canonical_text(&negated))
    }

    /// Rounded to `places` after the point (before it when negative), by its decimal digits.
    pub fn rounded(&self, places: i64, rounding: Rounding) -> Number<'static> {
        let text = self.text();
        let Some(parts) = Parts::of(&text).filter(|parts| !parts.digits.is_empty()) else {
            return self.clone().into_owned();
        };
        let dropped = (-places).saturating_sub(parts.exponent);
        if dropped <= 0 {
            return Number::from_canonical(canonical_text(&text));
        }
        let dropped = usize::try_from(dropped).unwrap_or(usize::MAX);
        let kept = parts.digits.len().saturating_sub(dropped);
        let next = if dropped > parts.digits.len() { b'0' } else { parts.digits[kept] };
        let grows = match rounding {
            Rounding::Nearest => next >= b'5',
            Rounding::Down => parts.is_negative,
            Rounding::Up => !parts.is_negative,
        };
        let mut digits = parts.digits[..kept].to_vec();
        if grows {
            add_one(&mut digits);
        }
        let sign = if parts.is_negative { "-" } else { "" };
        let digits = String::from_utf8_lossy(&digits);
        Number::from_canonical(canonical_text(format!("{sign}0{digits}e{}", -places).as_bytes()))
    }

    /// Times ten to the power of `places`, exactly.
    pub fn shifted(&self, places: i64) -> Number<'static> {
        let text = self.text();
        let shifted = Parts::of(&text).and_then(|mut parts| {
            parts.exponent = parts.exponent.checked_add(places)?;
            let sign = if parts.is_negative { "-" } else { "" };
            Some(format!("{sign}0{}e{}", String::from_utf8_lossy(&parts.digits), parts.exponent))
        });
        shifted.map_or(self.clone().into_owned(), |text| Number::from_canonical(canonical_text(text.as_bytes())))
    }

    pub fn borrowed(&self) -> Number<'_> {
        match self {
            Self::Integer(integer) => Number::Integer(*integer),
            Self::Text(text) => Number::Text(Cow::Borrowed(text)),
        }
    }

    pub fn into_owned(self) -> Number<'static> {
        match self {
            Self::Integer(integer) => Number::Integer(integer),
            Self::Text(text) => Number::Text(Cow::Owned(text.into_owned())),
        }
    }
}

fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// `exact` when both are integers and it gives a result, else `double`. None: no finite result.
pub fn combine(
    a: &Number<'_>,
    b: &Number<'_>,
    exact: fn(i128, i128) -> Option<i128>,
    double: fn(f64, f64) -> f64,
) -> Option<Number<'static>> {
    if let (Some(a), Some(b)) = (a.as_integer(), b.as_integer())
        && let Some(result) = exact(a, b)
    {
        return Some(Number::Integer(result));
    }
    Number::from_f64(double(a.as_f64(), b.as_f64()))
}

pub fn add(a: &Number<'_>, b: &Number<'_>) -> Option<Number<'static>> {
    combine(a, b, i128::checked_add, |a, b| a + b)
}

pub fn subtract(a: &Number<'_>, b: &Number<'_>) -> Option<Number<'static>> {
    combine(a, b, i128::checked_sub, |a, b| a - b)
}

pub fn multiply(a: &Number<'_>, b: &Number<'_>) -> Option<Number<'static>> {
    combine(a, b, i128::checked_mul, |a, b| a * b)
}

/// An integer where integers divide without a rest.
pub fn divide(a: &Number<'_>, b: &Number<'_>) -> Option<Number<'static>> {
    let exact = |a: i128, b: i128| a.checked_rem(b).filter(|&rest| rest == 0).and_then(|_| a.checked_div(b));
    if b.sign() == 0 { None } else { combine(a, b, exact, |a, b| a / b) }
}

/// With the sign of `a`.
pub fn remainder(a: &Number<'_>, b: &Number<'_>) -> Option<Number<'static>> {
    if b.sign() == 0 { None } else { combine(a, b, i128::checked_rem, |a, b| a % b) }
}

//! Numbers as their JSON text: exact comparison by value, whatever their size.
//!
//! A number is never turned into a binary one to be compared: `1`, `1.0` and `1e0` are equal, 9007199254740993 is not
//! 9007199254740992, and `1e999999999` needs no more memory than its text. Digits are compared where they stand.
use std::cmp::Ordering;

/// Exponents beyond ± 10^36 are taken as that; nothing that writes logs has them, and sums stay inside i128.
const EXPONENT_MAX: i128 = 1_000_000_000_000_000_000_000_000_000_000_000_000;

/// Digits of the longest i64, without its sign.
const I64_DIGITS_MAX: usize = 19;

/// Whether the text is a number by the grammar of JSON.
///
/// ```
/// use lakebed_core::value::decimal::is_number;
/// assert!(is_number(b"-1.50e+3"));
/// assert!(!is_number(b"01") && !is_number(b".5") && !is_number(b"NaN"));
/// ```
pub fn is_number(text: &[u8]) -> bool {
    number_end(text, 0) == Some(text.len())
}

/// The end of the number that starts at `at`; None when what starts there is not one. What follows it is not looked at, so
/// `01` ends after the `0`.
#[inline]
pub fn number_end(text: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
    };
    let whole = at + usize::from(text.get(at) == Some(&b'-'));
    let mut end = match text.get(whole)? {
        b'0' => whole + 1,
        b'1'..=b'9' => digits(whole + 1),
        _ => return None,
    };
    if text.get(end) == Some(&b'.') {
        let after = digits(end + 1);
        if after == end + 1 {
            return None;
        }
        end = after;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let after = digits(signed);
        if after == signed {
            return None;
        }
        end = after;
    }
    Some(end)
}

/// Compares two JSON numbers by value. For text that is not a number the answer is arbitrary.
///
/// ```
/// use std::cmp::Ordering;
/// use lakebed_core::value::decimal::compare;
/// assert_eq!(compare(b"9007199254740993", b"9007199254740992"), Ordering::Greater);
/// assert_eq!(compare(b"1.0", b"1e0"), Ordering::Equal);
/// ```
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if let (Some(a), Some(b)) = (as_i64(a), as_i64(b)) {
        return a.cmp(&b);
    }
    let (a, b) = (Decimal::read(a), Decimal::read(b));
    match (a.sign(), b.sign()) {
        (-1, -1) => b.compare_size(&a),
        (1, 1) => a.compare_size(&b),
        (a, b) => a.cmp(&b),
    }
}

/// The value of an integer that prints back as the same text: no `-0`, no `1.0`, within i64.
#[inline]
pub fn as_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > I64_DIGITS_MAX || (digits[0] == b'0' && text.len() > 1) {
        return None;
    }
    let mut size = 0u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // 19 digits fit in u64.
        size = size * 10 + u64::from(digit);
    }
    if negative { 0i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() }
}

/// The nearest double; infinite beyond its range. None when the text is not a number.
pub fn to_f64(text: &[u8]) -> Option<f64> {
    if !is_number(text) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number's digits in its text, and where its point stands.
struct Decimal<'a> {
    negative: bool,
    /// Digits before and after the point, without leading zeros of the number and without trailing ones of the fraction.
    whole: &'a [u8],
    fraction: &'a [u8],
    /// The value is 0.d₁d₂… × 10^magnitude, d₁ not zero. Without meaning for zero.
    magnitude: i128,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a [u8]) -> Self {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let split = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, exponent) = match split {
            Some(at) => (&text[..at], read_exponent(&text[at + 1..])),
            None => (text, 0),
        };
        let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
        let whole = skip_zeros(&mantissa[..point]);
        let mut fraction = mantissa.get(point + 1..).unwrap_or_default();
        let mut magnitude = exponent + whole.len() as i128;
        if whole.is_empty() {
            let significant = skip_zeros(fraction);
            magnitude -= (fraction.len() - significant.len()) as i128;
            fraction = significant;
        }
        Self { negative, whole, fraction, magnitude }
    }

    fn sign(&self) -> i8 {
        let mut digits = self.whole.iter().chain(self.fraction);
        match (digits.any(|&digit| digit != b'0'), self.negative) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        }
    }

    /// Compares without signs; neither is zero.
    fn compare_size(&self, other: &Self) -> Ordering {
        let digits = |number: &Self| {
            let digits = number.whole.iter().chain(number.fraction);
            digits.copied().collect::<Vec<u8>>()
        };
        let order = self.magnitude.cmp(&other.magnitude);
        order.then_with(|| {
            let (ours, theirs) = (digits(self), digits(other));
            without_end_zeros(&ours).cmp(without_end_zeros(&theirs))
        })
    }
}

fn read_exponent(text: &[u8]) -> i128 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let size =
        digits.iter().fold(0i128, |size, digit| (size * 10 + i128::from(digit.wrapping_sub(b'0'))).min(EXPONENT_MAX));
    if negative { -size } else { size }
}

fn skip_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

fn without_end_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
    &digits[..digits.len() - zeros]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(a: &str, b: &str) -> Ordering {
        assert_eq!(compare(b.as_bytes(), a.as_bytes()), compare(a.as_bytes(), b.as_bytes()).reverse());
        compare(a.as_bytes(), b.as_bytes())
    }

    #[test]
    fn equal_by_value() {
        for group in [
            &["1", "1.0", "1e0", "10e-1", "0.1e1", "1.000", "0.01E+2", "100e-2"][..],
            &["0", "-0", "0.0", "-0e999999999", "0e-5"],
            &["-15", "-1.5e1", "-150e-1"],
            &["1e999999999", "10e999999998", "0.1e1000000000"],
            &["120", "1.2e2", "0.12e3"],
        ] {
            for (a, b) in group.iter().flat_map(|a| group.iter().map(move |b| (a, b))) {
                assert_eq!(order(a, b), Ordering::Equal, "{a} {b}");
            }
        }
    }

    #[test]
    fn unequal_by_value() {
        let rising = [
            "-1e999999999",
            "-9223372036854775809",
            "-9223372036854775808",
            "-2",
            "-1.5",
            "-1",
            "-1e-999999999999999999999",
            "0",
            "1e-999999999",
            "0.09",
            "0.1",
            "1",
            "1.0000000000000000000000000000001",
            "9007199254740992",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "1e300",
            "1e999999999",
            "2e999999999",
            "1e99999999999999999999999999",
        ];
        for (i, a) in rising.iter().enumerate() {
            for b in &rising[i + 1..] {
                assert_eq!(order(a, b), Ordering::Less, "{a} {b}");
            }
        }
    }

    #[test]
    fn integers_that_print_back() {
        for text in ["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "1000"] {
            assert_eq!(as_i64(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in
            ["", "-", "-0", "01", "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999"]
        {
            assert_eq!(as_i64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn grammar() {
        for text in ["0", "-0", "10", "1.5", "1e5", "1E+5", "-0.0e-0"] {
            assert!(is_number(text.as_bytes()), "{text}");
        }
        for text in ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "1 ", "--1"] {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn doubles() {
        assert_eq!(to_f64(b"0.1"), Some(0.1));
        assert_eq!(to_f64(b"9007199254740993"), Some(9007199254740992.0));
        assert_eq!(to_f64(b"1e999999999"), Some(f64::INFINITY));
        assert_eq!(to_f64(b"-1e-999999999999"), Some(0.0));
        assert_eq!(to_f64(b"inf"), None);
    }

    proptest! {
        #[test]
        fn agrees_with_scaled_integers(a in -200_000i64..200_000, b in -200_000i64..200_000, move_a in 0u32..4, move_b in 0u32..4) {
            let scaled = |value: i64, places: u32| {
                let by = 10i64.pow(places);
                let sign = if value < 0 { "-" } else { "" };
                match places {
                    0 => value.to_string(),
                    _ => format!("{sign}{}.{:0width$}", value.abs() / by, value.abs() % by, width = places as usize),
                }
            };
            let expected = (a * 10i64.pow(3 - move_a)).cmp(&(b * 10i64.pow(3 - move_b)));
            prop_assert_eq!(order(&scaled(a, move_a), &scaled(b, move_b)), expected);
        }

        #[test]
        fn moving_the_point_changes_nothing(digits in "[1-9][0-9]{0,25}", places in 0i32..30) {
            let moved = format!("{digits}{}e-{places}", "0".repeat(places as usize));
            prop_assert_eq!(order(&digits, &moved), Ordering::Equal);
        }

        #[test]
        fn integers_agree_with_printing(value: i64) {
            prop_assert_eq!(as_i64(value.to_string().as_bytes()), Some(value));
        }
    }
}

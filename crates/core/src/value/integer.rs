//! The one text of a number, however JSON spells it.

/// Longer integers are found by a look at the pages only.
const DIGITS_MAX: usize = 19;

/// Beyond so many zeros a number is written with an exponent.
const ZEROS_MAX: usize = 40;

/// A number as its digits and their place.
pub struct Parts {
    pub is_negative: bool,
    /// Without zeros at either end; empty for zero.
    pub digits: Vec<u8>,
    /// Power of ten of the last digit.
    pub exponent: i64,
}

impl Parts {
    /// None when the exponent is beyond i64. For text that is not a number the answer is arbitrary.
    pub fn of(number: &[u8]) -> Option<Self> {
        parts(number)
    }
}

fn parts(number: &[u8]) -> Option<Parts> {
    let (is_negative, rest) = match number.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, number),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&rest[..at], std::str::from_utf8(&rest[at + 1..]).ok()?.parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|&byte| byte == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &[][..]),
    };
    let mut digits: Vec<u8> = whole.iter().chain(fraction).copied().skip_while(|&digit| digit == b'0').collect();
    let significant = digits.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    let zeros = (digits.len() - significant) as i64;
    digits.truncate(significant);
    let exponent = exponent.checked_sub(fraction.len() as i64)?.checked_add(zeros)?;
    Some(Parts { is_negative, digits, exponent })
}

/// The canonical text of a JSON number whose value is an integer of at most 19 digits: `404` for `404`, `404.0` and `4.04e2`.
/// The index holds this text's tokens for every number, so that a search by value may ask for them.
pub fn integer_text(number: &[u8]) -> Option<Vec<u8>> {
    let parts = parts(number)?;
    if parts.digits.is_empty() {
        return Some(b"0".to_vec());
    }
    let zeros = usize::try_from(parts.exponent).ok()?;
    if parts.digits.len().saturating_add(zeros) > DIGITS_MAX {
        return None;
    }
    let mut text = if parts.is_negative { b"-".to_vec() } else { Vec::new() };
    text.extend_from_slice(&parts.digits);
    text.resize(text.len() + zeros, b'0');
    Some(text)
}

/// One text for all spellings of a JSON number; equal numbers give equal texts.
pub fn canonical_text(number: &[u8]) -> Vec<u8> {
    // An exponent beyond i64 has no other sensible spelling.
    let Some(parts) = parts(number) else { return number.to_vec() };
    if parts.digits.is_empty() {
        return b"0".to_vec();
    }
    let mut text = if parts.is_negative { b"-".to_vec() } else { Vec::new() };
    let below = parts.exponent.unsigned_abs() as usize;
    if below > ZEROS_MAX {
        text.extend_from_slice(&parts.digits);
        text.push(b'e');
        text.extend_from_slice(parts.exponent.to_string().as_bytes());
    } else if parts.exponent >= 0 {
        text.extend_from_slice(&parts.digits);
        text.resize(text.len() + below, b'0');
    } else {
        let padding = (below + 1).saturating_sub(parts.digits.len());
        let digits = [vec![b'0'; padding], parts.digits].concat();
        let (whole, fraction) = digits.split_at(digits.len() - below);
        text.extend_from_slice(whole);
        text.push(b'.');
        text.extend_from_slice(fraction);
    }
    text
}

/// Appends the decimal text of `number`.
pub fn write_usize(number: usize, out: &mut Vec<u8>) {
    if number >= 10 {
        write_usize(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_integer_agree() {
        for text in ["404", "404.0", "4.04e2", "40400E-2", "0.404e+3"] {
            assert_eq!(integer_text(text.as_bytes()).as_deref(), Some(&b"404"[..]), "{text}");
        }
        for (text, wanted) in
            [("-0.0", Some("0")), ("-5e1", Some("-50")), ("0.5", None), ("1e99999999999", None), ("1e30", None)]
        {
            assert_eq!(integer_text(text.as_bytes()).as_deref(), wanted.map(str::as_bytes), "{text}");
        }
        assert_eq!(integer_text(b"12345678901234567890"), None);
    }

    #[test]
    fn equal_numbers_have_one_text() {
        for (wanted, spellings) in [
            ("1.5", &["1.5", "1.50", "15e-1", "0.15E1"][..]),
            ("-0.001", &["-0.001", "-1e-3", "-0.0010"]),
            ("0", &["0", "-0", "0.0", "0e9"]),
            ("12345678901234567890", &["12345678901234567890", "1.234567890123456789e19"]),
            ("1e100", &["1e100", "10e99"]),
        ] {
            for text in spellings {
                assert_eq!(String::from_utf8_lossy(&canonical_text(text.as_bytes())), wanted, "{text}");
            }
        }
    }
}

//! The one text of an integer, however a JSON number spells it.

/// Longer integers are found by a look at the pages only.
const DIGITS_MAX: usize = 19;

/// The canonical text of a JSON number whose value is an integer of at most 19 digits: `404` for `404`, `404.0` and `4.04e2`.
/// The index holds this text's tokens for every number, so that a search by value may ask for them.
pub fn integer_text(number: &[u8]) -> Option<Vec<u8>> {
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
    let digits: Vec<u8> = whole.iter().chain(fraction).copied().skip_while(|&digit| digit == b'0').collect();
    let Some(last) = digits.iter().rposition(|&digit| digit != b'0') else { return Some(b"0".to_vec()) };
    let zeros = exponent.checked_sub(fraction.len() as i64)?.checked_add((digits.len() - 1 - last) as i64)?;
    let zeros = usize::try_from(zeros).ok()?;
    let mut text = if is_negative { b"-".to_vec() } else { Vec::new() };
    text.extend_from_slice(&digits[..=last]);
    if last + 1 + zeros > DIGITS_MAX {
        return None;
    }
    text.resize(text.len() + zeros, b'0');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::integer_text;

    #[test]
    fn spellings_of_an_integer_agree() {
        for text in ["404", "404.0", "4.04e2", "40400E-2", "0.404e+3"] {
            assert_eq!(integer_text(text.as_bytes()).as_deref(), Some(&b"404"[..]), "{text}");
        }
        for (text, wanted) in [("-0.0", Some("0")), ("-5e1", Some("-50")), ("0.5", None), ("1e99999999999", None), ("1e30", None)] {
            assert_eq!(integer_text(text.as_bytes()).as_deref(), wanted.map(str::as_bytes), "{text}");
        }
        assert_eq!(integer_text(b"12345678901234567890"), None);
    }
}

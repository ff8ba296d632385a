//! JSON strings: where they end, and what they say.
//!
//! Most strings of logs are short, so the search for the end looks at eight bytes per step in plain registers: starting a
//! vectorised search costs more than most strings are long.

/// Why a string is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringStop {
    /// The text ends inside the string.
    Incomplete,
    /// At this place of the text.
    Malformed(usize, &'static str),
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The first byte at `at` or later that ends a run of plain characters: a quote, a backslash, or a control character.
#[inline(always)]
pub fn plain_end(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    rest.iter().position(|&byte| is_special(byte)).map(|position| at + position)
}

/// The high bit of every byte that is special; bits above the lowest one set may be wrong.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_quote | is_backslash | is_control) & HIGHS
}

fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// Unescapes a string into `out` (cleared first). `start` is the place after the opening quote, `escape` that of the first
/// backslash; the answer is the place after the closing quote. A lone surrogate becomes its three generalised UTF-8 bytes.
pub fn unescape(text: &[u8], start: usize, escape: usize, out: &mut Vec<u8>) -> Result<usize, StringStop> {
    out.clear();
    out.extend_from_slice(&text[start..escape]);
    let mut at = escape;
    loop {
        match text[at] {
            b'"' => return Ok(at + 1),
            b'\\' => at = unescape_one(text, at, out)?,
            _ => return Err(StringStop::Malformed(at, "control character in a string")),
        }
        let next = plain_end(text, at).ok_or(StringStop::Incomplete)?;
        out.extend_from_slice(&text[at..next]);
        at = next;
    }
}

/// Unescapes what starts with the backslash at `at`; the answer is the place after it.
fn unescape_one(text: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, StringStop> {
    let letter = *text.get(at + 1).ok_or(StringStop::Incomplete)?;
    let byte = match letter {
        b'"' | b'\\' | b'/' => letter,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unescape_unicode(text, at, out),
        _ => return Err(StringStop::Malformed(at, "unknown escape in a string")),
    };
    out.push(byte);
    Ok(at + 2)
}

fn unescape_unicode(text: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, StringStop> {
    let unit = hex_unit(text, at)?;
    if (0xd800..0xdc00).contains(&unit) {
        let next = text.get(at + 6..at + 8);
        if next.is_none() && text[at + 6..].iter().zip(b"\\u").all(|(a, b)| a == b) {
            return Err(StringStop::Incomplete);
        }
        if next == Some(b"\\u") {
            let low = hex_unit(text, at + 6)?;
            if (0xdc00..0xe000).contains(&low) {
                push_scalar(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
                return Ok(at + 12);
            }
        }
    }
    push_scalar(unit, out);
    Ok(at + 6)
}

/// The number in `\uXXXX` at `at`.
fn hex_unit(text: &[u8], at: usize) -> Result<u32, StringStop> {
    let mut unit = 0;
    for place in at + 2..at + 6 {
        let byte = *text.get(place).ok_or(StringStop::Incomplete)?;
        let digit = (byte as char).to_digit(16);
        let digit = digit.ok_or(StringStop::Malformed(at, "\\u without four hexadecimal digits in a string"))?;
        unit = unit << 4 | digit;
    }
    Ok(unit)
}

/// Appends UTF-8, surrogates included.
fn push_scalar(value: u32, out: &mut Vec<u8>) {
    match char::from_u32(value) {
        Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend([0xe0 | (value >> 12) as u8, 0x80 | (value >> 6 & 0x3f) as u8, 0x80 | (value & 0x3f) as u8]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Unescapes what stands between quotes.
    fn unescaped(text: &str) -> Result<Vec<u8>, StringStop> {
        let text = format!("{text}\" rest");
        let escape = plain_end(text.as_bytes(), 0).expect("the quote is there");
        let mut out = vec![1, 2, 3];
        let end = unescape(text.as_bytes(), 0, escape, &mut out)?;
        assert_eq!(&text[end..], " rest");
        Ok(out)
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped(r#"a\"\\\/\b\f\n\r\tz"#), Ok(b"a\"\\/\x08\x0c\n\r\tz".to_vec()));
        assert_eq!(unescaped(r"\u0000\u00e9\u20AC"), Ok("\0é€".as_bytes().to_vec()));
        assert_eq!(unescaped(r"\ud83d\ude00!"), Ok("😀!".as_bytes().to_vec()));
        assert_eq!(unescaped(r"\x"), Err(StringStop::Malformed(0, "unknown escape in a string")));
        let bad_unit = StringStop::Malformed(1, "\\u without four hexadecimal digits in a string");
        assert_eq!(unescaped(r"a\u12G4"), Err(bad_unit));
        assert_eq!(unescaped("\\n\u{1}"), Err(StringStop::Malformed(2, "control character in a string")));
    }

    #[test]
    fn lone_surrogates_stay_what_they_are() {
        assert_eq!(unescaped(r"\ud800"), Ok(b"\xed\xa0\x80".to_vec()));
        assert_eq!(unescaped(r"\udfff!"), Ok(b"\xed\xbf\xbf!".to_vec()));
        assert_eq!(unescaped(r"\ud800\ud800"), Ok(b"\xed\xa0\x80\xed\xa0\x80".to_vec()));
        assert_eq!(unescaped(r"\ud800\n"), Ok(b"\xed\xa0\x80\n".to_vec()));
        assert_eq!(unescaped(r"\ud800\u0041"), Ok(b"\xed\xa0\x80A".to_vec()));
    }

    #[test]
    fn a_cut_string_is_incomplete() {
        let text = br#"a\ud83d\ude00\n""#;
        for cut in 2..text.len() {
            assert_eq!(unescape(&text[..cut], 0, 1, &mut Vec::new()), Err(StringStop::Incomplete), "{cut}");
        }
        assert_eq!(plain_end(b"abcdefghij", 0), None);
    }

    proptest! {
        #[test]
        fn the_end_is_the_first_special_byte(text in proptest::collection::vec(prop_oneof![20 => any::<u8>().prop_filter("plain", |&byte| !is_special(byte)), 1 => any::<u8>()], 0..60), at in 0usize..20) {
            let expected = (at..text.len()).find(|&place| is_special(text[place]));
            prop_assert_eq!(plain_end(&text, at), expected);
        }
    }
}

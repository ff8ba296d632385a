//! The escapes of Zeek's logs, undone as far as Zeek's JSON has no escapes of its own there.

/// Bytes of `\x09`.
const ESCAPE_BYTES: usize = 4;

/// Longest character in UTF-8.
const CHARACTER_BYTES_MAX: usize = 4;

/// Puts the text without its escapes into `out`, which is emptied first. `\\` is a backslash. `\x..` is undone when it stands for a printable
/// character, a tab, a line end, or is part of a character in UTF-8; otherwise it stays, and so does what is no escape.
pub fn unescape(mut text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    while let Some(at) = memchr::memchr(b'\\', text) {
        out.extend_from_slice(&text[..at]);
        text = &text[at..];
        let taken = match text {
            [b'\\', b'\\', ..] => {
                out.push(b'\\');
                2
            }
            _ => character(text, out).unwrap_or(1),
        };
        if taken == 1 {
            out.push(b'\\');
        }
        text = &text[taken..];
    }
    out.extend_from_slice(text);
}

/// Undoes the escapes of one character at the start of the text; the answer is their length.
fn character(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = escaped_byte(text)?;
    if first.is_ascii() {
        let is_plain = matches!(first, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x08 | 0x0c);
        return is_plain.then(|| {
            out.push(first);
            ESCAPE_BYTES
        });
    }
    let mut bytes = Vec::with_capacity(CHARACTER_BYTES_MAX);
    while bytes.len() < CHARACTER_BYTES_MAX {
        bytes.push(escaped_byte(text.get(bytes.len() * ESCAPE_BYTES..)?)?);
        if std::str::from_utf8(&bytes).is_ok() {
            out.extend_from_slice(&bytes);
            return Some(bytes.len() * ESCAPE_BYTES);
        }
    }
    None
}

/// The byte that `\x..` at the start of the text stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"\\x")?.get(..2)?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(digits[0])? << 4 | digit(digits[1])?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printable_is_undone_and_the_rest_stays() {
        for (text, wanted) in [
            ("plain", "plain"),
            (r"a\x09b\x0ac", "a\tb\nc"),
            (r"\x2d", "-"),
            (r"\\x41 \\\x41", r"\x41 \A"),
            (r"\x00\x7f\x01", r"\x00\x7f\x01"),
            (r"caf\xc3\xa9 \xF0\x9f\x98\x80", "café 😀"),
            (r"\xc3", r"\xc3"),
            (r"\xc3\x41", r"\xc3A"),
            (r"\xff\xfe\xfd\xfc\xfb", r"\xff\xfe\xfd\xfc\xfb"),
            (r"\x4", r"\x4"),
            (r"\xg1\q\", r"\xg1\q\"),
        ] {
            let mut out = b"old".to_vec();
            unescape(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).expect("text"), wanted, "{text}");
        }
    }
}

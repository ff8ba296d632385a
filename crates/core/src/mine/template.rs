//! A text to its shape: what looks like a value (numbers, hex, ids, addresses, times) becomes a gap.
//!
//! A shape is bytes: the text with `GAP` for each gap and one space for each run of white space. `GAP` is no byte of UTF-8.

pub const GAP: u8 = 0xff;

/// Bytes of a text that are looked at; a template that goes on for longer is none that a person reads.
pub const TEXT_BYTES_MAX: usize = 4096;

/// Gaps with one of these between them are one gap: addresses, times, versions, lists of numbers.
const JOINERS: &[u8] = b".:-/,+";

/// A word of hexadecimal letters alone is a value from this length on; shorter ones are words such as `face`.
const HEX_LETTERS_MIN: usize = 8;

/// Lengths of the parts of ids that are written with `-` or `:`, which may hold letters alone.
const ID_PARTS: [usize; 4] = [2, 4, 8, 12];

/// The first bytes of a text, without a cut character.
pub fn shortened(text: &[u8]) -> &[u8] {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while end < text.len() && end > 0 && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &text[..end]
}

/// The shape of a text.
pub fn shape_of(text: &[u8]) -> Vec<u8> {
    let text = shortened(text).trim_ascii();
    let mut shape: Vec<u8> = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if is_word(byte) {
            let length = text[at..].iter().take_while(|&&byte| is_word(byte)).count();
            put_word(&mut shape, &text[at..at + length]);
            at += length;
        } else if byte.is_ascii_whitespace() {
            shape.push(b' ');
            at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        } else {
            shape.push(byte);
            at += 1;
        }
    }
    shape
}

/// A shape as people read it.
pub fn rendered(shape: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(shape.len() + 8);
    for &byte in shape {
        if byte == GAP {
            out.extend_from_slice(b"<*>");
        } else {
            out.push(byte);
        }
    }
    out
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || (byte >= 0x80 && byte != GAP)
}

fn put_word(shape: &mut Vec<u8>, word: &[u8]) {
    let follows_gap = matches!(shape[..], [.., GAP, joiner] if JOINERS.contains(&joiner));
    let is_part = follows_gap
        && matches!(shape.last(), Some(b'-' | b':'))
        && ID_PARTS.contains(&word.len())
        && word.iter().all(u8::is_ascii_hexdigit);
    if !is_part && !is_value(word) {
        shape.extend_from_slice(word);
    } else if follows_gap {
        shape.pop();
    } else {
        shape.push(GAP);
    }
}

fn is_value(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_digit) || (word.len() >= HEX_LETTERS_MIN && word.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        String::from_utf8(rendered(&shape_of(text.as_bytes()))).expect("text")
    }

    #[test]
    fn what_becomes_a_gap() {
        for (text, expected) in [
            (
                "Accepted password for root from 10.0.0.1 port 22 ssh2",
                "Accepted password for root from <*> port <*> <*>",
            ),
            ("2026-01-01T00:00:00.5Z GET /a/17/b", "<*> GET /a/<*>/b"),
            ("id=550e8400-e29b-abcd-a716-446655440000,", "id=<*>,"),
            ("  a \t\n b  ", "a b"),
            ("mac 0a:bb:cc:0d", "mac <*>"),
            ("face deadbeef x-1", "face <*> x-<*>"),
            ("5 / 6, 7", "<*> / <*>, <*>"),
            ("", ""),
            ("ünï 2001:db8::1", "ünï <*>::<*>"),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "ä".repeat(TEXT_BYTES_MAX);
        assert!(std::str::from_utf8(&shape_of(format!("x{text}").as_bytes())).is_ok());
    }
}

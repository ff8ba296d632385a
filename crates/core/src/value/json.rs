//! Writing JSON text.

/// Appends `text` as a JSON string. Lone surrogates, kept as WTF-8 inside, become escapes again.
pub fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut start = 0;
    for (at, &byte) in text.iter().enumerate() {
        // Behind a surrogate's first byte come two that are done with it.
        if !NEEDS_CARE[byte as usize] || at < start {
            continue;
        }
        if byte == SURROGATE_LEAD && text.get(at + 1).is_none_or(|&next| next < 0xa0) {
            continue;
        }
        out.extend_from_slice(&text[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            SURROGATE_LEAD => {
                let unit =
                    0xd000 | (u16::from(text[at + 1] & 0x3f) << 6) | u16::from(text.get(at + 2).unwrap_or(&0) & 0x3f);
                put_escape(out, unit);
                start = (at + 3).min(text.len());
            }
            control => put_escape(out, u16::from(control)),
        }
    }
    out.extend_from_slice(&text[start..]);
    out.push(b'"');
}

/// First byte of U+D000 to U+DFFF in UTF-8; with a second byte of a0 or more it is a surrogate.
const SURROGATE_LEAD: u8 = 0xed;

const NEEDS_CARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table[SURROGATE_LEAD as usize] = true;
    table
};

fn put_escape(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789abcdef"[usize::from(unit >> shift & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        put_string(&mut out, b"a\"\\\n\x00\xed\xa0\x80z\xed\x9f\xbf");
        assert_eq!(out, b"\"a\\\"\\\\\\n\\u0000\\ud800z\xed\x9f\xbf\"");
    }
}

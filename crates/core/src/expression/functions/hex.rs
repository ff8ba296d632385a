//! Bytes as hexadecimal digits.
use super::super::value::Value;
use super::{Bounded, Function, Run, or_null};

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "hex.encode",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The bytes of the text (UTF-8) as lower-case hexadecimal digits.",
        examples: &[("hex.encode(\"Az\")", "\"417a\"")],
        run: Run::Plain(|x| or_null(x[0].text().map(|text| bounded(&digits(text))))),
    },
    Function {
        name: "hex.decode",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The text whose bytes the hexadecimal digits are; bytes that are no UTF-8 become U+FFFD. White space, `:` and a \
              leading `0x` are skipped. Null for anything else.",
        examples: &[
            ("hex.decode(\"417A\")", "\"Az\""),
            ("hex.decode(\"0x41:42\")", "\"AB\""),
            ("hex.decode(\"4\")", "null"),
        ],
        run: Run::Plain(|x| or_null(x[0].text().and_then(decode))),
    },
];

/// Two lower-case digits for each byte.
pub fn digits(bytes: &[u8]) -> Vec<u8> {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub fn to_hex<'a>(bytes: &[u8]) -> Value<'a> {
    Value::owned_text(digits(bytes))
}

/// Text that may be longer than what it was made of.
pub fn bounded<'a>(text: &[u8]) -> Value<'a> {
    let mut out = Bounded::default();
    out.push(text);
    out.value()
}

fn decode<'a>(text: &[u8]) -> Option<Value<'a>> {
    let text = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
    let halves = text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b':');
    let halves: Vec<u8> = halves.map(|&byte| Some((byte as char).to_digit(16)? as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = halves.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    rest.is_empty().then(|| lossy(bytes))
}

/// Decoded bytes as text.
pub fn lossy<'a>(bytes: Vec<u8>) -> Value<'a> {
    Value::owned_text(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

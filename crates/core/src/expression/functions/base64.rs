//! Base64, as it is found in logs: both alphabets, padding or not, line breaks.
use super::super::value::Value;
use super::hex::{bounded, lossy};
use super::{Function, Run, or_null};
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// Bits behind the last byte are not looked at: sloppy encoders leave them set.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "base64.encode",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The bytes of the text (UTF-8) in Base64, standard alphabet, with padding.",
        examples: &[("base64.encode(\"hi?\")", "\"aGk/\""), ("base64.encode(\"a\")", "\"YQ==\"")],
        run: Run::Plain(|x| or_null(x[0].text().map(|text| bounded(STANDARD.encode(text).as_bytes())))),
    },
    Function {
        name: "base64.decode",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The text that the Base64 stands for; bytes that are no UTF-8 become U+FFFD. The alphabet of URLs (`-`, `_`), white \
              space and missing padding are accepted. Null for anything else.",
        examples: &[
            ("base64.decode(\"aGk/\")", "\"hi?\""),
            ("base64.decode(\"aGk_\")", "\"hi?\""),
            ("base64.decode(\"YQ\")", "\"a\""),
            ("base64.decode(\"a*\")", "null"),
        ],
        run: Run::Plain(|x| or_null(x[0].text().and_then(bytes).map(lossy))),
    },
    Function {
        name: "base64.decode_utf16",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "As `base64.decode` for UTF-16 in little-endian order, which is what `powershell -EncodedCommand` takes.",
        examples: &[("base64.decode_utf16(\"ZABpAHIA\")", "\"dir\""), ("base64.decode_utf16(\"YQ==\")", "null")],
        run: Run::Plain(|x| or_null(x[0].text().and_then(bytes).and_then(|bytes| utf16(&bytes)))),
    },
];

fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let letters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let mut letters: Vec<u8> = letters
        .map(|&byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        })
        .collect();
    let padding = letters.iter().rev().take_while(|&&byte| byte == b'=').count().min(2);
    letters.truncate(letters.len() - padding);
    LENIENT.decode(letters).ok()
}

fn utf16<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
    rest.is_empty().then(|| Value::owned_text(String::from_utf16_lossy(&units)))
}

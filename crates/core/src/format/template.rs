//! Texts with random runs in them, split into a template and packed bits.
//!
//! Audit logs are full of UUIDs, request ids, access keys and base64 tokens. Entropy coding cannot win there, but a hexadecimal
//! digit needs 4 bits and not 8. A template is the text with each such run replaced by a marker; the runs go to a bit stream.
//!
//! Markers: 1 UUID; 2 lower-case hex, 3 upper-case letters and digits, 4 base64, 5 URL-safe base64, each followed by the run's
//! length as a varint. A byte 0 to 5 of the text itself stands behind a byte 0.
use super::wire::Wire;
use crate::error::DecodeError;

mod join;
mod seek;
mod slide;
mod split;

pub use join::{join, measure};
pub use seek::{Answer, Seeker, Sought};
pub use split::{has_run, split};

const ESCAPE: u8 = 0;
const UUID: u8 = 1;
const HEX: u8 = 2;
const UPPER: u8 = 3;
const BASE64: u8 = 4;
const BASE64_URL: u8 = 5;
/// Bytes above are text.
const MARKER_MAX: u8 = 5;

const UUID_LENGTH: usize = 36;
/// A longer run is cut: a damaged length must not ask for absurd memory.
const RUN_LENGTH_MAX: usize = 1 << 20;

const DIGIT: u8 = 1;
const LOWER_HEX: u8 = 2;
const LOWER_REST: u8 = 4;
const UPPER_CASE: u8 = 8;
const PLUS_SLASH: u8 = 16;
const MINUS_UNDERSCORE: u8 = 32;
const ALNUM: u8 = DIGIT | LOWER_HEX | LOWER_REST | UPPER_CASE;

const CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut byte = 0usize;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => LOWER_HEX,
            b'g'..=b'z' => LOWER_REST,
            b'A'..=b'Z' => UPPER_CASE,
            b'+' | b'/' => PLUS_SLASH,
            b'-' | b'_' => MINUS_UNDERSCORE,
            _ => 0,
        };
        byte += 1;
    }
    table
};

const BASE64_DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL_DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE36_DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bits for the first n base-36 digits taken as one number; 12 fill 63 bits.
const BASE36_BITS: [u32; 13] = [0, 6, 11, 16, 21, 26, 32, 37, 42, 47, 52, 57, 63];

fn run_length(wire: &mut Wire<'_>) -> Result<usize, DecodeError> {
    let length = wire.varint()? as usize;
    if length > RUN_LENGTH_MAX { Err(DecodeError("run of a template is too long")) } else { Ok(length) }
}

fn run_bits(marker: u8, length: usize) -> usize {
    match marker {
        HEX => 4 * length,
        UPPER => 63 * (length / 12) + BASE36_BITS[length % 12] as usize,
        _ => 6 * length,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::{BitReader, BitWriter};
    use super::*;

    fn round_trip(text: &str) -> Vec<u8> {
        let mut template = Vec::new();
        let mut bits = BitWriter::default();
        split(text.as_bytes(), &mut template, &mut bits);
        let packed = bits.finish();
        let (bits, length) = measure(&template).expect("a template");
        assert_eq!(length, text.len());
        assert_eq!(packed.len(), bits.div_ceil(8));
        let mut joined = Vec::new();
        join(&template, &mut BitReader::new(&packed), &mut joined).expect("a text");
        assert_eq!(String::from_utf8_lossy(&joined), text);
        template
    }

    #[test]
    fn random_runs_become_markers() {
        assert_eq!(round_trip("3f2a1b4c-00aa-4bbb-8ccc-0123456789ab"), [UUID]);
        assert_eq!(round_trip("i-0123456789abcdef0"), [b"i-".as_slice(), &[HEX, 17]].concat());
        assert_eq!(round_trip("AKIAQ3EGTLJ4V2EXAMPL"), [UPPER, 20]);
        assert_eq!(round_trip("xK9/aB3+Zq8LmN2pQ7rS/tU5vW1xY4zA=="), [[BASE64, 32].as_slice(), b"=="].concat());
        assert_eq!(round_trip("xK9-aB3_Zq8LmN2pQ7rS_tU5vW1xY4zA"), [BASE64_URL, 32]);
    }

    #[test]
    fn words_stay_words() {
        for text in [
            "",
            "arn:aws:iam::123456789012:role/AmazonEC2ReadOnlyAccess",
            "GetBucketAcl",
            "10.0.0.1",
            "\u{1}\u{0}a\u{5}",
            "20260101",
        ] {
            let template = round_trip(text);
            assert!(!template.contains(&HEX) || text.contains('\u{1}'), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text in "([a-f0-9]{6,20}|[A-Z0-9]{14,30}|[A-Za-z0-9+/]{20,60}|[A-Za-z0-9_-]{20,60}|.|[\u{0}-\u{8}]){0,6}") {
            round_trip(&text);
        }
    }
}

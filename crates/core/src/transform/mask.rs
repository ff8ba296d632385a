//! Keyed hashes in place of values that nobody shall read: equal values stay equal, so they can still be searched and counted.
use super::tree::{Tree, What};
use crate::expression::functions::hex::digits;
use crate::value::regex::compile_regex;
use hmac::{Hmac, KeyInit, Mac};
use regex::bytes::Regex;
use sha2::Sha256;

/// Of the 32 bytes of HMAC-SHA-256: no two values of a lake meet by chance in 128 bits.
const HASH_BYTES: usize = 16;

/// A shorter key can be found by trying all.
const KEY_BYTES_MIN: usize = 16;

pub struct Mask {
    keyed: Hmac<Sha256>,
    /// Only what it finds in a text is masked.
    regex: Option<Regex>,
}

impl Mask {
    /// `key`: hexadecimal digits. The error never repeats it.
    pub fn new(key: &str, regex: Option<&str>) -> Result<Self, String> {
        let key = from_hex(key).ok_or("the key for masks is not of hexadecimal digits")?;
        if key.len() < KEY_BYTES_MIN {
            return Err(format!("the key for masks has {} bytes, the least is {KEY_BYTES_MIN}", key.len()));
        }
        let keyed = Hmac::new_from_slice(&key).map_err(|_| "the key for masks cannot be used")?;
        let regex = regex.map(|regex| compile_regex(regex, false)).transpose()?;
        Ok(Self { keyed, regex })
    }

    /// Masks a leaf: its text form as a whole, or what the regular expression finds in it.
    pub fn apply(&self, tree: &mut Tree, leaf: u32) {
        let Some(masked) = tree.value(leaf).scalar_text().and_then(|text| self.masked(&text)) else { return };
        let span = tree.keep(&masked);
        tree.replace(leaf, What::Text(span));
    }

    /// None: there is nothing in the text to mask.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let Some(regex) = &self.regex else { return Some(self.hash(text)) };
        let mut out = Vec::new();
        let mut done = 0;
        for found in regex.find_iter(text).filter(|found| !found.is_empty()) {
            out.extend_from_slice(&text[done..found.start()]);
            out.extend_from_slice(&self.hash(found.as_bytes()));
            done = found.end();
        }
        (done > 0).then(|| {
            out.extend_from_slice(&text[done..]);
            out
        })
    }

    fn hash(&self, text: &[u8]) -> Vec<u8> {
        let mut keyed = self.keyed.clone();
        keyed.update(text);
        digits(&keyed.finalize().into_bytes()[..HASH_BYTES])
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(2) || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    text.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

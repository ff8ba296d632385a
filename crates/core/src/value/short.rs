//! Work on short texts: most values and tokens have up to 16 bytes, and for these the calls of the usual functions (`memcmp`,
//! `memmove`, a hash of any length) cost more than what they do.
//!
//! Such a text is read as two words that may overlap, without a loop and without a branch for each length.
use std::hash::Hasher;
use xxhash_rust::xxh3::xxh3_64;

/// Whether the texts are equal.
#[inline]
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let eight = |text: &[u8]| Some((*text.first_chunk::<8>()?, *text.last_chunk::<8>()?));
    let four = |text: &[u8]| Some((*text.first_chunk::<4>()?, *text.last_chunk::<4>()?));
    match a.len() {
        0..4 => a.iter().eq(b),
        4..8 => four(a) == four(b),
        8..=16 => eight(a) == eight(b),
        _ => a == b,
    }
}

/// Appends the text.
#[inline]
pub fn append(to: &mut Vec<u8>, text: &[u8]) {
    let length = text.len();
    if let (8..=16, Some((first, last))) = (length, first_and_last_eight(text)) {
        let word = u128::from(first) | u128::from(last) << (8 * (length - 8));
        to.extend_from_slice(&word.to_le_bytes());
        to.truncate(to.len() - (16 - length));
    } else if let (4..8, Some((first, last))) = (length, first_and_last_four(text)) {
        let word = u64::from(first) | u64::from(last) << (8 * (length - 4));
        to.extend_from_slice(&word.to_le_bytes());
        to.truncate(to.len() - (8 - length));
    } else if length < 4 {
        text.iter().for_each(|&byte| to.push(byte));
    } else {
        to.extend_from_slice(text);
    }
}

/// XXH3-64 of the text.
#[inline]
pub fn hash(text: &[u8]) -> u64 {
    match hash_words(text, |word| word) {
        Some(hash) => hash,
        None => xxh3_64(text),
    }
}

/// XXH3-64 of the text in ASCII lower case.
#[inline]
pub fn folded_hash(text: &[u8]) -> u64 {
    match hash_words(text, lower_case) {
        Some(hash) => hash,
        None => long_folded_hash(text),
    }
}

/// Texts up to this length are lower-cased on the stack.
const STACK_BYTES: usize = 64;

fn long_folded_hash(text: &[u8]) -> u64 {
    if text.len() > STACK_BYTES {
        return xxh3_64(&text.to_ascii_lowercase());
    }
    let mut folded = [0u8; STACK_BYTES];
    let folded = &mut folded[..text.len()];
    folded.copy_from_slice(text);
    folded.make_ascii_lowercase();
    xxh3_64(folded)
}

// What XXH3 makes of texts of up to 16 bytes, as its specification has it: words of its secret, joined, and its primes.
const SECRET_OF_3: u64 = 0x0000_0000_8727_5a9b;
const SECRET_OF_8: u64 = 0xc73a_b174_c5ec_d5a2;
const SECRET_OF_16: (u64, u64) = (0x6782_737b_ea42_39b9, 0xaf56_bc3b_0996_523a);
const PRIME64_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME64_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_MX1: u64 = 0x1656_6791_9e37_79f9;
const PRIME_MX2: u64 = 0x9fb2_1c65_1e98_df25;

/// The hash of a text of 1 to 16 bytes, whose words `change` may change.
#[inline]
fn hash_words(text: &[u8], change: impl Fn(u64) -> u64) -> Option<u64> {
    let length = text.len();
    match length {
        9..=16 => {
            let (first, last) = first_and_last_eight(text)?;
            let (low, high) = (change(first) ^ SECRET_OF_16.0, change(last) ^ SECRET_OF_16.1);
            let product = u128::from(low) * u128::from(high);
            let folded = product as u64 ^ (product >> 64) as u64;
            let mut hash = (length as u64).wrapping_add(low.swap_bytes()).wrapping_add(high).wrapping_add(folded);
            hash ^= hash >> 37;
            hash = hash.wrapping_mul(PRIME_MX1);
            Some(hash ^ hash >> 32)
        }
        4..=8 => {
            let (first, last) = first_and_last_four(text)?;
            let mut hash = change(u64::from(last) | u64::from(first) << 32) ^ SECRET_OF_8;
            hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
            hash = hash.wrapping_mul(PRIME_MX2);
            hash ^= (hash >> 35).wrapping_add(length as u64);
            hash = hash.wrapping_mul(PRIME_MX2);
            Some(hash ^ hash >> 28)
        }
        1..=3 => {
            let (first, middle, last) = (text[0], text[length >> 1], text[length - 1]);
            let word = u32::from_le_bytes([last, 0, first, middle]);
            let mut hash = change(u64::from(word)) | (length as u64) << 8;
            hash ^= SECRET_OF_3;
            hash ^= hash >> 33;
            hash = hash.wrapping_mul(PRIME64_2);
            hash ^= hash >> 29;
            hash = hash.wrapping_mul(PRIME64_3);
            Some(hash ^ hash >> 32)
        }
        _ => None,
    }
}

/// The eight bytes of a word with its ASCII letters in lower case.
#[inline]
fn lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let rest = word & (0x7f * EACH);
    let is_from_a = rest + (0x80 - u64::from(b'A')) * EACH;
    let is_beyond_z = rest + (0x7f - u64::from(b'Z')) * EACH;
    let is_upper = (is_from_a ^ is_beyond_z) & !word & (0x80 * EACH);
    word | is_upper >> 2
}

#[inline]
fn first_and_last_eight(text: &[u8]) -> Option<(u64, u64)> {
    Some((u64::from_le_bytes(*text.first_chunk()?), u64::from_le_bytes(*text.last_chunk()?)))
}

#[inline]
fn first_and_last_four(text: &[u8]) -> Option<(u32, u32)> {
    Some((u32::from_le_bytes(*text.first_chunk()?), u32::from_le_bytes(*text.last_chunk()?)))
}

/// Hashes keys of maps that are numbers or hashes already. It withstands accidents, as XXH3 without a seed does, not attacks.
#[derive(Debug, Default, Clone, Copy)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(hash(bytes));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number ^ PRIME64_3) * u128::from(PRIME_MX2);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Of a map whose keys are numbers.
pub type NumberState = std::hash::BuildHasherDefault<NumberHasher>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_the_same_when_every_byte_is() {
        for length in 0..40 {
            let text = vec![b'x'; length];
            assert!(is_same(&text, &text.clone()));
            assert!(!is_same(&text, &vec![b'x'; length + 1]));
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'y';
                assert!(!is_same(&text, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn hashes_of_every_length_are_those_of_xxh3() {
        for length in 0..300usize {
            let text: Vec<u8> = (0..length).map(|at| (at * 151 + length * 7) as u8).collect();
            assert_eq!(hash(&text), xxh3_64(&text), "{length}");
            assert_eq!(folded_hash(&text), xxh3_64(&text.to_ascii_lowercase()), "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn hashes_are_those_of_xxh3(text in proptest::collection::vec(any::<u8>(), 0..24)) {
            prop_assert_eq!(hash(&text), xxh3_64(&text));
            prop_assert_eq!(folded_hash(&text), xxh3_64(&text.to_ascii_lowercase()));
        }

        #[test]
        fn texts_are_appended_whole(before in proptest::collection::vec(any::<u8>(), 0..9), text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut joined = before.clone();
            append(&mut joined, &text);
            prop_assert_eq!(joined, [before, text].concat());
        }
    }
}

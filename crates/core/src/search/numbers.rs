//! A fast hash for small numbers that we gave out ourselves: nobody can choose them to collide.
use std::hash::{BuildHasherDefault, Hasher};

pub type NumberHasher = BuildHasherDefault<Multiply>;

/// Multiplies each word by a large odd number and folds the high half in.
#[derive(Default)]
pub struct Multiply(u64);

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Multiply {
    fn mix(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word).wrapping_mul(u128::from(FACTOR));
        self.0 = (wide as u64) ^ ((wide >> 64) as u64) ^ word.rotate_left(32);
    }
}

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(FACTOR)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number) + 1);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }
}

//! Many numbers at once for a sketch of quantiles: sorted, and every 2^height-th of them kept for all.
//!
//! The sketch itself halves levels of eight numbers as they fill up, with a coin each. Halving a thousand at once errs less for the
//! same height: a rank is off by at most 2^height for a batch, not for every eight numbers. What is given up is memory for a batch.
use super::{K, Sketch};
use datasketches::kll::KllSketch;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Numbers of a batch. Many, so that few ranks are off; few, since each sketch holds as many.
pub const BATCH: usize = 1024;

/// No batch is halved more often: 32 of its numbers stay.
const HEIGHT_MAX: u32 = 5;

/// How often to halve a batch for a sketch that has seen `count` numbers: so seldom that the sketch has higher levels than that, and
/// that the errors of all batches, which add up as those of dice do, come to less than a fifth of the sketch's own.
pub fn height(count: u64) -> u32 {
    (count / (4 * BATCH as u64)).max(1).ilog2().min(HEIGHT_MAX)
}

/// An integer for each number, in the same order; the bits of negative numbers grow the other way.
#[inline]
pub fn ordinal(number: f64) -> i64 {
    turned(number.to_bits() as i64)
}

pub fn number_of(ordinal: i64) -> f64 {
    f64::from_bits(turned(ordinal) as u64)
}

/// Its own inverse.
fn turned(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

/// The sketch of a batch in order, of which every 2^`height`-th number is kept, from `offset` on.
pub fn compacted(sorted: &[i64], height: u32, offset: usize) -> Sketch {
    debug_assert!(sorted.len() == BATCH && (1..=HEIGHT_MAX).contains(&height) && offset < 1 << height);
    let kept = sorted.iter().skip(offset).step_by(1 << height);
    let start = capacity(height + 1) - (BATCH as u32 >> height);
    // The crate lets nobody add numbers of a weight; in its bytes they can be said.
    let mut bytes = Vec::with_capacity(64 + (BATCH >> height) * size_of::<f64>());
    bytes.extend([PREAMBLE_INTS, VERSION, FAMILY, FLAGS]);
    bytes.extend(K.to_le_bytes());
    bytes.extend([LEVEL_MIN, 0]);
    bytes.extend((BATCH as u64).to_le_bytes());
    bytes.extend(K.to_le_bytes());
    bytes.extend([height as u8 + 1, 0]);
    // The lower levels are empty: all begin where the highest does.
    (0..=height).for_each(|_| bytes.extend(start.to_le_bytes()));
    [sorted[0], sorted[BATCH - 1]]
        .iter()
        .chain(kept)
        .for_each(|&ordinal| bytes.extend(number_of(ordinal).to_le_bytes()));
    KllSketch::deserialize(&bytes).expect("these are the bytes of a sketch")
}

/// What the bytes of a sketch of more than one number begin with.
const PREAMBLE_INTS: u8 = 5;
const VERSION: u8 = 1;
const FAMILY: u8 = 15;
const FLAGS: u8 = 0;
/// Numbers that the smallest level has room for.
const LEVEL_MIN: u8 = 8;

/// Numbers that a sketch of so many levels has room for; none of these is a smallest one.
fn capacity(levels: u32) -> u32 {
    (0..levels).map(|depth| ((u32::from(K) << (depth + 1)) / 3u32.pow(depth)).div_ceil(2)).sum()
}

/// Where the next batch begins to be kept. Sketches that begin alike would err alike: each has dice of its own.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        // Never zero, where xorshift would stay.
        Self(RandomState::new().build_hasher().finish() | 1)
    }

    /// A number below 2^`bits`.
    pub fn roll(&mut self, bits: u32) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> (64 - bits)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::Quantiles;
    use super::*;

    #[test]
    fn a_batch_is_a_sketch_of_its_numbers() {
        let sorted: Vec<i64> = (0..BATCH).map(|number| ordinal(number as f64)).collect();
        for height in 1..=HEIGHT_MAX {
            for offset in [0, (1 << height) - 1] {
                let sketch = compacted(&sorted, height, offset);
                assert_eq!((sketch.n(), sketch.num_retained()), (BATCH as u64, BATCH >> height));
                assert_eq!(sketch.min_item().map(|item| **item), Some(0.0));
                assert_eq!(sketch.max_item().map(|item| **item), Some(BATCH as f64 - 1.0));
                let read = KllSketch::deserialize(&sketch.serialize()).expect("its own bytes");
                assert!(read == sketch, "height {height}, offset {offset}");
            }
        }
    }

    #[test]
    fn heights_grow_with_the_numbers() {
        let heights = [0, 8191, 8192, 16_384, 1 << 17, 1 << 40].map(height);
        assert_eq!(heights, [0, 0, 1, 2, 5, 5]);
    }

    #[test]
    fn integers_stand_for_numbers_in_their_order() {
        let numbers = [f64::NEG_INFINITY, -1e300, -1.5, -1.0, -0.0, 0.0, 1e-300, 1.0, 1.5, f64::INFINITY];
        let ordinals = numbers.map(ordinal);
        assert!(ordinals.is_sorted_by(|a, b| a < b), "{ordinals:?}");
        assert_eq!(ordinals.map(number_of).map(f64::to_bits), numbers.map(f64::to_bits));
    }

    #[test]
    fn many_batches_err_as_stated() {
        let mut errors: Vec<f64> = Vec::new();
        for seed in 1..=60u64 {
            let count = 20_011 * seed;
            let mut sketch = Quantiles::new();
            // Multiples of a number that shares no divisor with their count are all numbers below it.
            (0..count).for_each(|n| sketch.update((n * 1_000_003 % count) as f64));
            assert_eq!(sketch.count(), count);
            for rank in [0.01, 0.25, 0.5, 0.75, 0.95] {
                let found = sketch.quantile(rank).expect("a number");
                errors.push(((found + 1.0) / count as f64 - rank).abs());
            }
        }
        let within = errors.iter().filter(|&&error| error <= Quantiles::RANK_ERROR_99).count();
        assert!(within as f64 >= 0.98 * errors.len() as f64, "{errors:?}");
        assert!(errors.iter().all(|&error| error < 2.0 * Quantiles::RANK_ERROR_99), "{errors:?}");
    }
}

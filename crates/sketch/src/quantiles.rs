//! Which number stands at a rank: KLL.
use crate::SketchError;
use batch::{BATCH, Dice, compacted, height, number_of, ordinal};
use datasketches::common::SearchCriteria;
use datasketches::kll::{KllFloat, KllSketch};
use std::borrow::Cow;

mod batch;

/// Decides the error of a rank, and the size: three numbers are kept for each.
const K: u16 = 400;

/// No sketch of this `K` is as large, whatever it has seen: three times as many numbers, and the sizes of 60 levels.
const DUMP_BYTES_MAX: usize = 3 * 8 * K as usize + 60 * (8 * 8 + 4) + 64;

/// Place of `K` in the bytes of a sketch.
const K_BYTES: std::ops::Range<usize> = 4..6;

type Sketch = KllSketch<KllFloat<f64>>;

/// Numbers, of which those at given ranks can be asked.
///
/// Cost: a push; a sort of every thousand numbers. State: 20 kB at most, in bytes half of it.
///
/// ```
/// let mut sizes = lakebed_sketch::Quantiles::new();
/// (1..=100_000).for_each(|size| sizes.update(f64::from(size)));
/// let median = sizes.quantile(0.5).unwrap();
/// assert!((median / 100_000.0 - 0.5).abs() < lakebed_sketch::Quantiles::RANK_ERROR_99);
/// ```
#[derive(Debug, Clone)]
pub struct Quantiles {
    sketch: Sketch,
    /// Numbers that the sketch does not have yet, fewer than `BATCH`, as integers in their order; none is NaN.
    waiting: Vec<i64>,
    dice: Dice,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Quantiles {
    /// Of a hundred answers ninety-nine stand at a rank that is not farther from the one asked for, as a share of all numbers.
    pub const RANK_ERROR_99: f64 = 0.0068;

    pub fn new() -> Self {
        Self::of(KllSketch::new(K).expect("K is within what the sketch can do"))
    }

    fn of(sketch: Sketch) -> Self {
        Self { sketch, waiting: Vec::new(), dice: Dice::new() }
    }

    /// Adds a number; what is none is left out.
    #[inline]
    pub fn update(&mut self, number: f64) {
        if number.is_nan() {
            return;
        }
        self.waiting.push(ordinal(number));
        if self.waiting.len() >= BATCH {
            self.take_in();
        }
    }

    /// Brings a full batch into the sketch: halved as often as the sketch would halve it soon, which costs a sort of the batch
    /// instead of a hundred sorts and merges of a few numbers.
    #[cold]
    fn take_in(&mut self) {
        let height = height(self.sketch.n());
        if height == 0 || self.sketch.n() > u64::MAX - BATCH as u64 {
            add(&mut self.sketch, &self.waiting);
        } else {
            self.waiting.sort_unstable();
            let batch = compacted(&self.waiting, height, self.dice.roll(height));
            self.sketch.merge(&batch).expect("there is room for its numbers");
        }
        self.waiting.clear();
    }

    /// The sketch with all numbers.
    fn whole(&self) -> Cow<'_, Sketch> {
        let mut whole = Cow::Borrowed(&self.sketch);
        if !self.waiting.is_empty() {
            add(whole.to_mut(), &self.waiting);
        }
        whole
    }

    pub fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        let too_many = SketchError("quantiles of more numbers than can be counted");
        self.sketch.merge(&other.sketch).map_err(|_| too_many)?;
        other.waiting.iter().for_each(|&ordinal| self.update(number_of(ordinal)));
        Ok(())
    }

    /// A number that was seen, at about this rank from 0 to 1; None when none was seen.
    pub fn quantile(&self, rank: f64) -> Option<f64> {
        let found = self.whole().quantile(rank.clamp(0.0, 1.0), SearchCriteria::Inclusive);
        found.ok().flatten().map(KllFloat::into_inner)
    }

    pub fn count(&self) -> u64 {
        self.sketch.n().saturating_add(self.waiting.len() as u64)
    }

    pub fn dump(&self) -> Vec<u8> {
        self.whole().serialize()
    }

    pub fn load(bytes: &[u8]) -> Result<Self, SketchError> {
        if bytes.len() > DUMP_BYTES_MAX || bytes.get(K_BYTES) != Some(&K.to_le_bytes()) {
            return Err(SketchError("quantile sketch of another size"));
        }
        let sketch = KllSketch::deserialize(bytes).map_err(|_| SketchError("not a quantile sketch"))?;
        if sketch.min_k() != K {
            return Err(SketchError("quantile sketch of another size"));
        }
        Ok(Self::of(sketch))
    }

    /// Bytes in memory.
    pub fn size_bytes(&self) -> usize {
        (self.sketch.num_retained() + self.waiting.capacity()) * size_of::<f64>() + size_of::<Self>()
    }
}

/// Adds one number after the other; those that cannot be counted are left out.
fn add(sketch: &mut Sketch, ordinals: &[i64]) {
    for number in ordinals.iter().filter_map(|&ordinal| KllFloat::<f64>::new(number_of(ordinal)).ok()) {
        if sketch.n() < u64::MAX {
            sketch.update(number);
        }
    }
}

//! Which number stands at a rank: KLL.
use crate::SketchError;
use datasketches::common::SearchCriteria;
use datasketches::kll::{KllFloat, KllSketch};

/// Decides the error of a rank, and the size: three numbers are kept for each.
const K: u16 = 400;

/// No sketch of this `K` is as large, whatever it has seen: three times as many numbers, and the sizes of 60 levels.
const DUMP_BYTES_MAX: usize = 3 * 8 * K as usize + 60 * (8 * 8 + 4) + 64;

/// Place of `K` in the bytes of a sketch.
const K_BYTES: std::ops::Range<usize> = 4..6;

/// Numbers, of which those at given ranks can be asked.
///
/// Cost: a push, and now and then a sort of what is kept. State: 10 kB at most.
///
/// ```
/// let mut sizes = lakebed_sketch::Quantiles::new();
/// (1..=100_000).for_each(|size| sizes.update(f64::from(size)));
/// let median = sizes.quantile(0.5).unwrap();
/// assert!((median / 100_000.0 - 0.5).abs() < lakebed_sketch::Quantiles::RANK_ERROR_99);
/// ```
#[derive(Debug, Clone)]
pub struct Quantiles(KllSketch<KllFloat<f64>>);

impl Default for Quantiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Quantiles {
    /// Of a hundred answers ninety-nine stand at a rank that is not farther from the one asked for, as a share of all numbers.
    pub const RANK_ERROR_99: f64 = 0.0068;

    pub fn new() -> Self {
        Self(KllSketch::new(K).expect("K is within what the sketch can do"))
    }

    /// Adds a number; what is none is left out.
    pub fn update(&mut self, number: f64) {
        if let (Ok(number), true) = (KllFloat::<f64>::new(number), self.0.n() < u64::MAX) {
            self.0.update(number);
        }
    }

    pub fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        self.0.merge(&other.0).map_err(|_| SketchError("quantiles of more numbers than can be counted"))
    }

    /// A number that was seen, at about this rank from 0 to 1; None when none was seen.
    pub fn quantile(&self, rank: f64) -> Option<f64> {
        let found = self.0.quantile(rank.clamp(0.0, 1.0), SearchCriteria::Inclusive);
        found.ok().flatten().map(KllFloat::into_inner)
    }

    pub fn count(&self) -> u64 {
        self.0.n()
    }

    pub fn dump(&self) -> Vec<u8> {
        self.0.serialize()
    }

    pub fn load(bytes: &[u8]) -> Result<Self, SketchError> {
        if bytes.len() > DUMP_BYTES_MAX || bytes.get(K_BYTES) != Some(&K.to_le_bytes()) {
            return Err(SketchError("quantile sketch of another size"));
        }
        let sketch = KllSketch::deserialize(bytes).map_err(|_| SketchError("not a quantile sketch"))?;
        if sketch.min_k() != K {
            return Err(SketchError("quantile sketch of another size"));
        }
        Ok(Self(sketch))
    }

    /// Bytes in memory.
    pub fn size_bytes(&self) -> usize {
        self.0.num_retained() * size_of::<f64>() + size_of::<Self>()
    }
}

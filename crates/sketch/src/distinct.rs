//! How many different items: HyperLogLog.
use crate::SketchError;
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{Coupon, HllSketch, HllType, HllUnion};

/// 2^14 registers: the precision that people know from other log systems.
const LG_K: u8 = 14;

/// Registers of a byte each, and what stands before them; a set of few items takes less.
const DUMP_BYTES_MAX: usize = (1 << LG_K) + 64;

/// Place of the precision in the bytes of a sketch, and of what its registers look like.
const LG_K_BYTE: usize = 3;
const MODE_BYTE: usize = 7;

/// The two bits of the mode that say: registers of a byte.
const REGISTERS_MASK: u8 = 0b1100;
const REGISTERS_OF_A_BYTE: u8 = 0b1000;

/// The two bits of the mode that say: all registers follow, after so many bytes.
const DENSE_MASK: u8 = 0b11;
const DENSE: u8 = 0b10;
const DENSE_START: usize = 40;

/// A register tells of a run of zeros in a hash of 64 bits. The crate takes more for granted and shifts by it.
const REGISTER_MAX: u8 = 63;

/// Where a dense sketch keeps the sums of 2^-register, of small registers and of others, and the number of zeros.
const SMALL_SUM: std::ops::Range<usize> = 16..24;
const LARGE_SUM: std::ops::Range<usize> = 24..32;
const ZEROS: std::ops::Range<usize> = 32..36;

/// Registers from here on are in the second sum.
const LARGE_REGISTER: u8 = 32;

/// Whether what a dense sketch says of its registers is so. The crate believes it, and would estimate anything.
fn says_what_they_are(bytes: &[u8], registers: &[u8]) -> bool {
    let sum = |is_large: bool| -> f64 {
        let own = registers.iter().filter(|&&register| (register >= LARGE_REGISTER) == is_large);
        // Powers of two that all fit one double: exact in any order. An empty sum of doubles would be -0.
        own.fold(0.0, |sum, &register| sum + f64::from(register).exp2().recip())
    };
    let zeros = registers.iter().filter(|&&register| register == 0).count() as u32;
    registers.len() == 1 << LG_K
        && bytes[SMALL_SUM] == sum(false).to_le_bytes()
        && bytes[LARGE_SUM] == sum(true).to_le_bytes()
        && bytes[ZEROS] == zeros.to_le_bytes()
}

/// A set of items, of which only the number can be asked.
///
/// Cost: one hash and one byte per item. State: 4 bytes per item at first, 16 kB at most.
///
/// ```
/// let mut seen = lakebed_sketch::Distinct::new();
/// (0..100_000u32).for_each(|item| seen.update(&item.to_le_bytes()));
/// assert!((seen.estimate() / 100_000.0 - 1.0).abs() < 3.0 * lakebed_sketch::Distinct::STANDARD_ERROR);
/// ```
#[derive(Debug, Clone)]
pub struct Distinct(HllSketch);

/// The hash of an item, which can be added more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashedItem(Coupon);

impl HashedItem {
    #[inline]
    pub fn of(item: &[u8]) -> Self {
        Self(Coupon::from_value(raw_bytes::from_slice(item)))
    }
}

impl Default for Distinct {
    fn default() -> Self {
        Self::new()
    }
}

impl Distinct {
    /// Standard deviation of the estimate relative to the truth: 1.039 / √2^14. The better estimate that a sketch can give when
    /// it was never merged is not used: an answer must not depend on how its input was cut.
    pub const STANDARD_ERROR: f64 = 0.0082;

    /// Nineteen of twenty estimates are as near as this.
    pub const ERROR_95: f64 = 0.016;

    pub fn new() -> Self {
        Self(HllSketch::new(LG_K, HllType::Hll8).expect("the precision is within what the sketch can do"))
    }

    pub fn update(&mut self, item: &[u8]) {
        self.update_hashed(HashedItem::of(item));
    }

    #[inline]
    pub fn update_hashed(&mut self, item: HashedItem) {
        self.0.update_with_coupon(item.0);
    }

    pub fn merge(&mut self, other: &Self) {
        let mut union = HllUnion::new(LG_K).expect("the precision is within what the sketch can do");
        union.update(&self.0);
        union.update(&other.0);
        self.0 = union.to_sketch(HllType::Hll8);
    }

    pub fn estimate(&self) -> f64 {
        self.0.composite_estimate()
    }

    pub fn dump(&self) -> Vec<u8> {
        self.0.serialize()
    }

    pub fn load(bytes: &[u8]) -> Result<Self, SketchError> {
        if bytes.len() > DUMP_BYTES_MAX || bytes.get(LG_K_BYTE) != Some(&LG_K) {
            return Err(SketchError("distinct sketch of another precision"));
        }
        let mode = bytes.get(MODE_BYTE).copied().unwrap_or(0);
        if mode & REGISTERS_MASK != REGISTERS_OF_A_BYTE {
            return Err(SketchError("distinct sketch with other registers"));
        }
        let registers = bytes.get(DENSE_START..).unwrap_or_default();
        if mode & DENSE_MASK == DENSE && registers.iter().any(|&register| register > REGISTER_MAX) {
            return Err(SketchError("distinct sketch with a register beyond 63"));
        }
        if mode & DENSE_MASK == DENSE && !says_what_they_are(bytes, registers) {
            return Err(SketchError("distinct sketch whose registers are not what it says of them"));
        }
        let refused = SketchError("not a distinct sketch");
        let sketch = HllSketch::deserialize(bytes).map_err(|_| refused)?;
        // The crate takes lists of coupons that no sketch would have written, and cannot read back what it makes of them.
        if mode & DENSE_MASK != DENSE && HllSketch::deserialize(&sketch.serialize()).is_err() {
            return Err(refused);
        }
        Ok(Self(sketch))
    }

    /// Bytes in memory.
    pub fn size_bytes(&self) -> usize {
        self.0.estimated_size()
    }
}

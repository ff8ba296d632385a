//! Which items are frequent: Misra-Gries as Anderson et al. (2017) do it.
use crate::SketchError;
use datasketches::frequencies::{ErrorType, FrequentItemsSketch};

/// Places for items; three of four are used.
const MAP_SIZE: usize = 1 << LG_MAP_SIZE;
const LG_MAP_SIZE: u8 = 12;

/// Place of the map's size, as a power of two, in the bytes of a sketch.
const LG_MAP_SIZE_BYTE: usize = 3;

/// Counts of texts, exact until more than 3,072 different ones are there; then the rare ones are forgotten.
///
/// Cost: one look into a hash table. State: the texts and 17 bytes each, at most 3,072 of them.
///
/// ```
/// let mut words = lakebed_sketch::Frequent::new();
/// ["a", "b", "a"].iter().for_each(|word| words.update(word, 1));
/// assert_eq!(words.items()[0].count_least, 2);
/// assert_eq!(words.error(), 0);
/// ```
#[derive(Debug, Clone)]
pub struct Frequent(FrequentItemsSketch<String>);

/// An item with what is known of its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrequentItem {
    pub item: String,
    pub count_least: u64,
    pub count_most: u64,
}

impl Default for Frequent {
    fn default() -> Self {
        Self::new()
    }
}

/// More than any log has; the crate adds counts without a look at the end of their range.
const WEIGHT_MAX: u64 = 1 << 60;

/// Place of the number of items, and of their counts, in the bytes of a sketch.
const ITEMS_BYTE: usize = 8;
const COUNTS_BYTE: usize = 32;

/// The counts in the bytes of a sketch that the crate has taken.
fn counts_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let items =
        bytes.get(ITEMS_BYTE..ITEMS_BYTE + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes);
    let counts = bytes.get(COUNTS_BYTE..).unwrap_or_default().as_chunks::<8>().0;
    counts.iter().take(items as usize).map(|count| u64::from_le_bytes(*count))
}

impl Frequent {
    pub fn new() -> Self {
        Self(FrequentItemsSketch::new(MAP_SIZE).expect("the size is a power of two"))
    }

    /// Counts `item` so many times; what would overflow the total is left out.
    pub fn update(&mut self, item: &str, count: u64) {
        if self.0.total_weight().checked_add(count).is_some() {
            self.0.update_with_count_ref(item, count);
        }
    }

    pub fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        if self.0.total_weight().checked_add(other.0.total_weight()).is_none() {
            return Err(SketchError("frequent items of more items than can be counted"));
        }
        self.0.merge(&other.0);
        Ok(())
    }

    /// All items that are known, the most frequent first, equal ones by their text.
    pub fn items(&self) -> Vec<FrequentItem> {
        let rows = self.0.frequent_items_with_threshold(ErrorType::NoFalseNegatives, 0);
        let mut items: Vec<FrequentItem> = rows
            .iter()
            .map(|row| FrequentItem {
                item: row.item().clone(),
                count_least: row.lower_bound(),
                count_most: row.upper_bound(),
            })
            .collect();
        items.sort_unstable_by(|a, b| b.count_least.cmp(&a.count_least).then_with(|| a.item.cmp(&b.item)));
        items
    }

    /// No count is farther off than this, known items and forgotten ones alike; 0 while everything is exact.
    pub fn error(&self) -> u64 {
        self.0.maximum_error()
    }

    /// What was counted in all.
    pub fn total(&self) -> u64 {
        self.0.total_weight()
    }

    pub fn dump(&self) -> Vec<u8> {
        self.0.serialize()
    }

    pub fn load(bytes: &[u8]) -> Result<Self, SketchError> {
        if bytes.get(LG_MAP_SIZE_BYTE) != Some(&LG_MAP_SIZE) {
            return Err(SketchError("frequent items of another size"));
        }
        let sketch =
            FrequentItemsSketch::deserialize(bytes).map_err(|_| SketchError("not a sketch of frequent items"))?;
        if sketch.maximum_error() > sketch.total_weight() {
            return Err(SketchError("frequent items with an impossible error"));
        }
        if sketch.total_weight() > WEIGHT_MAX || counts_of(bytes).any(|count| count > sketch.total_weight()) {
            return Err(SketchError("frequent items with an impossible count"));
        }
        Ok(Self(sketch))
    }

    /// Bytes in memory, without the texts.
    pub fn size_bytes(&self) -> usize {
        self.0.estimated_size()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

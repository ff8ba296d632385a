//! The distinct texts of one column of the group being built.
use xxhash_rust::xxh3::xxh3_64;

const EMPTY: u64 = u64::MAX;
const SLOTS_MIN: usize = 16;

/// Texts numbered in order of first appearance.
#[derive(Default)]
pub struct Dictionary {
    /// Open addressing; a slot holds the high half of a text's hash, then the text's number: one look into memory tells both.
    slots: Vec<u64>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
    last: u32,
}

impl Dictionary {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    #[inline]
    pub fn get(&self, number: u32) -> &[u8] {
        let index = number as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// The number of `text`, given to it now if it is new.
    pub fn intern(&mut self, text: &[u8]) -> u32 {
        // Values come in runs: the same user, the same service, again and again.
        if !self.ends.is_empty() && is_same(self.get(self.last), text) {
            return self.last;
        }
        let tag = xxh3_64(text) >> 32;
        if (self.ends.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                break;
            }
            if slot >> 32 == tag && is_same(self.get(slot as u32), text) {
                self.last = slot as u32;
                return self.last;
            }
            at = (at + 1) & mask;
        }
        let number = self.ends.len() as u32;
        self.slots[at] = tag << 32 | u64::from(number);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.last = number;
        number
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
        for slot in old.into_iter().filter(|&slot| slot != EMPTY) {
            let mut at = (slot >> 32) as usize & (size - 1);
            while self.slots[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }

    /// Memory held, in use or not.
    pub fn memory_bytes(&self) -> usize {
        8 * self.slots.capacity() + 4 * self.ends.capacity() + self.bytes.capacity()
    }

    /// Forgets all texts and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.ends.clear();
        self.bytes.clear();
        self.last = 0;
    }
}

/// Whether the texts are equal. Most are short, and for these a call of `memcmp` costs more than the comparison.
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn equal_texts_share_a_number() {
        let mut dictionary = Dictionary::default();
        let numbers: Vec<u32> = (0..1000u32).map(|n| dictionary.intern(format!("v{}", n % 300).as_bytes())).collect();
        assert_eq!(dictionary.len(), 300);
        assert!(numbers.iter().enumerate().all(|(n, &number)| number as usize == n % 300));
        assert_eq!(dictionary.get(299), b"v299");
        dictionary.clear();
        assert_eq!(dictionary.intern(b""), 0);
        assert_eq!(dictionary.get(0), b"");
    }
}

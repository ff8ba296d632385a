//! The distinct texts of one column of the group being built.
use xxhash_rust::xxh3::xxh3_64;

const EMPTY: u32 = u32::MAX;
const SLOTS_MIN: usize = 16;

/// Texts numbered in order of first appearance.
#[derive(Default)]
pub struct Dictionary {
    /// Open addressing; a slot holds a text's number.
    slots: Vec<u32>,
    /// High halves of the hashes, by number.
    hashes: Vec<u32>,
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

    pub fn get(&self, number: u32) -> &[u8] {
        let index = number as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// The number of `text`, given to it now if it is new.
    pub fn intern(&mut self, text: &[u8]) -> u32 {
        // Values come in runs: the same user, the same service, again and again.
        if !self.ends.is_empty() && self.get(self.last) == text {
            return self.last;
        }
        let hash = xxh3_64(text);
        let tag = (hash >> 32) as u32;
        if (self.ends.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let number = self.slots[at];
            if number == EMPTY {
                break;
            }
            if self.hashes[number as usize] == tag && self.get(number) == text {
                self.last = number;
                return number;
            }
            at = (at + 1) & mask;
        }
        let number = self.ends.len() as u32;
        self.slots[at] = number;
        self.hashes.push(tag);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.last = number;
        number
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for (number, &tag) in self.hashes.iter().enumerate() {
            let mut at = tag as usize & (size - 1);
            while self.slots[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = number as u32;
        }
    }

    /// Memory held, in use or not.
    pub fn memory_bytes(&self) -> usize {
        4 * (self.slots.capacity() + self.hashes.capacity() + self.ends.capacity()) + self.bytes.capacity()
    }

    /// Forgets all texts and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.hashes.clear();
        self.ends.clear();
        self.bytes.clear();
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

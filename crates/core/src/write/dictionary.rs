//! The distinct texts of one column of the group being built.
//!
//! Columns of many different texts have tables that no cache holds, and a group has dozens of them: looked at text by text, each
//! look waits for memory. So texts wait until there are some hundred, and are then looked up together: what they will need is
//! read first, in loops whose reads do not depend on one another, so that the processor waits for many at once.
use std::hint::black_box;
use xxhash_rust::xxh3::xxh3_64;

const EMPTY: u64 = u64::MAX;
const SLOTS_MIN: usize = 16;

/// So many texts wait at most, and so many bytes: the lines of memory that they need fit into the first cache.
const WAITING_MAX: usize = 256;
const WAITING_BYTES_MAX: usize = 16 << 10;

/// Smaller tables are in a cache anyway.
const LARGE_SLOTS: usize = 4096;

/// Texts numbered in order of first appearance.
#[derive(Default)]
pub struct Dictionary {
    /// Open addressing; a slot holds the high half of a text's hash, then the text's number: one look into memory tells both.
    slots: Vec<u64>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
    last: u32,
    waiting: Waiting,
}

/// Texts that have no number yet.
#[derive(Default)]
struct Waiting {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Waiting {
    fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }
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

    /// Takes the next text of the column; its number is appended to `numbers`, now or when others are.
    #[inline]
    pub fn push(&mut self, text: &[u8], numbers: &mut Vec<u32>) {
        self.waiting.bytes.extend_from_slice(text);
        self.waiting.ends.push(self.waiting.bytes.len() as u32);
        if self.waiting.ends.len() >= WAITING_MAX || self.waiting.bytes.len() >= WAITING_BYTES_MAX {
            self.settle(numbers);
        }
    }

    /// Takes the last text back. The dictionary may keep it, without a value that has its number.
    pub fn pop(&mut self, numbers: &mut Vec<u32>) {
        if self.waiting.ends.pop().is_some() {
            self.waiting.bytes.truncate(self.waiting.ends.last().map_or(0, |&end| end as usize));
        } else {
            numbers.pop();
        }
    }

    /// Numbers the texts that wait.
    pub fn settle(&mut self, numbers: &mut Vec<u32>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let count = waiting.ends.len();
        let mut tags = [0; WAITING_MAX];
        let tags = &mut tags[..count];
        tags.iter_mut().enumerate().for_each(|(at, tag)| *tag = xxh3_64(waiting.get(at)) >> 32);
        if self.slots.len() >= LARGE_SLOTS {
            self.touch(tags);
        }
        numbers.reserve(count);
        for (at, &tag) in tags.iter().enumerate() {
            numbers.push(self.intern(waiting.get(at), tag));
        }
        waiting.ends.clear();
        waiting.bytes.clear();
        if waiting.bytes.capacity() > 2 * WAITING_BYTES_MAX {
            waiting.bytes = Vec::new(); // one long text must not hold its memory
        }
        self.waiting = waiting;
    }

    /// Reads what looking up the tags will read, so that it is near.
    fn touch(&self, tags: &[u64]) {
        let mask = self.slots.len() - 1;
        let mut numbers = [0u32; WAITING_MAX];
        let mut found = 0;
        for &tag in tags {
            let slot = self.slots[tag as usize & mask];
            numbers[found] = slot as u32;
            found += usize::from(slot >> 32 == tag && slot != EMPTY);
        }
        let mut ends = [0u32; WAITING_MAX];
        for (end, &number) in ends.iter_mut().zip(&numbers[..found]) {
            *end = self.ends[number as usize];
        }
        let touched = ends[..found].iter().fold(0, |sum: u8, &end| {
            sum.wrapping_add(self.bytes.get((end as usize).wrapping_sub(1)).copied().unwrap_or_default())
        });
        black_box(touched);
    }

    /// The number of `text`, whose hash begins with `tag`, given to it now if it is new.
    fn intern(&mut self, text: &[u8], tag: u64) -> u32 {
        // Values come in runs: the same user, the same service, again and again.
        if !self.ends.is_empty() && is_same(self.get(self.last), text) {
            return self.last;
        }
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
        let waiting = 4 * self.waiting.ends.capacity() + self.waiting.bytes.capacity();
        8 * self.slots.capacity() + 4 * self.ends.capacity() + self.bytes.capacity() + waiting
    }

    /// Forgets all texts and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.ends.clear();
        self.bytes.clear();
        self.waiting.ends.clear();
        self.waiting.bytes.clear();
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
        for (values, distinct) in [(1000, 300), (100_000, 30_000), (5, 1)] {
            let mut dictionary = Dictionary::default();
            let mut numbers = Vec::new();
            (0..values).for_each(|n| dictionary.push(format!("v{}", n % distinct).as_bytes(), &mut numbers));
            dictionary.settle(&mut numbers);
            assert_eq!((numbers.len(), dictionary.len()), (values, distinct));
            assert!(numbers.iter().enumerate().all(|(n, &number)| number as usize == n % distinct));
            assert_eq!(dictionary.get(distinct as u32 - 1), format!("v{}", distinct - 1).as_bytes());
            dictionary.clear();
            numbers.clear();
            dictionary.push(b"", &mut numbers);
            dictionary.settle(&mut numbers);
            assert_eq!((dictionary.get(0), &numbers[..]), (&b""[..], &[0][..]));
        }
    }

    #[test]
    fn texts_are_taken_back_whether_they_wait_or_not() {
        let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
        for n in 0..WAITING_MAX + 2 {
            dictionary.push(n.to_string().as_bytes(), &mut numbers);
        }
        assert_eq!(numbers.len(), WAITING_MAX);
        (0..3).for_each(|_| dictionary.pop(&mut numbers));
        dictionary.push(b"x", &mut numbers);
        dictionary.settle(&mut numbers);
        let texts: Vec<&[u8]> = numbers.iter().map(|&number| dictionary.get(number)).collect();
        assert_eq!(
            (texts.len(), texts[WAITING_MAX - 2], texts[WAITING_MAX - 1]),
            (WAITING_MAX, &b"254"[..], &b"x"[..])
        );
    }

    #[test]
    fn a_long_text_does_not_wait() {
        let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
        dictionary.push(&vec![b'x'; WAITING_BYTES_MAX * 4], &mut numbers);
        assert_eq!((&numbers[..], dictionary.waiting.bytes.capacity()), (&[0][..], 0));
    }
}

//! The distinct texts of one column of the group being built.
//!
//! Columns of many different texts have tables that no cache holds, and a group has dozens of them: looked at text by text, each
//! look waits for memory. So texts of large tables wait until there are some hundred, and are then looked up together: what they will need is
//! read first, in loops whose reads do not depend on one another, so that the processor waits for many at once.
//!
//! Columns whose texts hardly ever come again (ids, times with fractions, messages) are not looked up at all: such a column is stored
//! text by text, so nothing is gained from knowing that one came before. The first texts of a group tell, and a sample of
//! those that follow whether it stays so; where it does not, all are looked up after all.
use crate::value::short::{append, hash, is_same};
use sample::Sample;
use std::hint::black_box;

mod sample;

const EMPTY: u64 = u64::MAX;
const SLOTS_MIN: usize = 16;

/// So many texts wait at most, and so many bytes: the lines of memory that they need fit into the first cache.
const WAITING_MAX: usize = 256;
const WAITING_BYTES_MAX: usize = 16 << 10;

/// Smaller tables are in a cache anyway.
const LARGE_SLOTS: usize = 4096;

/// A column of so many texts that were nearly all distinct is taken for one whose texts are.
const LEARNING_VALUES: usize = 4096;

/// Distinct texts among the first, in sixteenths: so many in as few values that a page of them is stored without a dictionary.
const MOSTLY_SIXTEENTHS: usize = 15;

/// Texts numbered in order of first appearance.
#[derive(Default)]
pub struct Dictionary {
    /// Open addressing; a slot holds the high half of a text's hash, then the text's number: one look into memory tells both.
    slots: Vec<u64>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
    last: u32,
    waiting: Waiting,
    course: Course,
    sample: Sample,
}

/// What becomes of texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Course {
    /// They are looked up, and how many are distinct is looked at when there are enough.
    #[default]
    Learning,
    LookedUp,
    /// Each has a number of its own, also when it was there before.
    Counted,
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

    #[inline]
    fn is_last(&self, text: &[u8]) -> bool {
        !self.ends.is_empty() && is_same(self.get(self.last), text)
    }

    /// Takes the next text of the column; its number is appended to `numbers`, now or when others are.
    #[inline]
    pub fn push(&mut self, text: &[u8], numbers: &mut Vec<u32>) {
        if self.course == Course::Counted {
            return self.count(text, numbers);
        }
        if self.waiting.ends.is_empty() {
            // Values come in runs: the same user, the same service, again and again.
            if self.is_last(text) {
                return numbers.push(self.last);
            }
            if self.slots.len() < LARGE_SLOTS {
                return numbers.push(self.intern(text, hash(text) >> 32));
            }
        }
        append(&mut self.waiting.bytes, text);
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

    /// Every text of this group is looked up: `numbers` will not hold those of all values, or a text comes once anyway.
    pub fn look_up_all(&mut self) {
        debug_assert!(self.course != Course::Counted);
        self.course = Course::LookedUp;
    }

    /// Gives the text the next number, and sees whether such texts have begun to come again.
    fn count(&mut self, text: &[u8], numbers: &mut Vec<u32>) {
        if self.is_last(text) {
            return numbers.push(self.last);
        }
        self.last = self.ends.len() as u32;
        numbers.push(self.last);
        append(&mut self.bytes, text);
        self.ends.push(self.bytes.len() as u32);
        if self.sample.come_again(hash(text)) {
            self.look_up_again(numbers);
        }
    }

    /// Looks up all texts that were only counted.
    fn look_up_again(&mut self, numbers: &mut [u32]) {
        let (ends, bytes) = (std::mem::take(&mut self.ends), std::mem::take(&mut self.bytes));
        self.slots.fill(EMPTY);
        self.last = 0;
        self.course = Course::LookedUp;
        let mut start = 0;
        let mut number_of = Vec::with_capacity(ends.len());
        for &end in &ends {
            let text = &bytes[std::mem::replace(&mut start, end as usize)..end as usize];
            number_of.push(self.intern(text, hash(text) >> 32));
        }
        numbers.iter_mut().for_each(|number| *number = number_of[*number as usize]);
    }

    /// Numbers the texts that wait.
    pub fn settle(&mut self, numbers: &mut Vec<u32>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let count = waiting.ends.len();
        let mut tags = [0; WAITING_MAX];
        let tags = &mut tags[..count];
        tags.iter_mut().enumerate().for_each(|(at, tag)| *tag = hash(waiting.get(at)) >> 32);
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
        if self.course == Course::Learning && numbers.len() >= LEARNING_VALUES {
            let is_mostly_distinct = self.len() * 16 >= numbers.len() * MOSTLY_SIXTEENTHS;
            self.course = if is_mostly_distinct { Course::Counted } else { Course::LookedUp };
        }
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
        if self.is_last(text) {
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
        append(&mut self.bytes, text);
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
        let sample = self.sample.memory_bytes();
        8 * self.slots.capacity() + 4 * self.ends.capacity() + self.bytes.capacity() + waiting + sample
    }

    /// Forgets all texts and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.ends.clear();
        self.bytes.clear();
        self.waiting.ends.clear();
        self.waiting.bytes.clear();
        self.last = 0;
        self.course = Course::Learning;
        self.sample.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_number() {
        for (values, distinct) in [(1000, 300), (100_000, 30_000), (5, 1)] {
            let mut dictionary = Dictionary::default();
            let mut numbers = Vec::new();
            dictionary.look_up_all();
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
        let mut expected: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
        expected.iter().for_each(|text| dictionary.push(text.as_bytes(), &mut numbers));
        let waiting = expected.len() - numbers.len();
        assert!((1..WAITING_MAX).contains(&waiting), "{waiting}");
        (0..waiting + 1).for_each(|_| dictionary.pop(&mut numbers));
        expected.truncate(expected.len() - waiting - 1);
        dictionary.push(b"x", &mut numbers);
        expected.push("x".to_string());
        dictionary.settle(&mut numbers);
        let texts: Vec<&[u8]> = numbers.iter().map(|&number| dictionary.get(number)).collect();
        assert_eq!(texts, expected.iter().map(String::as_bytes).collect::<Vec<_>>());
    }

    /// What the numbers mean, and how many texts are kept for them.
    fn told(values: impl Iterator<Item = String>) -> (Vec<String>, usize, Course) {
        let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
        values.for_each(|value| dictionary.push(value.as_bytes(), &mut numbers));
        dictionary.settle(&mut numbers);
        let texts = numbers.iter().map(|&number| String::from_utf8_lossy(dictionary.get(number)).into_owned());
        (texts.collect(), dictionary.len(), dictionary.course)
    }

    #[test]
    fn distinct_texts_are_counted_until_they_come_again() {
        let distinct = |n: usize| format!("value {n}");
        let ends = |n: usize| format!("value {}", if n < 20_000 { n } else { n % 100 });
        let runs = |n: usize| format!("value {}", if n < 20_000 { n } else { n / 9000 });
        let wraps = |n: usize| format!("value {}", n % 25_000);
        let few = |n: usize| format!("value {}", n % 3000);
        type Case<'a> = (&'a dyn Fn(usize) -> String, usize, Course);
        let cases: [Case; 5] = [
            (&distinct, 60_000, Course::Counted),
            (&ends, 20_000, Course::LookedUp),
            (&runs, 20_005, Course::Counted),
            (&wraps, 60_000, Course::Counted),
            (&few, 3000, Course::LookedUp),
        ];
        for (value, kept, course) in cases {
            let expected: Vec<String> = (0..60_000).map(value).collect();
            assert_eq!(told((0..60_000).map(value)), (expected, kept, course));
        }
    }

    #[test]
    fn a_cleared_dictionary_learns_anew() {
        let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
        (0..20_000).for_each(|n| dictionary.push(n.to_string().as_bytes(), &mut numbers));
        dictionary.clear();
        numbers.clear();
        (0..20_000).for_each(|n| dictionary.push((n % 7).to_string().as_bytes(), &mut numbers));
        dictionary.settle(&mut numbers);
        assert_eq!((numbers.len(), dictionary.len()), (20_000, 7));
    }

    #[test]
    fn a_long_text_does_not_wait() {
        let (mut dictionary, mut numbers) = (Dictionary::default(), Vec::new());
        dictionary.push(&vec![b'x'; WAITING_BYTES_MAX * 4], &mut numbers);
        assert_eq!((&numbers[..], dictionary.waiting.bytes.capacity()), (&[0][..], 0));
    }
}

//! The tokens of the group and of the segment being built.
use crate::format::limits::BUCKETS_MAX;
use crate::format::terms::{BUCKET_BYTES, BucketWriter, bucket_of};
use std::hint::black_box;

/// Average stored size of a token and its page, in bytes; sizes the buckets.
const TOKEN_BYTES_ESTIMATE: f64 = 2.2;

/// Tokens wait until there are so many; their slots are then read in one loop, so that the processor waits for many at once.
const WAITING_MAX: usize = 256;

/// Most tokens of messages are the same few words: those that were added just before are not looked up again. The first cache holds
/// so many.
const RECENT: usize = 256;

/// Slots that are kept from one group to the next.
const SPARE_SLOTS_MAX: usize = 1 << 21;

/// Tokens of one group: hash to the pages that hold it. Open addressing; hash 0 stands for an empty slot.
pub struct TokenSet {
    slots: Vec<(u64, u64)>,
    used: usize,
    waiting: Vec<(u64, u64)>,
    /// Tokens that were added, and pages of them, by low bits of the hash.
    recent: Box<[(u64, u64); RECENT]>,
}

impl Default for TokenSet {
    fn default() -> Self {
        Self {
            slots: vec![(0, 0); 1 << 12],
            used: 0,
            waiting: Vec::with_capacity(WAITING_MAX),
            recent: Box::new([(0, 0); RECENT]),
        }
    }
}

impl TokenSet {
    #[inline]
    pub fn add(&mut self, hash: u64, pages: u64) {
        let hash = hash.max(1);
        let recent = &mut self.recent[hash as usize % RECENT];
        if *recent == (hash, pages) {
            return;
        }
        *recent = (hash, pages);
        self.waiting.push((hash, pages));
        if self.waiting.len() == WAITING_MAX {
            self.settle();
        }
    }

    /// Puts the tokens that wait into the table.
    fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let mask = self.slots.len() - 1;
        black_box(waiting.iter().fold(0, |sum, (hash, _)| sum ^ self.slots[*hash as usize & mask].0));
        for (hash, pages) in waiting.drain(..) {
            self.put(hash, pages);
        }
        self.waiting = waiting;
    }

    #[inline]
    fn put(&mut self, hash: u64, pages: u64) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.0 == hash {
                slot.1 |= pages;
                return;
            }
            if slot.0 == 0 {
                *slot = (hash, pages);
                self.used += 1;
                if self.used * 2 > self.slots.len() {
                    self.grow();
                }
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        for (hash, pages) in old.into_iter().filter(|slot| slot.0 != 0) {
            let mut at = hash as usize & (size - 1);
            while self.slots[at].0 != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = (hash, pages);
        }
    }

    pub fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<(u64, u64)>()
    }

    /// Moves all tokens to `entries` and keeps the memory, unless it is more than groups need as a rule.
    pub fn drain_into(&mut self, entries: &mut TokenEntries, first_page: u32) {
        self.settle();
        self.recent.fill((0, 0));
        entries.entries.reserve(self.used);
        for slot in &mut self.slots {
            if slot.0 != 0 {
                entries.push(slot.0, first_page, slot.1);
                *slot = (0, 0);
            }
        }
        self.used = 0;
        if self.slots.len() > SPARE_SLOTS_MAX {
            *self = Self::default();
        }
    }
}

/// High bit: the rest is the position of a page set, else it is a page.
const SET: u32 = 1 << 31;

/// Tokens of the finished groups of the segment.
#[derive(Default)]
pub struct TokenEntries {
    entries: Vec<(u64, u32)>,
    sets: Vec<(u32, u64)>,
}

impl TokenEntries {
    fn push(&mut self, hash: u64, first_page: u32, pages: u64) {
        let reference = if pages.is_power_of_two() {
            first_page + pages.trailing_zeros()
        } else {
            self.sets.push((first_page, pages));
            (self.sets.len() - 1) as u32 | SET
        };
        self.entries.push((hash, reference));
    }

    pub fn memory_bytes(&self) -> usize {
        self.entries.capacity() * 16 + self.sets.capacity() * 16
    }

    /// Appends the buckets to `out`, gives their lengths, and forgets the tokens.
    pub fn finish(&mut self, out: &mut Vec<u8>, pages: usize) -> Vec<u32> {
        let entries = std::mem::take(&mut self.entries);
        let sets = std::mem::take(&mut self.sets);
        let estimate = entries.len() as f64 * TOKEN_BYTES_ESTIMATE / BUCKET_BYTES as f64;
        let buckets = (estimate.ceil() as usize).clamp(1, BUCKETS_MAX);
        let (scattered, ends) = scatter(&entries, buckets);
        drop(entries);
        let mut scattered = scattered;
        let mut writer = BucketWriter::default();
        let mut lengths = Vec::with_capacity(buckets);
        let mut posting = Vec::new();
        let mut start = 0;
        for end in ends {
            let bucket = &mut scattered[start..end];
            bucket.sort_unstable();
            for same in bucket.chunk_by(|a, b| a.0 == b.0) {
                posting.clear();
                for &(_, reference) in same {
                    expand(reference, &sets, &mut posting);
                }
                posting.sort_unstable();
                writer.add(bucket_of(same[0].0, buckets).1, &posting);
            }
            let before = out.len();
            writer.finish(out, pages);
            lengths.push((out.len() - before) as u32);
            start = end;
        }
        lengths
    }
}

fn expand(reference: u32, sets: &[(u32, u64)], posting: &mut Vec<u32>) {
    if reference & SET == 0 {
        return posting.push(reference);
    }
    let (first_page, mut pages) = sets[(reference & !SET) as usize];
    while pages != 0 {
        posting.push(first_page + pages.trailing_zeros());
        pages &= pages - 1;
    }
}

/// Entries in order of bucket, and where each bucket ends.
fn scatter(entries: &[(u64, u32)], buckets: usize) -> (Vec<(u64, u32)>, Vec<usize>) {
    let mut ends = vec![0usize; buckets];
    for &(hash, _) in entries {
        ends[bucket_of(hash, buckets).0] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    let mut scattered = vec![(0, 0); entries.len()];
    for &entry in entries {
        let next = &mut ends[bucket_of(entry.0, buckets).0];
        scattered[*next] = entry;
        *next += 1;
    }
    (scattered, ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::terms::look_up;

    #[test]
    fn a_token_that_was_just_added_counts_in_every_page_and_group() {
        let (mut entries, mut set) = (TokenEntries::default(), TokenSet::default());
        let (one, other) = (7, 7 + RECENT as u64); // they share a place among the recent
        for hash in [one, one, other, one] {
            set.add(hash, 1);
        }
        set.add(one, 2);
        set.add(one, 1);
        set.drain_into(&mut entries, 0);
        set.add(one, 1);
        set.drain_into(&mut entries, 2);
        entries.entries.sort_unstable();
        assert_eq!((&entries.entries[..], &entries.sets[..]), (&[(one, 2), (one, SET), (other, 0)][..], &[(0, 3)][..]));
    }

    #[test]
    fn tokens_of_many_groups_are_found() {
        let hash = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut entries = TokenEntries::default();
        let mut set = TokenSet::default();
        for group in 0..3u32 {
            for n in 0..9000u64 {
                if n % 3 >= u64::from(group) {
                    set.add(hash(n), 1 << (n % 4));
                    set.add(hash(n), 1 << (n % 2));
                }
            }
            set.drain_into(&mut entries, group * 4);
        }
        let mut out = Vec::new();
        let lengths = entries.finish(&mut out, 12);
        for n in 0..9000u64 {
            let (bucket, rest) = bucket_of(hash(n), lengths.len());
            let start: usize = lengths[..bucket].iter().map(|&length| length as usize).sum();
            let found = look_up(&out[start..start + lengths[bucket] as usize], rest, 12).expect("pages");
            for group in (0..3u32).filter(|&group| n % 3 >= u64::from(group)) {
                assert!(found.contains(&(group * 4 + (n % 4) as u32)) && found.contains(&(group * 4 + (n % 2) as u32)));
            }
        }
    }
}

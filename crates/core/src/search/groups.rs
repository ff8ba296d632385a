//! The groups of an aggregate: their values, in one piece of memory, and their rows.
//!
//! Cost: a hash of the values and one look into a table. State: the values' bytes and 20 bytes a group. When there are more groups
//! than a worker can hold, the rare ones are dropped as in lossy counting (Manku and Motwani 2002): each group knows how many rows
//! it may have missed before it was (again) there, and no group that is not there has more than `error`.
use crate::error::{CoreError, Result};
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Debug, Default)]
pub struct Groups {
    bytes: Vec<u8>,
    /// Ends of the keys.
    ends: Vec<u32>,
    table: HashTable<u32>,
    rows: Vec<u64>,
    /// Rows that a group may have missed; empty as long as nothing was dropped.
    missed: Vec<u64>,
    losses: Losses,
}

/// What is no longer known because groups were dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// No group that is not there has more rows than this.
    pub error: u64,
    /// Rows of dropped groups.
    pub rows: u64,
    /// How often a group was dropped; one that came again and again counts as often.
    pub groups: u64,
}

fn key_at<'a>(bytes: &'a [u8], ends: &[u32], group: u32) -> &'a [u8] {
    let group = group as usize;
    let start = if group == 0 { 0 } else { ends[group - 1] as usize };
    &bytes[start..ends[group] as usize]
}

impl Groups {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn key(&self, group: u32) -> &[u8] {
        key_at(&self.bytes, &self.ends, group)
    }

    pub fn rows(&self, group: u32) -> u64 {
        self.rows[group as usize]
    }

    pub fn missed(&self, group: u32) -> u64 {
        self.missed.get(group as usize).copied().unwrap_or(0)
    }

    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// The group with this key, which is made when it is not there.
    pub fn find_or_add(&mut self, key: &[u8]) -> Result<u32> {
        self.find_or_add_late(key, self.losses.error)
    }

    /// As `find_or_add`; a new group may have missed so many rows.
    pub fn find_or_add_late(&mut self, key: &[u8], missed: u64) -> Result<u32> {
        let Self { bytes, ends, table, .. } = self;
        let hash = xxh3_64(key);
        if let Some(&group) = table.find(hash, |&group| key_at(bytes, ends, group) == key) {
            return Ok(group);
        }
        let group = ends.len() as u32;
        let end = u32::try_from(bytes.len() + key.len());
        let end = end.map_err(|_| CoreError::Limit("groups of an aggregate take more than 4 GB".to_string()))?;
        bytes.extend_from_slice(key);
        ends.push(end);
        table.insert_unique(hash, group, |&group| xxh3_64(key_at(bytes, ends, group)));
        self.rows.push(0);
        if missed > 0 || !self.missed.is_empty() {
            self.missed.resize(group as usize, 0);
            self.missed.push(missed);
        }
        Ok(group)
    }

    #[inline]
    pub fn add_rows(&mut self, group: u32, rows: u64) {
        let own = &mut self.rows[group as usize];
        *own = own.saturating_add(rows);
    }

    /// Says that what was merged last may have missed `other` rows less than `add_losses` said.
    pub fn set_missed(&mut self, group: u32, missed: u64) {
        if missed > 0 || !self.missed.is_empty() {
            self.missed.resize(self.rows.len(), 0);
            self.missed[group as usize] = missed;
        }
    }

    /// Takes over the losses of another part: each group here may have lost as many rows there.
    pub fn add_losses(&mut self, other: Losses) {
        if other.error > 0 {
            self.missed.resize(self.rows.len(), 0);
            self.missed.iter_mut().for_each(|missed| *missed = missed.saturating_add(other.error));
        }
        self.losses.error = self.losses.error.saturating_add(other.error);
        self.losses.rows = self.losses.rows.saturating_add(other.rows);
        self.losses.groups = self.losses.groups.saturating_add(other.groups);
    }

    /// The groups to keep, in order, when the rarest quarter goes. Those with as few rows as the last of them go too.
    pub fn frequent(&self) -> Vec<u32> {
        let most = |group: u32| self.rows(group).saturating_add(self.missed(group));
        let mut counts: Vec<u64> = (0..self.len() as u32).map(most).collect();
        if counts.is_empty() {
            return Vec::new();
        }
        let quarter = counts.len() / 4;
        let bound = *counts.select_nth_unstable(quarter).1;
        (0..self.len() as u32).filter(|&group| most(group) > bound).collect()
    }

    /// Drops all groups but these, which are in order and get the numbers 0, 1, ….
    pub fn keep(&mut self, kept: &[u32]) {
        let mut next = kept.iter().copied().peekable();
        let mut smaller = Self { losses: self.losses, ..Self::default() };
        smaller.table.reserve(kept.len(), |_| 0);
        for group in 0..self.len() as u32 {
            if next.next_if_eq(&group).is_none() {
                let most = self.rows(group).saturating_add(self.missed(group));
                smaller.losses.error = smaller.losses.error.max(most);
                smaller.losses.rows = smaller.losses.rows.saturating_add(self.rows(group));
                smaller.losses.groups += 1;
                continue;
            }
            // The keys fitted before; the table is large enough.
            let key = self.key(group);
            smaller.bytes.extend_from_slice(key);
            smaller.ends.push(smaller.bytes.len() as u32);
            let number = smaller.rows.len() as u32;
            smaller.table.insert_unique(xxh3_64(key), number, |_| 0);
            smaller.rows.push(self.rows(group));
            smaller.missed.push(self.missed(group));
        }
        *self = smaller;
    }

    /// About what they take in memory.
    pub fn size_bytes(&self) -> usize {
        let fixed = size_of::<u32>() + size_of::<u64>();
        self.bytes.capacity()
            + self.ends.capacity() * fixed
            + self.missed.capacity() * size_of::<u64>()
            + self.table.capacity() * (size_of::<u32>() + 1)
    }
}

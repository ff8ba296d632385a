//! The most or the least frequent groups of every part, each with the rows of its part, for shares.
//!
//! Cost: a look at each group, and a sort of all by their parts where there are several. Memory: 8 bytes per group. Only what is
//! wanted becomes an answer: of a million groups ten rows.
use super::Partial;
use crate::error::{CoreError, Result};
use crate::format::wire::Wire;
use crate::search::value::ValueRef;
use std::cmp::Ordering;

/// Groups with equal first by-values are a part.
#[derive(Debug, Clone, Copy)]
pub struct Ranking {
    /// How many of the by-values.
    pub part: usize,
    /// Groups of each part that are wanted.
    pub limit: usize,
    pub least_first: bool,
}

impl Partial {
    /// As `finish`, but part by part in the order of their values, in each the most (or the least) frequent groups first, equal ones
    /// by value; before each row's count stand the rows of its part. Groups with a by-value that is null do not count.
    pub fn rank(mut self, ranking: &Ranking) -> Result<Vec<u8>> {
        if ranking.part > self.by {
            let found = format!("a ranking by {} values, but groups have {}", ranking.part, self.by);
            return Err(CoreError::Plan(found));
        }
        self.grow();
        let whole = |&group: &u32| self.by_values(group).all(|value| value != ValueRef::Null);
        let mut groups: Vec<u32> = (0..self.groups.len() as u32).filter(whole).collect();
        let ends = self.part_ends(ranking.part);
        let part = |group: u32| &self.groups.key(group)[..ends.get(group as usize).map_or(0, |&end| end as usize)];
        if ranking.part > 0 {
            // Equal values have equal bytes.
            groups.sort_unstable_by(|&a, &b| part(a).cmp(part(b)));
        }
        let mut parts: Vec<(Vec<u32>, u64)> =
            groups.chunk_by_mut(|&a, &b| part(a) == part(b)).map(|groups| self.ranked(groups, ranking)).collect();
        parts.sort_by(|(a, _), (b, _)| self.part_values(a, ranking).cmp(self.part_values(b, ranking)));
        let order: Vec<u32> = parts.iter().flat_map(|(groups, _)| groups).copied().collect();
        let totals: Vec<u64> = parts.iter().flat_map(|(groups, rows)| groups.iter().map(|_| *rows)).collect();
        Ok(self.write(&order, &totals))
    }

    /// Where the values that tell the part end in each group's key; nothing where all are one part.
    fn part_ends(&self, part: usize) -> Vec<u32> {
        let end = |group: u32| {
            let mut wire = Wire::new(self.groups.key(group));
            (0..part).for_each(|_| drop(ValueRef::read(&mut wire)));
            wire.position() as u32
        };
        if part == 0 { Vec::new() } else { (0..self.groups.len() as u32).map(end).collect() }
    }

    /// The wanted groups of a part in their order, and the rows of all its groups.
    fn ranked(&self, groups: &mut [u32], ranking: &Ranking) -> (Vec<u32>, u64) {
        let compare = |&a: &u32, &b: &u32| -> Ordering {
            let by_rows = self.groups.rows(a).cmp(&self.groups.rows(b));
            let by_rows = if ranking.least_first { by_rows } else { by_rows.reverse() };
            by_rows.then_with(|| self.by_values(a).cmp(self.by_values(b)))
        };
        let rows = groups.iter().fold(0u64, |rows, &group| rows.saturating_add(self.groups.rows(group)));
        let wanted = ranking.limit.min(groups.len());
        if wanted > 0 && wanted < groups.len() {
            groups.select_nth_unstable_by(wanted - 1, compare);
        }
        let mut found = groups[..wanted].to_vec();
        found.sort_unstable_by(compare);
        (found, rows)
    }

    fn part_values<'a>(&'a self, groups: &[u32], ranking: &Ranking) -> impl Iterator<Item = ValueRef<'a>> + use<'a> {
        let values = groups.first().map(|&group| self.by_values(group).take(ranking.part));
        values.into_iter().flatten()
    }
}

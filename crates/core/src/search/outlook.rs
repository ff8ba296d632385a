//! What a search would cost from here on, told without reading a value: for `explain`.
//!
//! The caller runs a search up to the point where values are asked for (term buckets, schema and directories are no values) and asks
//! here. Batches and their ranges are found by the code that a real run uses. What depends on the values (which rows pass) is told
//! as the most that may be: every row of every page that is left passes.
use super::batch::{BATCH_BYTES_MAX, BATCH_ROWS_MAX, OUTPUT_ROWS_MAX};
use super::leaf::LeafSearch;
use super::unit::Unit;
use crate::error::Result;

/// Requests, and what they bring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    pub requests: u64,
    pub bytes: u64,
}

impl Reads {
    fn add(&mut self, ranges: &[(u64, u64)]) {
        self.requests += ranges.len() as u64;
        self.bytes += ranges.iter().map(|(_, length)| length).sum::<u64>();
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Tokens that the index is asked for, and how many pages it names for each, once it was read.
    pub terms: Vec<(String, Option<usize>)>,
    pub pages_in_time: usize,
    /// Pages left by time and, once it was read, by the index.
    pub pages_left: usize,
    pub groups_left: usize,
    /// Whether the pages left are fetched whole, in one round.
    pub is_direct: bool,
    /// Pages of the groups whose directories were read; the rest tells of these only.
    pub pages_known: usize,
    /// For the filter and the aggregate.
    pub filter: Reads,
    /// The same for what is looked at first.
    pub first_filter: Reads,
    /// For the rows of the answer, at most.
    pub output: Reads,
}

impl LeafSearch {
    /// Leaves the search as it is.
    pub fn outlook(&mut self) -> Result<Outlook> {
        let (tokens, pages_left) = self.explain();
        let mut pages_of = self.pages_of.iter().copied();
        let mut outlook = Outlook {
            terms: tokens.into_iter().map(|token| (token, pages_of.next())).collect(),
            pages_in_time: self.pages_in_time,
            pages_left,
            groups_left: self.pages.groups_left() + self.ahead.len() + self.batch.len(),
            is_direct: self.is_direct,
            ..Outlook::default()
        };
        let held = std::mem::take(&mut self.fetched);
        let (mut batch, mut ahead) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.ahead));
        let mut units: Vec<&mut Unit> = batch.iter_mut().chain(ahead.iter_mut().rev()).collect();
        units.retain(|unit| unit.directory().is_ok());
        let told = if self.is_direct { Ok(()) } else { self.look_through(&mut units, &mut outlook) };
        (self.fetched, self.batch, self.ahead) = (held, batch, ahead);
        told.map(|()| outlook)
    }

    fn look_through(&mut self, mut units: &mut [&mut Unit], outlook: &mut Outlook) -> Result<()> {
        let mut is_first = true;
        while !units.is_empty() {
            let (mut rows, mut taken) = (0, 0);
            while taken < units.len()
                && self.fetched.wanted_bytes() < BATCH_BYTES_MAX
                && (rows < BATCH_ROWS_MAX || self.aggregator.is_some())
            {
                let unit = &mut *units[taken];
                let entry = &self.reader.address.groups[unit.group];
                rows += unit.pages.iter().map(|&page| u64::from(entry.pages[page].rows)).sum::<u64>();
                if let (None, Some(directory)) = (&unit.facts, &unit.directory) {
                    self.fetched.want_frame(&directory.shapes);
                }
                self.want_for_filter(unit)?;
                outlook.pages_known += unit.pages.len();
                taken += 1;
            }
            let ranges = self.fetched.take_wanted();
            outlook.filter.add(&ranges);
            if is_first {
                outlook.first_filter = outlook.filter;
                is_first = false;
            }
            let (batch, rest) = units.split_at_mut(taken);
            units = rest;
            if self.aggregator.is_none() {
                self.look_at_output(batch, &ranges, outlook)?;
            }
            self.fetched.clear();
        }
        Ok(())
    }

    /// What the rows of a batch take when all pass.
    fn look_at_output(&mut self, batch: &[&mut Unit], held: &[(u64, u64)], outlook: &mut Outlook) -> Result<()> {
        let mut pages: Vec<(usize, usize)> =
            batch.iter().enumerate().flat_map(|(at, unit)| unit.pages.iter().map(move |&page| (at, page))).collect();
        let entry = |&(at, page): &(usize, usize)| &self.reader.address.groups[batch[at].group].pages[page];
        let time = |place: &(usize, usize)| {
            if self.newest_first { entry(place).max_time_ns } else { entry(place).min_time_ns.wrapping_neg() }
        };
        pages.sort_by_key(time); // the one that is written next is last
        let rows: usize = pages.iter().map(|place| entry(place).rows as usize).sum();
        let mut sized: Vec<(usize, usize, usize)> =
            pages.iter().map(|place| (place.0, place.1, entry(place).rows as usize)).collect();
        if let Some(limit) = self.queue.limit().map(|limit| limit.min(usize::MAX as u64) as usize) {
            // Every row of the answer may be in a page of its own; when all pass, they are in the first pages.
            let is_all = self.filter.leaves.is_empty() && pages.iter().all(|place| self.time.covers(entry(place)));
            let most = if is_all { self.pages_for(batch, &pages, limit) } else { limit };
            sized.drain(..sized.len().saturating_sub(most));
            if limit <= OUTPUT_ROWS_MAX {
                sized.iter_mut().for_each(|page| page.2 = 1); // all are written at once
            }
        }
        if rows <= OUTPUT_ROWS_MAX {
            held.iter().for_each(|&(offset, length)| self.fetched.put(offset, Box::new(vec![0; length as usize])));
        }
        while !sized.is_empty() {
            let mut written = 0;
            while written < OUTPUT_ROWS_MAX {
                let Some((at, page, rows)) = sized.pop() else { break };
                written += rows;
                self.want_page(&*batch[at], page)?;
            }
            outlook.output.add(&self.fetched.take_wanted());
            self.fetched.clear();
        }
        Ok(())
    }

    /// How many of the pages, last one first, hold the first `limit` rows.
    fn pages_for(&self, batch: &[&mut Unit], pages: &[(usize, usize)], limit: usize) -> usize {
        let entry = |&(at, page): &(usize, usize)| &self.reader.address.groups[batch[at].group].pages[page];
        let (mut rows, mut count) = (0, 0);
        let mut reach = i64::MAX;
        for place in pages.iter().rev() {
            let page = entry(place);
            let (near, far) = match self.newest_first {
                true => (page.max_time_ns, page.min_time_ns),
                false => (page.min_time_ns.wrapping_neg(), page.max_time_ns.wrapping_neg()),
            };
            if rows >= limit && near < reach {
                break;
            }
            reach = reach.min(far);
            rows += page.rows as usize;
            count += 1;
        }
        count
    }
}

//! Partial results of an aggregate: update, merge, dump, load, finish.
//!
//! Layout: a version byte; the numbers of by-columns and of functions; what was lost (most rows of a group that is not there, rows,
//! groups); the number of groups; for each group its by-values, its row count, the rows that it may have missed, and one state per
//! function (see `kernels`).
use super::computed::Computed;
use super::groups::{Groups, Losses};
use super::kernels::{self, Column, Needs, Operand};
use super::plan::{self, Aggregate};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_varint};
use crate::search::value::ValueRef;

mod finish;

pub use finish::Ranking;

const VERSION: u8 = 3;

/// Memory and groups of one partial result. Beyond it answers become approximate, and say so.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub groups: usize,
    pub bytes: usize,
}

/// Two million groups of 20 bytes take 100 MB; a worker has two partial results at work and one merged, within 512 MB.
pub const BUDGET: Budget = Budget { groups: 2_000_000, bytes: 160 << 20 };

/// Rows or groups between two looks at the memory in use, at least: a look costs a visit of every group.
const LOOK_EVERY_MIN: usize = 1 << 16;

/// What a row adds to the states of a group, about.
const ROW_BYTES: usize = 64;

pub struct Partial {
    by: usize,
    /// The functions' names as notes say them.
    labels: Vec<String>,
    pub(super) groups: Groups,
    functions: Vec<Box<dyn Column>>,
    budget: Budget,
    /// Rows and groups since the last look at the memory in use.
    unseen: usize,
}

impl Partial {
    /// The partial of no row.
    pub fn new(aggregate: &Aggregate) -> Result<Self> {
        Self::with_budget(aggregate, BUDGET)
    }

    pub fn with_budget(aggregate: &Aggregate, budget: Budget) -> Result<Self> {
        Ok(Self {
            by: aggregate.by.len(),
            labels: aggregate.functions.iter().map(|function| function.label()).collect(),
            groups: Groups::default(),
            functions: aggregate.functions.iter().map(kernels::start).collect::<Result<_>>()?,
            budget,
            unseen: 0,
        })
    }

    pub fn load(aggregate: &Aggregate, bytes: &[u8]) -> Result<Self> {
        let mut partial = Self::new(aggregate)?;
        partial.merge(bytes)?;
        Ok(partial)
    }

    /// What the functions ask of their operands' values.
    pub fn needs(&self) -> impl Iterator<Item = Needs> + '_ {
        self.functions.iter().map(|function| function.needs())
    }

    /// Whether nothing but rows is counted.
    pub fn counts_rows_only(&self) -> bool {
        self.functions.iter().all(|function| function.is_row_count())
    }

    /// The group with these by-values.
    pub fn group(&mut self, key: &[u8]) -> Result<u32> {
        self.groups.find_or_add(key)
    }

    /// Counts rows of a group, where nothing but rows is counted.
    pub fn count_rows(&mut self, group: u32, rows: u64) {
        self.groups.add_rows(group, rows);
        self.unseen += 1;
    }

    /// Adds rows, each to its group; `operands` are those of each function.
    pub fn update(&mut self, groups: &[u32], operands: &[Vec<Operand<'_>>]) {
        groups.iter().for_each(|&group| self.groups.add_rows(group, 1));
        for (function, operands) in self.functions.iter_mut().zip(operands) {
            function.grow(self.groups.len());
            function.update(groups, operands);
        }
        self.unseen += groups.len();
    }

    /// Brings the partial within its budget: estimates instead of exact states first, then without the rarest groups. True: groups
    /// have other numbers now.
    pub fn trim(&mut self) -> bool {
        let mut is_trimmed = false;
        while self.groups.len() > self.budget.groups {
            is_trimmed |= self.drop_rare();
        }
        let look_every = LOOK_EVERY_MIN.max(self.groups.len()).min(self.budget.bytes / ROW_BYTES);
        if self.unseen < look_every {
            return is_trimmed;
        }
        self.unseen = 0;
        self.grow();
        while self.size_bytes() > self.budget.bytes {
            let is_tighter =
                self.functions.iter_mut().fold(false, |is_tighter, function| function.tighten() | is_tighter);
            if is_tighter {
                continue;
            }
            if self.groups.len() < 2 || !self.drop_rare() {
                break;
            }
            is_trimmed = true;
        }
        is_trimmed
    }

    /// False when there is nothing to drop.
    fn drop_rare(&mut self) -> bool {
        self.grow();
        let kept = self.groups.frequent();
        if kept.len() == self.groups.len() {
            return false;
        }
        self.groups.keep(&kept);
        self.functions.iter_mut().for_each(|function| function.keep(&kept));
        true
    }

    /// Gives every function a state for every group.
    fn grow(&mut self) {
        let groups = self.groups.len();
        self.functions.iter_mut().for_each(|function| function.grow(groups));
    }

    fn size_bytes(&self) -> usize {
        self.groups.size_bytes() + self.functions.iter().map(|function| function.size_bytes()).sum::<usize>()
    }

    pub fn dump(&self) -> Vec<u8> {
        let losses = self.groups.losses();
        let mut out = vec![VERSION];
        let counts = [self.by as u64, self.functions.len() as u64, losses.error, losses.rows, losses.groups];
        counts.iter().for_each(|&count| put_varint(&mut out, count));
        put_varint(&mut out, self.groups.len() as u64);
        for group in 0..self.groups.len() as u32 {
            out.extend_from_slice(self.groups.key(group));
            put_varint(&mut out, self.groups.rows(group));
            put_varint(&mut out, self.groups.missed(group));
            self.functions.iter().for_each(|function| function.put(group, &mut out));
        }
        out
    }

    /// Adds what another partial result of the same aggregate holds. After an error this one is of no use any more.
    pub fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        let mut wire = Wire::new(bytes);
        let at = |error: DecodeError| error.at("partial result", 0);
        let (losses, count) = self.read_head(&mut wire).map_err(at)?;
        // No group of the other may have missed more here than was lost here before.
        let mut missed_here = self.groups.losses().error;
        self.groups.add_losses(losses);
        for _ in 0..count {
            let start = wire.position();
            for _ in 0..self.by {
                ValueRef::read(&mut wire).map_err(at)?;
            }
            let key = &bytes[start..wire.position()];
            let before = self.groups.len();
            let group = self.groups.find_or_add_late(key, 0)?;
            let (rows, missed) = wire.varint().and_then(|rows| Ok((rows, wire.varint()?))).map_err(at)?;
            let own = if self.groups.len() > before {
                self.grow();
                missed_here
            } else {
                // Its rows there were not lost: it is there.
                self.groups.missed(group).saturating_sub(losses.error)
            };
            self.groups.set_missed(group, own.saturating_add(missed));
            self.groups.add_rows(group, rows);
            for function in &mut self.functions {
                function.merge(group, &mut wire).map_err(at)?;
            }
            self.unseen += 1;
            if self.trim() {
                missed_here = missed_here.max(self.groups.losses().error);
            }
        }
        wire.end().map_err(at)
    }

    fn read_head(&self, wire: &mut Wire<'_>) -> std::result::Result<(Losses, usize), DecodeError> {
        let head = (wire.byte()?, wire.varint()?, wire.varint()?);
        if head != (VERSION, self.by as u64, self.functions.len() as u64) {
            return Err(DecodeError("partial result is of another aggregate"));
        }
        let losses = Losses { error: wire.varint()?, rows: wire.varint()?, groups: wire.varint()? };
        // The one group without by-columns takes no byte for its key, but some for its rows.
        Ok((losses, wire.count()?))
    }
}

/// Merges partial results of one aggregate.
pub fn merge_all<'a>(aggregate: &Aggregate, partials: impl Iterator<Item = &'a [u8]>) -> Result<Partial> {
    let mut merged = Partial::new(aggregate)?;
    for partial in partials {
        merged.merge(partial)?;
    }
    Ok(merged)
}

impl std::fmt::Debug for Partial {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "a partial result of {} groups", self.groups.len())
    }
}

/// What is wrong with a plan's aggregate, if anything.
pub fn check(aggregate: &Aggregate) -> Result<()> {
    let operands = aggregate.by.iter().chain(aggregate.functions.iter().flat_map(|function| &function.columns));
    for operand in operands {
        if let plan::Operand::Expression(made) = operand {
            Computed::compile(&made.expression)?;
        }
    }
    Partial::new(aggregate).map(drop)
}

//! Several segments into one, without parsing: rows, shapes and values go from the columns of the inputs into the writer's batch.
//!
//! A machine that asks for byte ranges and is fed, as a search is. Inputs are read in their order, group by group, so it holds what
//! is being written, some megabytes of what was read, and one group decoded. What is written is what an indexer would have written
//! of the same events in the same order: the batch, the limits of groups and pages, and the encodings are its own.
use crate::error::{CoreError, DecodeError, Result};
use crate::format::address::Address;
use crate::search::fetch::{Buffer, Fetched};
use crate::search::reader::SegmentReader;
use crate::write::batch::Batch;
use crate::write::builder::{BuilderOptions, KEYS_BYTES, OBJECTS, PATHS, flush_if_full, group_limits};
use crate::write::layout::PageLimits;
use crate::write::segment::{Segment, SegmentWriter};
use deletion::Deletion;
use input::Input;
use std::sync::Arc;
use transfer::Transfer;

mod carry;
pub mod deletion;
mod input;
mod transfer;

/// Stored bytes that are asked for at a time: enough that a round is worth its requests, and little beside what is written.
const ROUND_BYTES_MAX: u64 = 8 << 20;

/// Inputs that are begun in one round: thousands of small segments must not become one round of thousands of requests.
const ROUND_INPUTS_MAX: usize = 256;

/// A merge whose output holds more memory than this, or has so many times the paths or objects at which an indexer ends a segment, is
/// given up: the caller chose too much for one segment.
const MEMORY_BYTES_MAX: usize = 512 << 20;
const TIMES_MAX: usize = 4;

/// A group that is at least this part of a full one is kept as it is: larger ones are hardly smaller together (record 10).
const LARGE_SHARE: usize = 4;

/// What becomes of an input's source objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Number in the output of the first object that is still there; the others follow it.
    pub first: u32,
    /// Numbers in the input of those that are not.
    pub dropped: Vec<u32>,
}

/// Groups of an input that are read in one round.
struct Part {
    input: usize,
    groups: std::ops::Range<usize>,
    fetched: Fetched,
    asked: Vec<(u64, u64)>,
}

pub struct Merge {
    index: String,
    limits: PageLimits,
    inputs: Vec<Input>,
    /// Next input and group to ask for.
    next: (usize, usize),
    round: Vec<Part>,
    batch: Batch,
    writer: SegmentWriter,
    has_failed: bool,
}

impl Merge {
    /// Of the options, the segment's size plays no part: all inputs become one segment.
    pub fn new(index: &str, options: BuilderOptions) -> Self {
        Self {
            index: index.to_string(),
            limits: PageLimits { bytes: options.page_bytes, rows: options.page_rows },
            inputs: Vec::new(),
            next: (0, 0),
            round: Vec::new(),
            batch: Batch::new(),
            writer: SegmentWriter::default(),
            has_failed: false,
        }
    }

    /// The next input. `dead`: source objects whose rows are left out; rows that one of `deletions` takes are left out too.
    pub fn add(&mut self, reader: Arc<SegmentReader>, dead: &[u32], deletions: Vec<Deletion>) {
        self.inputs.push(Input::new(reader, dead, deletions));
    }

    /// The ranges wanted now, as input, offset and length; empty when all was read.
    pub fn needs(&mut self) -> Vec<(usize, u64, u64)> {
        if self.round.is_empty() && !self.has_failed {
            self.begin_round();
        }
        let ranges = self.round.iter().flat_map(|part| part.asked.iter().map(|&range| (part.input, range)));
        ranges.map(|(input, (offset, length))| (input, offset, length)).collect()
    }

    fn begin_round(&mut self) {
        let mut bytes = 0;
        while bytes < ROUND_BYTES_MAX && self.round.len() < ROUND_INPUTS_MAX {
            let (number, first) = self.next;
            let Some(input) = self.inputs.get(number) else { break };
            let mut fetched = Fetched::default();
            if first == 0 {
                fetched.want_frame(&input.reader.schema_location());
                fetched.want_frame(&input.reader.objects_location());
            }
            let groups = &input.reader.address.groups;
            let mut end = first;
            while let Some(group) = groups.get(end).filter(|_| end == first || bytes < ROUND_BYTES_MAX) {
                let length = group.body_offset(group.pages.len()) - group.offset;
                fetched.want(group.offset, length);
                bytes += length;
                end += 1;
            }
            self.next = if end < groups.len() { (number, end) } else { (number + 1, 0) };
            let asked = fetched.take_wanted();
            self.round.push(Part { input: number, groups: first..end, fetched, asked });
        }
    }

    /// Takes the bytes of the ranges last asked for, in the same order. After an error the merge is of no more use.
    pub fn feed(&mut self, buffers: Vec<Buffer>) -> Result<()> {
        let asked = self.needs();
        if self.has_failed {
            return Err(CoreError::Usage("a merge that has failed is fed".to_string()));
        }
        let length_of = |buffer: &Buffer| buffer.as_ref().as_ref().len() as u64;
        let is_other = |(buffer, asked): (&Buffer, &(usize, u64, u64))| length_of(buffer) > asked.2;
        if buffers.len() != asked.len() || buffers.iter().zip(&asked).any(is_other) {
            return Err(CoreError::Usage("fed other ranges than were asked for".to_string()));
        }
        let is_short = |(buffer, asked): &(&Buffer, &(usize, u64, u64))| length_of(buffer) < asked.2;
        self.has_failed = true;
        if let Some((_, &(input, offset, length))) = buffers.iter().zip(&asked).find(is_short) {
            let error = DecodeError("the file ends before what the address says it holds").at("file", offset + length);
            return Err(error.in_file(&self.inputs[input].reader.name));
        }
        let mut buffers = buffers.into_iter();
        for mut part in std::mem::take(&mut self.round) {
            for (&(offset, _), buffer) in part.asked.iter().zip(&mut buffers) {
                part.fetched.put(offset, buffer);
            }
            self.take_part(&part).map_err(|error| error.in_file(&self.inputs[part.input].reader.name))?;
        }
        self.has_failed = false;
        Ok(())
    }

    fn take_part(&mut self, part: &Part) -> Result<()> {
        let input = &mut self.inputs[part.input];
        if part.groups.start == 0 {
            input.open(&part.fetched, &self.index, &mut self.writer.objects)?;
        }
        for group in part.groups.clone() {
            let is_large = is_large(&input.reader.address, group, self.limits);
            let entry = input.reader.address.groups[group].clone();
            let mut transfer = Transfer::open(input, &part.fetched, group)?;
            if is_large && transfer.is_whole() {
                transfer.carry(&entry, &mut self.batch.paths, &mut self.writer)?;
                continue;
            }
            for page in 0..entry.pages.len() {
                if transfer.take_page(page, &mut self.batch)?
                    && flush_if_full(&mut self.batch, &mut self.writer, self.limits)
                {
                    transfer.forget_batch();
                }
            }
        }
        if part.groups.end == input.reader.address.groups.len() {
            input.close();
        }
        self.check_limits()
    }

    fn check_limits(&self) -> Result<()> {
        let paths = &self.batch.paths;
        let over = [
            (self.writer.memory_bytes() > MEMORY_BYTES_MAX, "bytes of memory", MEMORY_BYTES_MAX),
            (paths.len() > TIMES_MAX * PATHS, "paths", TIMES_MAX * PATHS),
            (paths.keys_bytes() > TIMES_MAX * KEYS_BYTES, "bytes of keys", TIMES_MAX * KEYS_BYTES),
            (self.writer.objects.len() > TIMES_MAX * OBJECTS, "source objects", TIMES_MAX * OBJECTS),
        ];
        match over.iter().find(|(is_over, ..)| *is_over) {
            Some((_, what, limit)) => Err(CoreError::Limit(format!("a merged segment of more than {limit} {what}"))),
            None => Ok(()),
        }
    }

    /// The segment; None when no event is left. To be called when all was read.
    pub fn finish(&mut self) -> Result<Option<Segment>> {
        if self.has_failed || !self.needs().is_empty() {
            return Err(CoreError::Usage("a merge is finished before all was read".to_string()));
        }
        self.writer.put_batch(&mut self.batch, self.limits);
        self.has_failed = true; // nothing can be added to what is finished
        if self.writer.is_empty() {
            return Ok(None);
        }
        let raw_bytes = self.inputs.iter().map(Input::raw_bytes).sum();
        Ok(Some(self.writer.finish(&self.batch, &self.index, raw_bytes)))
    }

    /// What became of the source objects of each input, once all was read.
    pub fn moved(&self) -> Vec<Moved> {
        self.inputs.iter().map(|input| input.moved.clone()).collect()
    }

    /// Events that the deletions left out; those of dead objects do not count.
    pub fn deleted_events(&self) -> u64 {
        self.inputs.iter().map(|input| input.deleted_events).sum()
    }

    /// Memory held for what is written, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.writer.memory_bytes() + self.writer.working_bytes() + self.batch.memory_bytes()
    }
}

/// Whether a group is worth keeping as it is, by its rows, or by the source bytes that it came from as far as can be told.
fn is_large(address: &Address, group: usize, limits: PageLimits) -> bool {
    let (bytes, rows) = group_limits(limits);
    let own_rows = address.groups[group].rows();
    let own_bytes = u128::from(address.raw_bytes) * own_rows as u128 / u128::from(address.events.max(1));
    own_rows >= rows / LARGE_SHARE || own_bytes >= (bytes / LARGE_SHARE) as u128
}

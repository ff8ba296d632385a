//! The leaf part of one plan over one segment, as a machine that asks for byte ranges and is fed.
//!
//! Rounds: the term index first, when the filter has tokens and it may help; a segment without the token is done after that one
//! range. If few pages are left they are fetched whole, with the group's strips and the schema, in the second round. Otherwise the
//! directories come second, then the columns that the filter and the aggregate name, then what the rows that passed are made of.
use super::aggregate::Aggregator;
use super::evaluate::Reach;
use super::fetch::{Buffer, Fetched};
use super::filter::Filter;
use super::index::{IndexQuery, Need, pages_left};
use super::output::Wanted;
use super::plan::Plan;
use super::pruning::{Pages, TimeRange};
use super::reader::SegmentReader;
use super::rows::{PageRows, RowQueue};
use super::unit::Unit;
use crate::error::{CoreError, DecodeError, Result};
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use crate::format::terms::look_up;
use std::collections::HashSet;
use std::sync::Arc;

/// So few pages are fetched whole, without asking first which of their columns matter: a round costs more than the bytes.
const DIRECT_PAGES_MAX: usize = 6;

/// So few pages are looked at together even when a limit may make the first enough: rounds cost more.
const FEW_PAGES_MAX: usize = 64;

/// What a search cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub pages: u64,
    pub pages_read: u64,
    pub groups: u64,
    pub groups_read: u64,
    pub events_scanned: u64,
    pub events_matched: u64,
    pub rounds: u64,
    pub requests: u64,
    pub bytes: u64,
}

/// A row of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRow {
    pub time_ns: i64,
    pub object: String,
    pub record: u64,
    pub json: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Index,
    Open,
    Directories,
    Filter,
    Output,
    Done,
}

pub struct LeafSearch {
    plan: Plan,
    pub(super) filter: Filter,
    index: IndexQuery,
    need: Need,
    pub(super) reader: Arc<SegmentReader>,
    pub(super) dead: HashSet<u32>,
    pub(super) time: TimeRange,
    pub(super) phase: Phase,
    asked: Vec<(u64, u64)>,
    pub(super) fetched: Fetched,
    pub(super) pages: Pages,
    /// Pages that time left, and, once the index was read, how many each token left.
    pub(super) pages_in_time: usize,
    pub(super) pages_of: Vec<usize>,
    pub(super) is_direct: bool,
    /// The index left so few pages that all are looked at together.
    pub(super) has_few_pages: bool,
    pub(super) newest_first: bool,
    /// Groups whose directories were asked for, next one last.
    pub(super) ahead: Vec<Unit>,
    pub(super) batch: Vec<Unit>,
    /// Pages of the batch whose rows are still to be written, next one last.
    pub(super) unwritten: Vec<PageRows>,
    /// Pages whose values were asked for, to be written now.
    pub(super) writing: Vec<PageRows>,
    /// Groups to take next.
    pub(super) step: usize,
    pub(super) reaches: Vec<Reach>,
    pub(super) wanted: Wanted,
    pub(super) wanted_paths: Option<Vec<u32>>,
    pub(super) aggregator: Option<Aggregator>,
    pub(super) queue: RowQueue,
    pub(super) cost: Cost,
}

impl LeafSearch {
    /// `groups`: only these row groups. `dead`: source objects whose rows are not to be shown.
    pub fn new(plan: Plan, reader: Arc<SegmentReader>, dead: &[u32], groups: Option<(usize, usize)>) -> Result<Self> {
        let filter = Filter::compile(&plan.filter)?;
        let (index, need) = IndexQuery::of(&plan.filter);
        let aggregator = plan.aggregate.as_ref().map(Aggregator::new).transpose()?;
        let time = TimeRange { since_ns: plan.since_ns, until_ns: plan.until_ns };
        let pages = Pages::new(&reader.address, groups, time, plan.newest_first);
        let limit = if aggregator.is_some() { None } else { plan.limit };
        let mut cost = Cost {
            groups: reader.address.groups.len() as u64,
            pages: reader.address.pages() as u64,
            ..Cost::default()
        };
        if let Some((first, last)) = groups {
            let own = reader.address.groups.get(first..last.min(reader.address.groups.len())).unwrap_or_default();
            cost.groups = own.len() as u64;
            cost.pages = own.iter().map(|group| group.pages.len() as u64).sum();
        }
        let mut search = Self {
            wanted: Wanted::of(plan.columns.as_deref()),
            queue: RowQueue::new(limit, plan.newest_first),
            filter,
            index,
            need,
            dead: dead.iter().copied().collect(),
            time,
            phase: Phase::Index,
            asked: Vec::new(),
            fetched: Fetched::default(),
            pages_in_time: pages.len(),
            pages_of: Vec::new(),
            pages,
            is_direct: false,
            has_few_pages: false,
            newest_first: plan.newest_first,
            ahead: Vec::new(),
            batch: Vec::new(),
            unwritten: Vec::new(),
            writing: Vec::new(),
            step: 1,
            reaches: Vec::new(),
            wanted_paths: None,
            aggregator,
            cost,
            plan,
            reader,
        };
        search.start();
        search.run().map_err(|error| error.in_file(&search.reader.name))?;
        Ok(search)
    }

    fn start(&mut self) {
        let buckets = self.reader.address.bucket_lengths.len();
        if self.pages.is_empty() || self.queue.limit() == Some(0) {
            self.phase = Phase::Done;
        } else if !self.plan.use_index || self.index.tokens.is_empty() || buckets == 0 {
            self.open();
        } else {
            for (bucket, _) in self.index.places(buckets) {
                let (offset, length) = self.bucket(bucket);
                self.fetched.want(offset, length);
            }
        }
    }

    fn bucket(&self, bucket: usize) -> (u64, u64) {
        let lengths = &self.reader.address.bucket_lengths;
        let before: u64 = lengths[..bucket].iter().map(|&length| u64::from(length)).sum();
        (self.reader.address.terms_offset + before, u64::from(lengths[bucket]))
    }

    /// The ranges wanted now, in order; empty when done.
    pub fn needs(&mut self) -> Vec<(u64, u64)> {
        if self.asked.is_empty() {
            self.asked = self.fetched.take_wanted();
        }
        self.asked.clone()
    }

    /// Takes the bytes of the ranges last asked for and goes on.
    pub fn feed(&mut self, buffers: Vec<Buffer>) -> Result<()> {
        let asked = self.needs();
        let length_of = |buffer: &Buffer| buffer.as_ref().as_ref().len() as u64;
        if buffers.len() != asked.len() || buffers.iter().zip(&asked).any(|(buffer, asked)| length_of(buffer) > asked.1)
        {
            return Err(CoreError::Usage("fed other ranges than were asked for".to_string()));
        }
        if let Some((_, (offset, length))) =
            buffers.iter().zip(&asked).find(|(buffer, asked)| length_of(buffer) < asked.1)
        {
            let error = DecodeError("the file ends before what the address says it holds").at("file", offset + length);
            return Err(error.in_file(&self.reader.name));
        }
        self.asked.clear();
        self.cost.rounds += 1;
        for (buffer, (offset, length)) in buffers.into_iter().zip(asked) {
            self.cost.requests += 1;
            self.cost.bytes += length;
            self.fetched.put(offset, buffer);
        }
        self.run().map_err(|error| error.in_file(&self.reader.name))
    }

    /// Works until bytes are missing or all is done.
    fn run(&mut self) -> Result<()> {
        while self.phase != Phase::Done && !self.fetched.is_waiting() {
            match self.phase {
                Phase::Index => self.read_index()?,
                Phase::Open => self.learn_segment()?,
                Phase::Directories => self.begin_batch()?,
                Phase::Filter => self.filter_batch()?,
                Phase::Output => self.write_pages()?,
                Phase::Done => {}
            }
        }
        Ok(())
    }

    fn read_index(&mut self) -> Result<()> {
        let pages = self.reader.address.pages();
        let mut pages_of = Vec::new();
        for (bucket, rest) in self.index.places(self.reader.address.bucket_lengths.len()) {
            let (offset, length) = self.bucket(bucket);
            let bytes = self.fetched.bytes(offset, length)?;
            pages_of.push(look_up(bytes, rest, pages).map_err(|error| error.at("terms", offset))?);
        }
        self.fetched.clear();
        self.pages_of = pages_of.iter().map(Vec::len).collect();
        self.pages.keep(&pages_left(&self.need, &pages_of, pages));
        if self.pages.is_empty() {
            self.phase = Phase::Done;
        } else {
            self.open();
        }
        Ok(())
    }

    /// Asks for the schema where it is not known yet, and for the first batch with it.
    fn open(&mut self) {
        let is_narrowed = self.need != Need::Nothing;
        self.is_direct = is_narrowed && self.pages.len() <= DIRECT_PAGES_MAX;
        self.has_few_pages = is_narrowed && self.pages.len() <= FEW_PAGES_MAX;
        if self.reader.paths().is_none() {
            self.fetched.want_frame(&self.reader.schema_location());
        }
        if self.reader.objects().is_none() {
            self.fetched.want_frame(&self.reader.objects_location());
        }
        self.phase = Phase::Open;
        self.look_ahead();
    }

    fn learn_segment(&mut self) -> Result<()> {
        let paths = match self.reader.paths() {
            Some(paths) => paths,
            None => self.reader.learn_paths(self.fetched.frame("schema", &self.reader.schema_location())?)?,
        };
        let objects = match self.reader.objects() {
            Some(objects) => objects,
            None => self.reader.learn_objects(self.fetched.frame("objects", &self.reader.objects_location())?)?,
        };
        self.dead
            .extend((0u32..).zip(objects.iter()).filter(|(_, object)| object.is_aborted).map(|(number, _)| number));
        self.reaches = self.filter.leaves.iter().map(|leaf| Reach::of(leaf, &paths)).collect();
        self.wanted_paths = self.wanted.paths(&paths);
        if let Some(aggregator) = &mut self.aggregator {
            aggregator.resolve(&paths);
        }
        self.phase = Phase::Directories;
        Ok(())
    }

    pub(super) fn paths(&self) -> Result<Arc<Paths>> {
        self.reader.paths().ok_or_else(|| CoreError::Usage("the schema was not read".to_string()))
    }

    pub(super) fn objects(&self) -> Result<Arc<Vec<SourceObject>>> {
        self.reader.objects().ok_or_else(|| CoreError::Usage("the source objects were not read".to_string()))
    }

    /// Rows strictly behind this time are no longer wanted.
    pub fn narrow(&mut self, floor_ns: i64) {
        self.queue.narrow(floor_ns);
    }

    /// Rows that nothing still to come can stand before, since the last call.
    pub fn take_rows(&mut self) -> Vec<OutputRow> {
        let Some(objects) = self.reader.objects() else { return Vec::new() };
        let rows = self.queue.take(self.next_bound());
        rows.into_iter()
            .map(|(found, json)| OutputRow {
                time_ns: found.key.0,
                object: objects[found.key.1 as usize].url.clone(),
                record: found.key.2,
                json,
            })
            .collect()
    }

    /// The aggregate so far; no bytes when the plan has none.
    pub fn partial(&self) -> Vec<u8> {
        self.aggregator.as_ref().map(Aggregator::partial).unwrap_or_default()
    }

    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The tokens that the index was asked for, and the pages that are left to read.
    pub fn explain(&self) -> (Vec<String>, usize) {
        let tokens = self.index.tokens.iter().map(|token| String::from_utf8_lossy(token).into_owned());
        let at_work = self.ahead.iter().chain(&self.batch).map(|unit| unit.pages.len()).sum::<usize>();
        (tokens.collect(), self.pages.len() + at_work)
    }
}

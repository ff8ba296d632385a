//! The leaf part of one plan over one segment, as a machine that asks for byte ranges and is fed.
//!
//! Rounds: the term index first, when the filter has tokens and it may help; a segment without the token is done after that one
//! range. If few pages are left they are fetched whole, with the group's strips and the schema, in the second round. Otherwise the
//! directories come second, then the columns that the filter and the aggregate name, then what the rows that passed are made of.
use super::aggregate::{AggregateContext, Aggregator};
use super::evaluate::{Context, Evaluation, Reach, columns_to_read};
use super::fetch::Fetched;
use super::filter::Filter;
use super::index::{IndexQuery, Need, pages_left};
use super::output::{PageWriter, Wanted};
use super::partial::Partial;
use super::plan::Plan;
use super::pruning::{Pages, TimeRange};
use super::reader::SegmentReader;
use super::rows::{Found, RowQueue};
use super::unit::Unit;
use crate::error::{CoreError, Result};
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use crate::format::terms::look_up;
use std::collections::HashSet;
use std::sync::Arc;

/// So few pages are fetched whole, without asking first which of their columns matter: a round costs more than the bytes.
const DIRECT_PAGES_MAX: usize = 6;

/// Bytes of row groups that are worked on at a time; bounds a worker's memory.
const BATCH_BYTES_MAX: u64 = 8 << 20;

/// The first batch of a search that may stop early is one group.
const BATCH_GROUPS_MAX: usize = 16;

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
enum Phase {
    Index,
    Open,
    Directories,
    Filter,
    Output,
    Done,
}

pub struct LeafSearch {
    plan: Plan,
    filter: Filter,
    index: IndexQuery,
    need: Need,
    reader: Arc<SegmentReader>,
    dead: HashSet<u32>,
    time: TimeRange,
    phase: Phase,
    asked: Vec<(u64, u64)>,
    fetched: Fetched,
    pages: Pages,
    is_direct: bool,
    batch: Vec<Unit>,
    batch_groups: usize,
    reaches: Vec<Reach>,
    wanted: Wanted,
    wanted_paths: Option<Vec<u32>>,
    aggregator: Option<Aggregator>,
    queue: RowQueue,
    cost: Cost,
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
            pages,
            is_direct: false,
            batch: Vec::new(),
            batch_groups: 1,
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
    pub fn feed(&mut self, buffers: Vec<Vec<u8>>) -> Result<()> {
        let asked = self.needs();
        let fits = buffers.len() == asked.len()
            && buffers.iter().zip(&asked).all(|(buffer, (_, length))| buffer.len() as u64 == *length);
        if !fits {
            return Err(CoreError::Usage("fed other ranges than were asked for".to_string()));
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
                Phase::Directories => self.read_directories()?,
                Phase::Filter => self.filter_batch()?,
                Phase::Output => self.write_batch()?,
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
        self.is_direct =
            self.aggregator.is_none() && self.pages.len() <= DIRECT_PAGES_MAX && self.need != Need::Nothing;
        if self.reader.paths().is_none() {
            self.fetched.want_frame(&self.reader.schema_location());
        }
        if self.reader.objects().is_none() {
            self.fetched.want_frame(&self.reader.objects_location());
        }
        self.phase = Phase::Open;
        self.next_batch();
    }

    fn next_batch(&mut self) {
        let mut bytes = 0;
        while self.batch.len() < self.batch_groups && bytes < BATCH_BYTES_MAX {
            let Some((group, pages)) = self.pages.next_group(self.queue.bound()) else { break };
            let entry = &self.reader.address.groups[group];
            bytes += u64::from(entry.strips_length)
                + pages.iter().map(|&page| u64::from(entry.pages[page].body_length)).sum::<u64>();
            let mut unit = Unit::new(group, pages);
            unit.facts = self.reader.group(group);
            if self.is_direct {
                self.want_whole(&unit, unit.facts.is_none());
            } else if unit.facts.is_none() {
                self.fetched.want_frame(&self.reader.directory_location(group));
            }
            self.batch.push(unit);
        }
        self.batch_groups = (self.batch_groups * 2).min(BATCH_GROUPS_MAX);
        self.cost.groups_read += self.batch.len() as u64;
    }

    /// Strips and pages of a unit, and its directory.
    fn want_whole(&mut self, unit: &Unit, with_directory: bool) {
        let entry = &self.reader.address.groups[unit.group];
        let (start, end) = (
            if with_directory { entry.offset } else { entry.strips_offset() },
            entry.strips_offset() + u64::from(entry.strips_length),
        );
        self.fetched.want(start, end - start);
        for &page in &unit.pages {
            self.fetched.want(entry.body_offset(page), u64::from(entry.pages[page].body_length));
        }
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

    fn paths(&self) -> Result<Arc<Paths>> {
        self.reader.paths().ok_or_else(|| CoreError::Usage("the schema was not read".to_string()))
    }

    fn objects(&self) -> Result<Arc<Vec<SourceObject>>> {
        self.reader.objects().ok_or_else(|| CoreError::Usage("the source objects were not read".to_string()))
    }

    fn read_directories(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            self.next_batch();
            if self.batch.is_empty() {
                self.phase = Phase::Done;
            }
            return Ok(());
        }
        let paths = self.paths()?;
        let mut batch = std::mem::take(&mut self.batch);
        for unit in &mut batch {
            if unit.facts.is_none() {
                let located = self.reader.directory_location(unit.group);
                let directory =
                    self.reader.read_directory(unit.group, self.fetched.frame("directory", &located)?, &paths)?;
                self.fetched.want_frame(&directory.shapes);
                unit.directory = Some(directory);
            }
            self.want_for_filter(unit)?;
        }
        self.batch = batch;
        self.phase = Phase::Filter;
        Ok(())
    }

    fn needs_rows(&self, unit: &Unit) -> Result<bool> {
        let entry = &self.reader.address.groups[unit.group];
        let is_cut = unit.pages.iter().any(|&page| !self.time.covers(&entry.pages[page]));
        let by_filter = self.filter.leaves.iter().any(|leaf| leaf.metadata.is_some());
        let by_aggregate = self.aggregator.as_ref().is_some_and(Aggregator::needs_rows);
        Ok(is_cut || by_filter || by_aggregate || self.aggregator.is_none() || !self.dead.is_empty())
    }

    /// Asks for what the filter and the aggregate look at.
    fn want_for_filter(&mut self, unit: &Unit) -> Result<()> {
        let directory = unit.directory()?;
        let mut columns: Vec<usize> = Vec::new();
        for (leaf, reach) in self.filter.leaves.iter().zip(&self.reaches) {
            columns.extend(columns_to_read(leaf, reach, directory));
        }
        if let Some(aggregator) = &self.aggregator {
            columns.extend(aggregator.columns(directory));
        }
        columns.sort_unstable();
        columns.dedup();
        let repeats_time = columns.iter().any(|&column| Unit::repeats_time(directory, column));
        let rows = directory.rows;
        let mut frames = Vec::new();
        for &column in &columns {
            for &page in &unit.pages {
                frames.extend(Unit::frame_of(directory, column, page));
            }
        }
        if repeats_time || self.needs_rows(unit)? {
            self.fetched.want_frame(&rows);
        }
        frames.dedup();
        frames.iter().for_each(|frame| self.fetched.want_frame(frame));
        Ok(())
    }

    /// Finds the rows that pass, counts them or queues them.
    fn filter_batch(&mut self) -> Result<()> {
        let (paths, objects) = (self.paths()?, self.objects()?);
        let mut batch = std::mem::take(&mut self.batch);
        for unit in &mut batch {
            if let Some(directory) = unit.directory.take() {
                let shapes = directory.shapes;
                unit.facts = Some(self.reader.learn_group(
                    unit.group,
                    directory,
                    self.fetched.frame("shapes", &shapes)?,
                    &paths,
                )?);
            }
            let rows = unit.directory()?.rows;
            if self.fetched.frame("rows", &rows).is_ok() || self.needs_rows(unit)? {
                unit.learn_rows(&self.reader, &self.fetched, objects.len())?;
            }
            self.filter_unit(unit, &paths, &objects)?;
        }
        self.batch = batch;
        self.phase = Phase::Output;
        if self.aggregator.is_some() {
            self.end_batch();
            return Ok(());
        }
        self.want_for_output()
    }

    fn filter_unit(&mut self, unit: &mut Unit, paths: &Paths, objects: &[SourceObject]) -> Result<()> {
        let context = Context { filter: &self.filter, reaches: &self.reaches, paths, objects, fetched: &self.fetched };
        let mut evaluation = Evaluation::new(context);
        let entry = &self.reader.address.groups[unit.group];
        for page in unit.pages.clone() {
            let mut set = evaluation.page(unit, page)?;
            self.cost.events_scanned += set.rows() as u64;
            let facts = unit.facts()?.clone();
            let is_cut = !self.time.covers(&entry.pages[page]);
            let places = if is_cut || !self.dead.is_empty() || self.aggregator.is_none() {
                facts.shapes.time_places(page)
            } else {
                Vec::new()
            };
            if is_cut || !self.dead.is_empty() {
                let table = unit.rows()?;
                for row in set.clone().iter() {
                    let at = facts.shapes.page_rows[page] + places[row] as usize;
                    if !self.time.contains(table.times[at]) || self.dead.contains(&(table.objects[at] as u32)) {
                        set.remove(row);
                    }
                }
            }
            self.cost.events_matched += set.len() as u64;
            if let Some(aggregator) = &mut self.aggregator {
                if !set.is_empty() {
                    let context = AggregateContext { paths, objects, fetched: &self.fetched };
                    aggregator.add_page(&context, unit, page, &set)?;
                }
                continue;
            }
            let table = unit.rows()?;
            self.queue.extend(
                set.iter().map(|row| {
                    let at = facts.shapes.page_rows[page] + places[row] as usize;
                    let key = (table.times[at], table.objects[at] as u32, table.records[at] as u64);
                    Found { key, group: unit.group as u32, page: page as u32, row: row as u32 }
                }),
                objects,
            );
        }
        if let Some(aggregator) = &mut self.aggregator {
            self.cost.pages_read += unit.pages.len() as u64;
            aggregator.end_group();
        }
        Ok(())
    }

    /// Asks for what the rows still in the queue are made of.
    fn want_for_output(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        for unit in &batch {
            let pages = self.queue.pages_of(unit.group as u32);
            if pages.is_empty() || self.is_direct {
                continue;
            }
            match &self.wanted_paths {
                None => self.want_whole(&Unit::new(unit.group, pages), false),
                Some(nodes) => {
                    let directory = unit.directory()?;
                    let columns = directory
                        .columns
                        .iter()
                        .enumerate()
                        .filter(|(_, column)| nodes.binary_search(&column.node).is_ok());
                    for (column, _) in columns {
                        pages
                            .iter()
                            .filter_map(|&page| Unit::frame_of(directory, column, page))
                            .for_each(|frame| self.fetched.want_frame(&frame));
                    }
                }
            }
        }
        self.batch = batch;
        Ok(())
    }

    fn write_batch(&mut self) -> Result<()> {
        let (paths, objects) = (self.paths()?, self.objects()?);
        for unit in &mut self.batch {
            for page in self.queue.pages_of(unit.group as u32) {
                self.cost.pages_read += 1;
                let writer = PageWriter {
                    paths: &paths,
                    objects: &objects,
                    fetched: &self.fetched,
                    wanted: &self.wanted,
                    wanted_paths: self.wanted_paths.as_deref(),
                };
                let rows = self.queue.rows_of(unit.group as u32, page as u32);
                let written = writer.write(unit, page, &rows)?;
                self.queue.put_json(unit.group as u32, page as u32, &rows, written);
            }
        }
        self.end_batch();
        Ok(())
    }

    fn end_batch(&mut self) {
        self.batch.clear();
        self.fetched.clear();
        self.phase = Phase::Directories;
    }

    /// Rows strictly behind this time are no longer wanted.
    pub fn narrow(&mut self, floor_ns: i64) {
        self.queue.narrow(floor_ns);
    }

    /// Rows that nothing still to come can stand before, since the last call.
    pub fn take_rows(&mut self) -> Vec<OutputRow> {
        let Some(objects) = self.reader.objects() else { return Vec::new() };
        let next = if self.phase == Phase::Done { None } else { self.pages.next_bound(&self.batch) };
        let rows = self.queue.take(self.phase == Phase::Done, next);
        rows.into_iter()
            .map(|(found, json)| OutputRow {
                time_ns: found.key.0,
                object: objects[found.key.1 as usize].url.clone(),
                record: found.key.2,
                json,
            })
            .collect()
    }

    /// The aggregate so far.
    pub fn partial(&self) -> Vec<u8> {
        match (&self.aggregator, &self.plan.aggregate) {
            (Some(aggregator), Some(aggregate)) => aggregator.partial().dump(aggregate),
            _ => Partial::default().dump(&super::plan::Aggregate { by: Vec::new(), functions: Vec::new() }),
        }
    }

    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The tokens that the index was asked for, and the pages that are left to read.
    pub fn explain(&self) -> (Vec<String>, usize) {
        let tokens = self.index.tokens.iter().map(|token| String::from_utf8_lossy(token).into_owned());
        (tokens.collect(), self.pages.len())
    }
}

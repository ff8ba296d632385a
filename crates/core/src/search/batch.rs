//! Working through the groups of a segment, some at a time: directories, then values, then output.
use super::aggregate::AggregateContext;
use super::evaluate::{Context, Evaluation, columns_to_read};
use super::leaf::{LeafSearch, Phase};
use super::output::PageWriter;
use super::rows::Found;
use super::unit::Unit;
use crate::error::Result;
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;

/// Bytes of values that are held at a time; bounds a worker's memory.
const BATCH_BYTES_MAX: u64 = 8 << 20;

/// Directories that are fetched in one round.
const STEP_GROUPS_MAX: usize = 64;

impl LeafSearch {
    /// Asks for the directories of the next groups.
    pub(super) fn look_ahead(&mut self) {
        // A search that may stop early starts with one group; one that needs them all saves rounds.
        let step = if self.queue.limit().is_none() || self.is_direct { STEP_GROUPS_MAX } else { self.step };
        self.step = (self.step * 2).min(STEP_GROUPS_MAX);
        while self.ahead.len() < step {
            let Some((group, pages)) = self.pages.next_group(self.queue.bound()) else { break };
            let mut unit = Unit::new(group, pages);
            unit.facts = self.reader.group(group);
            if self.is_direct {
                self.want_whole(&unit, unit.facts.is_none());
            } else if unit.facts.is_none() {
                self.fetched.want_frame(&self.reader.directory_location(group));
            }
            self.ahead.push(unit);
        }
        self.ahead.reverse();
        self.cost.groups_read += self.ahead.len() as u64;
    }

    /// Strips and pages of a unit, and its directory.
    fn want_whole(&mut self, unit: &Unit, with_directory: bool) {
        let entry = &self.reader.address.groups[unit.group];
        let start = if with_directory { entry.offset } else { entry.strips_offset() };
        let end = entry.strips_offset() + u64::from(entry.strips_length);
        self.fetched.want(start, end - start);
        for &page in &unit.pages {
            self.fetched.want(entry.body_offset(page), u64::from(entry.pages[page].body_length));
        }
    }

    /// Reads the directories that came, and asks for the values of as many groups as may be held at a time.
    pub(super) fn begin_batch(&mut self) -> Result<()> {
        if self.ahead.is_empty() {
            self.look_ahead();
            if self.ahead.is_empty() {
                self.phase = Phase::Done;
            }
            return Ok(());
        }
        let paths = self.paths()?;
        let mut ahead = std::mem::take(&mut self.ahead);
        for unit in ahead.iter_mut().filter(|unit| unit.facts.is_none() && unit.directory.is_none()) {
            let located = self.reader.directory_location(unit.group);
            let frame = self.fetched.frame("directory", &located)?;
            unit.directory = Some(self.reader.read_directory(unit.group, frame, &paths)?);
        }
        if !self.is_direct {
            self.fetched.clear();
        }
        while self.fetched.wanted_bytes() < BATCH_BYTES_MAX {
            let Some(unit) = ahead.pop() else { break };
            if let (None, Some(directory)) = (&unit.facts, &unit.directory) {
                self.fetched.want_frame(&directory.shapes);
            }
            self.want_for_filter(&unit)?;
            self.batch.push(unit);
        }
        self.ahead = ahead;
        self.phase = Phase::Filter;
        Ok(())
    }

    fn needs_rows(&self, unit: &Unit) -> bool {
        let entry = &self.reader.address.groups[unit.group];
        let is_cut = unit.pages.iter().any(|&page| !self.time.covers(&entry.pages[page]));
        let by_filter = self.filter.leaves.iter().any(|leaf| leaf.metadata.is_some());
        let by_output = self.aggregator.as_ref().is_none_or(|aggregator| aggregator.needs_rows());
        is_cut || by_filter || by_output || !self.dead.is_empty()
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
        if self.needs_rows(unit) || columns.iter().any(|&column| Unit::repeats_time(directory, column)) {
            self.fetched.want_frame(&directory.rows);
        }
        for &column in &columns {
            for &page in &unit.pages {
                if let Some(frame) = Unit::frame_of(directory, column, page) {
                    self.fetched.want_frame(&frame);
                }
            }
        }
        Ok(())
    }

    /// Finds the rows that pass, counts them or queues them.
    pub(super) fn filter_batch(&mut self) -> Result<()> {
        let (paths, objects) = (self.paths()?, self.objects()?);
        let mut batch = std::mem::take(&mut self.batch);
        for unit in &mut batch {
            if let Some(directory) = unit.directory.take() {
                let shapes = directory.shapes;
                let frame = self.fetched.frame("shapes", &shapes)?;
                unit.facts = Some(self.reader.learn_group(unit.group, directory, frame, &paths)?);
            }
            let rows = unit.directory()?.rows;
            if self.fetched.holds_frame(&rows) || self.needs_rows(unit) {
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
        let facts = unit.facts()?.clone();
        for page in unit.pages.clone() {
            let mut set = evaluation.page(unit, page)?;
            self.cost.events_scanned += set.rows() as u64;
            let start = facts.shapes.page_rows[page];
            let is_cut = !self.time.covers(&entry.pages[page]);
            let needs_places = is_cut || !self.dead.is_empty() || self.aggregator.is_none();
            let places = if needs_places && !set.is_empty() { facts.shapes.time_places(page) } else { Vec::new() };
            if is_cut || !self.dead.is_empty() {
                let table = unit.rows()?;
                for row in set.clone().iter() {
                    let at = start + places[row] as usize;
                    let object = table.objects[at] as u32;
                    if !self.time.contains(table.times[at]) || self.dead.contains(&object) {
                        set.remove(row);
                    }
                }
            }
            self.cost.events_matched += set.len() as u64;
            match &mut self.aggregator {
                Some(aggregator) if !set.is_empty() => {
                    let context = AggregateContext { paths, objects, fetched: &self.fetched };
                    aggregator.add_page(&context, unit, page, &set)?;
                }
                Some(_) => {}
                None => {
                    let table = unit.rows()?;
                    let found = set.iter().map(|row| {
                        let at = start + places[row] as usize;
                        let key = (table.times[at], table.objects[at] as u32, table.records[at] as u64);
                        Found { key, group: unit.group as u32, page: page as u32, row: row as u32 }
                    });
                    self.queue.extend(found, objects);
                }
            }
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
        let units = if self.is_direct { &[][..] } else { &batch[..] };
        for unit in units {
            let pages = self.queue.pages_of(unit.group as u32);
            match &self.wanted_paths {
                _ if pages.is_empty() => {}
                None => self.want_whole(&Unit::new(unit.group, pages), false),
                Some(nodes) => {
                    let directory = unit.directory()?;
                    let columns = directory.columns.iter().enumerate();
                    for (column, _) in columns.filter(|(_, column)| nodes.binary_search(&column.node).is_ok()) {
                        let frames = pages.iter().filter_map(|&page| Unit::frame_of(directory, column, page));
                        frames.for_each(|frame| self.fetched.want_frame(&frame));
                    }
                }
            }
        }
        self.batch = batch;
        Ok(())
    }

    pub(super) fn write_batch(&mut self) -> Result<()> {
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
        if !self.is_direct || self.ahead.is_empty() {
            self.fetched.clear();
        }
        self.phase = Phase::Directories;
    }

    /// Time that rows still to come can reach; None when none can come.
    pub(super) fn next_bound(&self) -> Option<i64> {
        let waiting = self.ahead.iter().chain(&self.batch).flat_map(|unit| {
            let entry = &self.reader.address.groups[unit.group];
            unit.pages.iter().map(|&page| &entry.pages[page])
        });
        self.pages.bound_with(waiting)
    }
}

//! Working through the groups of a segment, some at a time: directories, then values, then output.
use super::evaluate::{Context, Evaluation, columns_to_read};
use super::filter::Leaf;
use super::leaf::{LeafSearch, Phase};
use super::named::Surroundings;
use super::output::PageWriter;
use super::rows::{Found, PageRows};
use super::unit::Unit;
use crate::error::Result;
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;

/// Bytes of values that are held at a time; bounds a worker's memory.
pub(super) const BATCH_BYTES_MAX: u64 = 8 << 20;

/// Rows that are looked at together when those that pass are handed over: each that waits takes 100 bytes and more. A segment of
/// large events is one batch all the same.
pub(super) const BATCH_ROWS_MAX: u64 = 200_000;

/// Rows that are written before the caller may take them: the first must not wait for the last, nor memory hold them all.
pub(super) const OUTPUT_ROWS_MAX: usize = 4096;

/// Directories that are fetched in one round.
const STEP_GROUPS_MAX: usize = 64;

impl LeafSearch {
    /// Asks for the directories of the next groups.
    pub(super) fn look_ahead(&mut self) {
        // A search that may stop early starts with one group; one that needs them all saves rounds.
        let wants_all = self.queue.limit().is_none() || self.is_direct || self.has_few_pages;
        let step = if wants_all { STEP_GROUPS_MAX } else { self.step };
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
        let mut rows = 0;
        while self.fetched.wanted_bytes() < BATCH_BYTES_MAX && (rows < BATCH_ROWS_MAX || self.aggregator.is_some()) {
            let Some(mut unit) = ahead.pop() else { break };
            let entry = &self.reader.address.groups[unit.group];
            rows += unit.pages.iter().map(|&page| u64::from(entry.pages[page].rows)).sum::<u64>();
            if let (None, Some(directory)) = (&unit.facts, &unit.directory) {
                self.fetched.want_frame(&directory.shapes);
            }
            self.want_for_filter(&mut unit)?;
            self.batch.push(unit);
        }
        self.ahead = ahead;
        self.phase = Phase::Filter;
        Ok(())
    }

    fn needs_rows(&self, unit: &Unit) -> bool {
        let entry = &self.reader.address.groups[unit.group];
        let is_cut = unit.pages.iter().any(|&page| !self.time.covers(&entry.pages[page]));
        let by_filter = self.filter.leaves.iter().any(Leaf::needs_rows);
        let by_output = self.aggregator.as_ref().is_none_or(|aggregator| aggregator.needs_rows());
        is_cut || by_filter || by_output || !self.dead.is_empty()
    }

    /// Asks for what the filter and the aggregate look at.
    pub(super) fn want_for_filter(&mut self, unit: &mut Unit) -> Result<()> {
        let needs_rows = self.needs_rows(unit);
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
        let wants_rows = needs_rows || columns.iter().any(|&column| Unit::repeats_time(directory, column));
        if wants_rows {
            self.fetched.want_frame(&directory.rows);
        }
        for &column in &columns {
            for &page in &unit.pages {
                if let Some(frame) = Unit::frame_of(directory, column, page) {
                    self.fetched.want_frame(&frame);
                }
            }
        }
        unit.wants_rows = wants_rows;
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
            if unit.wants_rows {
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
        self.begin_output()
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
                    let context = Surroundings { paths, objects, fetched: &self.fetched };
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

    /// Asks for what the next rows are made of: all of a page's, and of so many pages as may be written at a time.
    fn want_for_output(&mut self) -> Result<()> {
        let mut rows = 0;
        while rows < OUTPUT_ROWS_MAX {
            let Some(page) = self.unwritten.pop() else { break };
            rows += page.len();
            self.writing.push(page);
        }
        if self.is_direct {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        for page in std::mem::take(&mut self.writing) {
            if let Some(unit) = batch.iter().find(|unit| unit.group == page.group) {
                self.want_page(unit, page.page)?;
            }
            self.writing.push(page);
        }
        self.batch = batch;
        Ok(())
    }

    pub(super) fn want_page(&mut self, unit: &Unit, page: usize) -> Result<()> {
        let Some(nodes) = &self.wanted_paths else {
            self.want_whole(&Unit::new(unit.group, vec![page]), false);
            return Ok(());
        };
        let directory = unit.directory()?;
        for (column, entry) in directory.columns.iter().enumerate() {
            if nodes.binary_search(&entry.node).is_ok()
                && let Some(frame) = Unit::frame_of(directory, column, page)
            {
                self.fetched.want_frame(&frame);
            }
        }
        Ok(())
    }

    /// Sorts the pages with rows by time, and asks for the first of them.
    fn begin_output(&mut self) -> Result<()> {
        self.unwritten = self.queue.take_unwritten();
        let groups = &self.reader.address.groups;
        let time = |page: &PageRows| {
            let entry = &groups[page.group].pages[page.page];
            if self.newest_first { entry.max_time_ns } else { entry.min_time_ns.wrapping_neg() }
        };
        self.unwritten.sort_by_key(time);
        let rows: usize = self.unwritten.iter().map(PageRows::len).sum();
        if rows > OUTPUT_ROWS_MAX && !self.is_direct {
            // What is held would let all be written at once; asking again gives the caller its turn.
            self.fetched.clear();
        }
        self.want_for_output()
    }

    pub(super) fn write_pages(&mut self) -> Result<()> {
        let (paths, objects) = (self.paths()?, self.objects()?);
        for page in std::mem::take(&mut self.writing) {
            let Some(unit) = self.batch.iter_mut().find(|unit| unit.group == page.group) else { continue };
            self.cost.pages_read += 1;
            let writer = PageWriter {
                paths: &paths,
                objects: &objects,
                fetched: &self.fetched,
                wanted: &self.wanted,
                wanted_paths: self.wanted_paths.as_deref(),
            };
            let written = writer.write(unit, page.page, &page.places())?;
            self.queue.put_written(page, written);
        }
        if self.unwritten.is_empty() {
            self.end_batch();
            return Ok(());
        }
        self.batch.iter_mut().for_each(Unit::forget_values);
        if !self.is_direct {
            self.fetched.clear();
        }
        self.want_for_output()
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
        // While rows are written, those of the batch are known: they wait by page.
        let batch = if self.phase == Phase::Output { &[][..] } else { &self.batch[..] };
        let groups = &self.reader.address.groups;
        let units = self.ahead.iter().chain(batch).flat_map(|unit| unit.pages.iter().map(|&page| (unit.group, page)));
        let pages = self.unwritten.iter().chain(&self.writing).map(|page| (page.group, page.page));
        self.pages.bound_with(units.chain(pages).map(|(group, page)| &groups[group].pages[page]))
    }
}

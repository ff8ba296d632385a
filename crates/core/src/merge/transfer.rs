//! One group of an input into the batch, page by page: rows as they stand there, by shape, and their values column by column.
//!
//! A text is looked up in the batch's dictionary once for each column and group it stands in, not once for each value: the values
//! themselves are positions, and are only renamed.
use super::input::{Input, Opened};
use crate::error::{DecodeError, Result};
use crate::format::column::Kind;
use crate::format::directory::Place;
use crate::format::rows::RowFacts;
use crate::search::bits::RowSet;
use crate::search::columns::Values;
use crate::search::evaluate::{Context, Evaluation};
use crate::search::fetch::Fetched;
use crate::search::group::Run;
use crate::search::metadata::RowTable;
use crate::search::reader::GroupFacts;
use crate::search::unit::Unit;
use crate::write::batch::{Batch, ColumnBuffer};
use crate::write::paths::NONE;
use std::sync::Arc;

/// A shape in the batch.
#[derive(Clone, Copy)]
struct TakenShape {
    number: u32,
    size_bytes: u32,
}

pub struct Transfer<'a> {
    pub(super) opened: &'a mut Opened,
    pub(super) kept_events: &'a mut u64,
    pub(super) fetched: &'a Fetched,
    pub(super) unit: Unit,
    pub(super) facts: Arc<GroupFacts>,
    pub(super) table: Arc<RowTable>,
    /// By page: the rows that are left, by place as stored; None: all.
    pub(super) left: Vec<Option<RowSet>>,
    /// By shape, origin, and column of the whole group: what it is in the batch, as far as it was needed.
    shapes: Vec<Option<TakenShape>>,
    origins: Vec<u32>,
    texts: Vec<Vec<u32>>,
}

impl<'a> Transfer<'a> {
    pub fn open(input: &'a mut Input, fetched: &'a Fetched, group: usize) -> Result<Self> {
        let reader = &input.reader;
        let entry = &reader.address.groups[group];
        let paths = input.opened.paths.clone();
        let located = reader.directory_location(group);
        let directory = reader.read_directory(group, fetched.frame("directory", &located)?, &paths)?;
        let frame = fetched.frame("shapes", &directory.shapes)?;
        let facts = Arc::new(reader.read_group(group, directory, frame, &paths)?);
        let mut unit = Unit::new(group, (0..entry.pages.len()).collect());
        unit.facts = Some(facts.clone());
        unit.learn_rows(reader, fetched, input.opened.objects.len())?;
        let table = unit.rows()?.clone();
        let left = rows_left(input, fetched, &mut unit)?;
        Ok(Self {
            shapes: vec![None; facts.shapes.shapes.len()],
            origins: vec![NONE; table.origins().len()],
            texts: vec![Vec::new(); facts.directory.columns.len()],
            opened: &mut input.opened,
            kept_events: &mut input.kept_events,
            fetched,
            unit,
            facts,
            table,
            left,
        })
    }

    /// The batch was emptied: what was known of it no longer holds.
    pub fn forget_batch(&mut self) {
        self.shapes.fill(None);
        self.origins.fill(NONE);
        self.texts.iter_mut().for_each(Vec::clear);
    }

    /// Adds the rows of a page that are left; false: none is.
    pub fn take_page(&mut self, page: usize, batch: &mut Batch) -> Result<bool> {
        let left = self.left[page].take();
        let facts = self.facts.clone();
        let rows = left.as_ref().map_or(facts.shapes.rows(page), RowSet::len);
        if rows == 0 {
            return Ok(false);
        }
        let first_row = batch.rows.len();
        self.take_rows(page, left.as_ref(), batch)?;
        let mut sizes = vec![0u32; rows];
        for column in 0..facts.directory.columns.len() {
            if facts.shapes.value_count(page, column) > 0 {
                self.take_column(page, column, left.as_ref(), batch, &mut sizes)?;
            }
        }
        batch.add_sizes(first_row, &sizes);
        self.unit.forget_page(page);
        *self.kept_events += rows as u64;
        Ok(true)
    }

    fn take_rows(&mut self, page: usize, left: Option<&RowSet>, batch: &mut Batch) -> Result<()> {
        let facts = self.facts.clone();
        let start = facts.shapes.page_rows[page];
        let places = facts.shapes.time_places(page);
        for run in &facts.shapes.runs[page] {
            let first = run.row as usize;
            for (row, &place) in (first..).zip(&places[first..first + run.rows as usize]) {
                if left.is_some_and(|left| !left.contains(row)) {
                    continue;
                }
                let shape = match self.shapes[run.shape as usize] {
                    Some(shape) => shape,
                    None => self.take_shape(run.shape, batch),
                };
                let at = start + place as usize;
                let origin = self.table.origin(at)?;
                if self.origins[origin] == NONE {
                    self.origins[origin] = batch.intern_origin(&self.table.origins()[origin]);
                }
                let row = RowFacts {
                    time_ns: self.table.times[at],
                    object: self.opened.numbers[self.table.objects[at] as usize],
                    record: self.table.records[at] as u64,
                    origin: self.origins[origin],
                };
                batch.take_row(shape.number, row, shape.size_bytes);
            }
        }
        Ok(())
    }

    fn take_shape(&mut self, shape: u32, batch: &mut Batch) -> TakenShape {
        let steps = self.steps(shape, &mut batch.paths);
        let taken = TakenShape { number: batch.intern_shape(&steps), size_bytes: batch.shape_size_bytes(&steps) };
        self.shapes[shape as usize] = Some(taken);
        taken
    }

    /// Adds the values of a column that belong to the rows that are left, and their lengths to `sizes`.
    fn take_column(
        &mut self,
        page: usize,
        column: usize,
        left: Option<&RowSet>,
        batch: &mut Batch,
        sizes: &mut [u32],
    ) -> Result<()> {
        let facts = self.facts.clone();
        let entry = &facts.directory.columns[column];
        let spans = spans(&facts, page, column, left);
        let count = spans.iter().map(|span| span.values.len()).sum();
        if count == 0 {
            return Ok(());
        }
        let damaged = |error: DecodeError| error.at("column", Unit::offset_of(entry, page));
        let (values, start) = self.unit.values(self.fetched, column, page)?;
        let node = self.opened.node(entry.node, &mut batch.paths);
        let buffer = batch.take_values(node, entry.kind, count);
        if entry.kind == Kind::Bool {
            return take_bools(buffer, &values, start, &spans).map_err(damaged);
        }
        let first = buffer.ids.len();
        let mut own = Vec::new();
        let known = if matches!(entry.place, Place::Pages(_)) { &mut own } else { &mut self.texts[column] };
        take_texts(buffer, &values, start, &spans, known).map_err(damaged)?;
        let mut ids = buffer.ids[first..].iter();
        for span in &spans {
            for row in &mut sizes[span.rows.clone()] {
                let lengths = ids.by_ref().take(span.per_row).map(|&id| buffer.dictionary.get(id).len() as u32);
                *row = row.saturating_add(lengths.fold(0, u32::saturating_add));
            }
        }
        Ok(())
    }
}

/// Neighbouring rows that are left, and their values in a column.
struct Span {
    /// Counted over the rows of the page that are left.
    rows: std::ops::Range<usize>,
    /// Counted over the values of the page.
    values: std::ops::Range<usize>,
    per_row: usize,
}

fn spans(facts: &GroupFacts, page: usize, column: usize, left: Option<&RowSet>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut add = |run: &Run, per_row: usize, first: usize, rows: std::ops::Range<usize>, at: usize| {
        let start = first + (rows.start - run.row as usize) * per_row;
        let length = rows.len();
        spans.push(Span { rows: at..at + length, values: start..start + length * per_row, per_row });
    };
    let Some(left) = left else {
        facts.shapes.for_each_run(page, column, |run, per_row, first| {
            let rows = run.row as usize..(run.row + run.rows) as usize;
            add(run, per_row, first, rows.clone(), rows.start);
        });
        return spans;
    };
    // Place of each row among those that are left.
    let mut places = vec![0; left.rows()];
    left.iter().enumerate().for_each(|(place, row)| places[row] = place);
    facts.shapes.for_each_run(page, column, |run, per_row, first| {
        let (mut row, end) = (run.row as usize, (run.row + run.rows) as usize);
        while row < end {
            let from = row;
            while row < end && left.contains(row) {
                row += 1;
            }
            if row > from {
                add(run, per_row, first, from..row, places[from]);
            }
            row += usize::from(row < end && !left.contains(row));
        }
    });
    spans
}

fn take_bools(
    buffer: &mut ColumnBuffer,
    values: &Values,
    start: usize,
    spans: &[Span],
) -> std::result::Result<(), DecodeError> {
    let Values::Bools(bools) = values else { return Err(DecodeError("column of bools holds something else")) };
    for span in spans {
        let range = start + span.values.start..start + span.values.end;
        buffer.ids.extend(bools[range].iter().map(|&value| u32::from(value)));
    }
    Ok(())
}

/// `known`: by text, its number in the batch, or NONE.
fn take_texts(
    buffer: &mut ColumnBuffer,
    values: &Values,
    start: usize,
    spans: &[Span],
    known: &mut Vec<u32>,
) -> std::result::Result<(), DecodeError> {
    let range = |span: &Span| start + span.values.start..start + span.values.end;
    let mut scratch = Vec::new();
    known.resize(values.text_count(), NONE);
    let mut fresh = Vec::new();
    for span in spans {
        values.for_each(range(span), |_, number| {
            if known[number] == NONE {
                known[number] = 0; // it is in `fresh` now, once
                fresh.push(number as u32);
            }
        });
    }
    let mut numbers = Vec::with_capacity(fresh.len());
    for &number in &fresh {
        buffer.dictionary.push(values.text(number as usize, &mut scratch)?, &mut numbers);
    }
    buffer.dictionary.settle(&mut numbers);
    for (&text, &number) in fresh.iter().zip(&numbers) {
        known[text as usize] = number;
    }
    for span in spans {
        values.for_each(range(span), |_, number| buffer.ids.push(known[number]));
    }
    Ok(())
}

/// The rows of each page that neither belong to a dropped object nor are deleted.
fn rows_left(input: &mut Input, fetched: &Fetched, unit: &mut Unit) -> Result<Vec<Option<RowSet>>> {
    let (facts, table) = (unit.facts()?.clone(), unit.rows()?.clone());
    let opened = &input.opened;
    let mut evaluations = Vec::new();
    for (deletion, reaches) in input.deletions.iter().zip(&opened.reaches) {
        let context =
            Context { filter: &deletion.filter, reaches, paths: &opened.paths, objects: &opened.objects, fetched };
        evaluations.push((deletion.time, Evaluation::new(context)));
    }
    let mut pages = Vec::new();
    for page in unit.pages.clone() {
        let rows = facts.shapes.rows(page);
        let (start, end) = (facts.shapes.page_rows[page], facts.shapes.page_rows[page + 1]);
        let has_dropped = table.objects[start..end].iter().any(|&object| opened.numbers[object as usize] == NONE);
        if evaluations.is_empty() && !has_dropped {
            pages.push(None);
            continue;
        }
        let places = facts.shapes.time_places(page);
        let mut left = RowSet::none(rows);
        for (row, &place) in places.iter().enumerate() {
            if opened.numbers[table.objects[start + place as usize] as usize] != NONE {
                left.insert(row);
            }
        }
        let alive = left.len();
        for (time, evaluation) in &mut evaluations {
            for row in evaluation.page(unit, page)?.iter() {
                if time.contains(table.times[start + places[row] as usize]) {
                    left.remove(row);
                }
            }
        }
        unit.forget_page(page);
        input.deleted_events += (alive - left.len()) as u64;
        pages.push(if left.is_full() { None } else { Some(left) });
    }
    Ok(pages)
}

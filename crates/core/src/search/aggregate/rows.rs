//! Which value of a named column each row has.
use super::super::metadata::Metadata;
use super::super::unit::{Unit, WHOLE_GROUP};
use super::super::value::Value;
use super::super::walk::{Step, walk};
use super::{AggregateContext, Aggregator, NONE, Named, columns_of};
use crate::error::Result;
use crate::format::column::Kind;
use crate::format::directory::Place;
use crate::format::paths::Paths;
use std::collections::HashMap;

impl Aggregator {
    /// For each row of the page the number of its value of a named column, or NONE.
    pub(super) fn row_numbers(
        &mut self,
        at: usize,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
    ) -> Result<Vec<u32>> {
        let facts = unit.facts()?.clone();
        let mut rows = vec![NONE; facts.shapes.rows(page)];
        let columns = columns_of(&self.named[at], &facts.directory);
        for &(column, is_position) in &columns {
            if facts.shapes.value_count(page, column) > 0 {
                self.add_column(at, context, unit, page, (column, is_position, &columns), &mut rows)?;
            }
        }
        if let Some(metadata) = self.named[at].metadata {
            self.add_metadata(metadata, context, unit, page, &mut rows)?;
        }
        Ok(rows)
    }

    /// Fills in the values of one of the columns that have the name; `columns` are all of them.
    fn add_column(
        &mut self,
        at: usize,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
        (column, is_position, columns): (usize, bool, &[(usize, bool)]),
        rows: &mut [u32],
    ) -> Result<()> {
        let facts = unit.facts()?.clone();
        let shapes = &facts.shapes;
        let (values, start) = unit.values(context.fetched, column, page)?;
        let entry = &facts.directory.columns[column];
        let scope = if matches!(entry.place, Place::Pages(_)) { page } else { WHOLE_GROUP };
        let mut numbers =
            self.named[at].numbers.remove(&(column, scope)).unwrap_or_else(|| vec![NONE; values.text_count()]);
        let mut failed = None;
        shapes.for_each_run(page, column, |run, per_row, first| {
            let is_named = |own: &&(u32, u32)| columns.iter().any(|(known, _)| *known == own.0 as usize);
            let nth = if is_position || shapes.columns_of(run.shape).iter().filter(is_named).nth(1).is_some() {
                let found = first_named(context.paths, shapes.shapes.steps(run.shape as usize), &self.named[at]);
                found.filter(|&(node, kind, _)| (node, kind) == (entry.node, entry.kind)).map(|(_, _, nth)| nth)
            } else {
                Some(0)
            };
            let Some(nth) = nth else { return };
            for row in 0..run.rows as usize {
                let text = values.number(start + first + row * per_row + nth);
                if numbers[text] == NONE {
                    match self.intern(entry.kind, &values, text) {
                        Ok(number) => numbers[text] = number,
                        Err(error) => failed = Some(error),
                    }
                }
                let slot = &mut rows[run.row as usize + row];
                if *slot == NONE {
                    *slot = numbers[text];
                }
            }
        });
        self.named[at].numbers.insert((column, scope), numbers);
        failed.map_or(Ok(()), Err)
    }

    /// Fills in the metadata of the rows that have no column of that name themselves.
    fn add_metadata(
        &mut self,
        metadata: Metadata,
        context: &AggregateContext<'_>,
        unit: &Unit,
        page: usize,
        rows: &mut [u32],
    ) -> Result<()> {
        let shapes = &unit.facts()?.shapes;
        let table = unit.rows()?;
        let start = shapes.page_rows[page];
        let mut known: HashMap<i64, u32> = HashMap::new();
        for (row, place) in
            shapes.time_places(page).into_iter().enumerate().filter(|(row, _)| rows[*row] == NONE).collect::<Vec<_>>()
        {
            let at = start + place as usize;
            let key = table.key(metadata.field, at)?;
            rows[row] = match known.get(&key) {
                Some(&number) => number,
                None => {
                    let text = table.text(metadata.field, at, context.objects)?;
                    let number = text.map_or(NONE, |text| self.intern_value(Value::new(metadata.kind(), &text)));
                    known.insert(key, number);
                    number
                }
            };
        }
        Ok(())
    }
}

/// The first value of the named column in an event of this shape: its path, its kind, and which of the values there it is.
fn first_named(paths: &Paths, steps: &[u32], named: &Named) -> Option<(u32, Kind, usize)> {
    let mut seen: HashMap<(u32, Kind), usize> = HashMap::new();
    let mut found = None;
    walk(steps, paths, true, |path, step, name| {
        let Step::Value(kind) = step else { return };
        if found.is_none() && named.nodes.iter().any(|&(node, _)| node == path) {
            let nth = seen.entry((path, kind)).or_default();
            if name == named.name {
                found = Some((path, kind, *nth));
            }
            *nth += 1;
        }
    });
    found
}

//! The values of one named column over the rows of a page: different values by number, and for each row the number of its one.
//!
//! A row's value is the first that the event has under the name; metadata columns are named the same way. Values stay where they
//! were decoded, and a number stays good for as long as the group is looked at, so that what is made of a value is made once.
use super::columns::Values;
use super::fetch::Fetched;
use super::metadata::Metadata;
use super::reader::GroupFacts;
use super::unit::{Unit, WHOLE_GROUP};
use super::walk::{Step, walk};
use crate::error::Result;
use crate::format::column::Kind;
use crate::format::directory::{Directory, Place};
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use std::collections::HashMap;
use std::sync::Arc;

/// Stands for "no value" where the number of one is asked for.
pub const NONE: u32 = u32::MAX;

/// What rows are looked at in.
pub struct Surroundings<'a> {
    pub paths: &'a Paths,
    pub objects: &'a [SourceObject],
    pub fetched: &'a Fetched,
}

/// A column by its name, and where a segment has it.
#[derive(Debug, Clone)]
pub struct NamedColumn {
    name: Vec<u8>,
    metadata: Option<Metadata>,
    /// Paths that may hold it, and whether it is one position of an array there.
    nodes: Vec<(u32, bool)>,
}

impl NamedColumn {
    /// Before it was looked for.
    pub fn nowhere(name: &[u8]) -> Self {
        Self { name: name.to_vec(), metadata: Metadata::named(name), nodes: Vec::new() }
    }

    /// Finds the name among the segment's paths.
    pub fn find(name: &[u8], paths: &Paths) -> Self {
        let metadata = Metadata::named(name);
        let nodes = match metadata {
            Some(metadata) if !metadata.yields => Vec::new(),
            _ => paths.named(name).into_iter().map(|(node, whole)| (node, !whole)).collect(),
        };
        Self { name: name.to_vec(), metadata, nodes }
    }

    pub fn is_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    /// The columns of a group that hold it, and whether it is one position there.
    pub fn columns(&self, directory: &Directory) -> Vec<(usize, bool)> {
        let found = self.nodes.iter().flat_map(|&(node, is_position)| {
            Kind::ALL.iter().filter_map(move |&kind| Some((directory.find(node, kind)?, is_position)))
        });
        found.collect()
    }

    pub fn metadata(&self) -> Option<Metadata> {
        self.metadata
    }

    /// Visits the rows of a page that have their value in one of the columns: the row, and the place of its value among those that
    /// the column has on the page. `columns` are all that hold the name.
    pub fn for_each_row(
        &self,
        paths: &Paths,
        facts: &GroupFacts,
        page: usize,
        (column, is_position, columns): (usize, bool, &[(usize, bool)]),
        mut visit: impl FnMut(usize, usize),
    ) {
        let shapes = &facts.shapes;
        let entry = &facts.directory.columns[column];
        shapes.for_each_run(page, column, |run, per_row, first| {
            let is_named = |own: &&(u32, u32)| columns.iter().any(|(known, _)| *known == own.0 as usize);
            let nth = if is_position || shapes.columns_of(run.shape).iter().filter(is_named).nth(1).is_some() {
                let found = self.first_in(paths, shapes.shapes.steps(run.shape as usize));
                found.filter(|&(node, kind, _)| (node, kind) == (entry.node, entry.kind)).map(|(_, _, nth)| nth)
            } else {
                Some(0)
            };
            let Some(nth) = nth else { return };
            for row in 0..run.rows as usize {
                visit(run.row as usize + row, first + row * per_row + nth);
            }
        });
    }

    /// The first value of that name in an event of this shape: its path, its kind, and which of the values there it is.
    fn first_in(&self, paths: &Paths, steps: &[u32]) -> Option<(u32, Kind, usize)> {
        let mut seen: HashMap<(u32, Kind), usize> = HashMap::new();
        let mut found = None;
        walk(steps, paths, true, |path, step, name| {
            let Step::Value(kind) = step else { return };
            if found.is_none() && self.nodes.iter().any(|&(node, _)| node == path) {
                let nth = seen.entry((path, kind)).or_default();
                if name == self.name {
                    found = Some((path, kind, *nth));
                }
                *nth += 1;
            }
        });
        found
    }
}

/// The numbers of the texts of one decoded column: its source, and for each text the number of its value.
pub type TextNumbers = (u32, Vec<u32>);

/// The values of a named column that were met in a group.
#[derive(Default)]
pub struct Cells {
    sources: Vec<Source>,
    /// Of each value: its source, and the number of its text there.
    places: Vec<(u32, u32)>,
    /// Of each column and scope: its source, and the numbers of its texts' values.
    numbers: HashMap<(usize, usize), TextNumbers>,
    /// Numbers of metadata values, by what decides them.
    metadata: HashMap<i64, u32>,
}

enum Source {
    Column(Kind, Arc<Values>),
    Metadata(Kind, Vec<u8>),
}

impl Cells {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The kind and the text of a value.
    pub fn get<'a>(&'a self, number: u32, buffer: &'a mut Vec<u8>) -> Result<(Kind, &'a [u8])> {
        let (source, text) = self.places[number as usize];
        Ok(match &self.sources[source as usize] {
            Source::Column(kind, values) => {
                (*kind, values.text(text as usize, buffer).map_err(|error| error.at("column", 0))?)
            }
            Source::Metadata(kind, text) => (*kind, text),
        })
    }

    /// The numbers of a column's texts, those that are known already; to be given back by `keep`.
    pub fn take(&mut self, column: usize, scope: usize, kind: Kind, values: &Arc<Values>) -> TextNumbers {
        match self.numbers.remove(&(column, scope)) {
            Some(known) => known,
            None => (self.source(Source::Column(kind, values.clone())), vec![NONE; values.text_count()]),
        }
    }

    pub fn keep(&mut self, column: usize, scope: usize, taken: TextNumbers) {
        self.numbers.insert((column, scope), taken);
    }

    /// A number for the text of a source.
    pub fn push(&mut self, source: u32, text: usize) -> u32 {
        self.places.push((source, text as u32));
        (self.places.len() - 1) as u32
    }

    /// For each row of the page the number of its value, or NONE.
    pub fn page(
        &mut self,
        named: &NamedColumn,
        around: &Surroundings<'_>,
        unit: &mut Unit,
        page: usize,
    ) -> Result<Vec<u32>> {
        let facts = unit.facts()?.clone();
        let mut rows = vec![NONE; facts.shapes.rows(page)];
        let columns = named.columns(&facts.directory);
        for &(column, is_position) in &columns {
            if facts.shapes.value_count(page, column) > 0 {
                self.add_column(named, around, unit, page, (column, is_position, &columns), &mut rows)?;
            }
        }
        if let Some(metadata) = named.metadata {
            self.add_metadata(metadata, around, unit, page, &mut rows)?;
        }
        Ok(rows)
    }

    fn source(&mut self, source: Source) -> u32 {
        self.sources.push(source);
        (self.sources.len() - 1) as u32
    }

    /// Fills in the values of one of the columns that have the name; `columns` are all of them.
    fn add_column(
        &mut self,
        named: &NamedColumn,
        around: &Surroundings<'_>,
        unit: &mut Unit,
        page: usize,
        (column, is_position, columns): (usize, bool, &[(usize, bool)]),
        rows: &mut [u32],
    ) -> Result<()> {
        let facts = unit.facts()?.clone();
        let (values, start) = unit.values(around.fetched, column, page)?;
        let entry = &facts.directory.columns[column];
        let scope = if matches!(entry.place, Place::Pages(_)) { page } else { WHOLE_GROUP };
        let (source, mut numbers) = self.take(column, scope, entry.kind, &values);
        named.for_each_row(around.paths, &facts, page, (column, is_position, columns), |row, place| {
            let text = values.number(start + place);
            if numbers[text] == NONE {
                numbers[text] = self.push(source, text);
            }
            let slot = &mut rows[row];
            if *slot == NONE {
                *slot = numbers[text];
            }
        });
        self.keep(column, scope, (source, numbers));
        Ok(())
    }

    /// Fills in the metadata of the rows that have no column of that name themselves.
    fn add_metadata(
        &mut self,
        metadata: Metadata,
        around: &Surroundings<'_>,
        unit: &Unit,
        page: usize,
        rows: &mut [u32],
    ) -> Result<()> {
        let shapes = &unit.facts()?.shapes;
        let table = unit.rows()?;
        let start = shapes.page_rows[page];
        for (row, place) in shapes.time_places(page).into_iter().enumerate() {
            if rows[row] != NONE {
                continue;
            }
            let at = start + place as usize;
            let key = table.key(metadata.field, at)?;
            rows[row] = match self.metadata.get(&key) {
                Some(&number) => number,
                None => {
                    let number = match table.text(metadata.field, at, around.objects)? {
                        None => NONE,
                        Some(text) => {
                            let source = self.source(Source::Metadata(metadata.kind(), text));
                            self.places.push((source, 0));
                            (self.places.len() - 1) as u32
                        }
                    };
                    self.metadata.insert(key, number);
                    number
                }
            };
        }
        Ok(())
    }
}

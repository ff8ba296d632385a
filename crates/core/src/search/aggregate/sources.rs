//! Where an operand's values come from: the column of its name in the event, or what is known about the event.
use super::super::metadata::{Field, Metadata};
use super::super::named::{NamedColumn, Surroundings};
use super::super::unit::{Unit, WHOLE_GROUP};
use super::cells::{Cells, NONE};
use super::made::CountedTexts;
use crate::error::Result;
use crate::format::directory::{Directory, Place};
use crate::format::paths::Paths;
use std::collections::HashMap;

/// A column as an aggregate names it.
pub struct Source {
    name: String,
    /// Where the segment has it.
    column: NamedColumn,
    /// Numbers of the values already seen, by column and scope; forgotten with the group.
    numbers: HashMap<(usize, usize), Vec<u32>>,
}

impl Source {
    pub fn new(name: &str) -> Self {
        let column = NamedColumn::nowhere(name.as_bytes());
        Self { name: name.to_string(), column, numbers: HashMap::new() }
    }

    pub fn metadata(&self) -> Option<Metadata> {
        self.column.metadata()
    }

    /// Finds the column among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        self.column = NamedColumn::find(self.name.as_bytes(), paths);
    }

    /// The columns of a group that may hold it, and whether it is one position of an array there.
    pub fn columns(&self, directory: &Directory) -> Vec<(usize, bool)> {
        self.column.columns(directory)
    }

    /// Numbers of values are given out anew.
    pub fn forget_values(&mut self) {
        self.numbers.clear();
    }

    /// Fills in the value of each row of the page.
    pub fn fill(&mut self, context: &Surroundings<'_>, unit: &mut Unit, page: usize, cells: &mut Cells) -> Result<()> {
        let facts = unit.facts()?.clone();
        cells.rows.clear();
        cells.rows.resize(facts.shapes.rows(page), NONE);
        let columns = self.columns(&facts.directory);
        for &(column, is_position) in &columns {
            if facts.shapes.value_count(page, column) > 0 {
                self.fill_column(context, unit, page, (column, is_position, &columns), cells)?;
            }
        }
        match self.metadata() {
            Some(metadata) => fill_metadata(metadata, context, unit, page, cells),
            None => Ok(()),
        }
    }

    /// For rows counted by the column's texts: the numbers of the values, each with its rows. `missing` rows do not have it.
    pub fn count(&mut self, texts: Option<&CountedTexts>, missing: u64, cells: &mut Cells) -> Result<Vec<(u32, u64)>> {
        let mut counted = Vec::new();
        if let Some(texts) = texts {
            let key = (texts.column, texts.scope);
            let mut numbers = self.numbers.remove(&key).unwrap_or_else(|| vec![NONE; texts.counts.len()]);
            let mut buffer = Vec::new();
            for (text, &count) in texts.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                if numbers[text] == NONE {
                    let bytes = texts.values.text(text, &mut buffer).map_err(|error| error.at("column", 0))?;
                    numbers[text] = cells.values.push(texts.kind, bytes);
                }
                counted.push((numbers[text], count));
            }
            self.numbers.insert(key, numbers);
        }
        if missing > 0 {
            counted.push((NONE, missing));
        }
        Ok(counted)
    }

    /// The numbers of a column's texts, where they are known already, and the scope of these numbers.
    pub fn take_numbers(&mut self, unit: &Unit, column: usize, page: usize, texts: usize) -> Result<(Vec<u32>, usize)> {
        let is_paged = matches!(unit.facts()?.directory.columns[column].place, Place::Pages(_));
        let scope = if is_paged { page } else { WHOLE_GROUP };
        Ok((self.numbers.remove(&(column, scope)).unwrap_or_else(|| vec![NONE; texts]), scope))
    }

    pub fn keep_numbers(&mut self, column: usize, scope: usize, numbers: Vec<u32>) {
        self.numbers.insert((column, scope), numbers);
    }

    /// Fills in the values of one of the columns that have the name; `columns` are all of them.
    fn fill_column(
        &mut self,
        context: &Surroundings<'_>,
        unit: &mut Unit,
        page: usize,
        (column, is_position, columns): (usize, bool, &[(usize, bool)]),
        cells: &mut Cells,
    ) -> Result<()> {
        let facts = unit.facts()?.clone();
        let (values, start) = unit.values(context.fetched, column, page)?;
        let kind = facts.directory.columns[column].kind;
        let (mut numbers, scope) = self.take_numbers(unit, column, page, values.text_count())?;
        let mut failed = None;
        let mut buffer = Vec::new();
        self.column.for_each_row(context.paths, &facts, page, (column, is_position, columns), |row, place| {
            let slot = &mut cells.rows[row];
            if *slot != NONE {
                return;
            }
            let text = values.number(start + place);
            if let (true, Some(integer)) = (numbers[text] == NONE, values.integer(text)) {
                numbers[text] = cells.values.push_integer(integer);
            } else if numbers[text] == NONE {
                match values.text(text, &mut buffer) {
                    Ok(bytes) => numbers[text] = cells.values.push(kind, bytes),
                    Err(error) => failed = Some(error.at("column", 0)),
                }
            }
            *slot = numbers[text];
        });
        self.keep_numbers(column, scope, numbers);
        failed.map_or(Ok(()), Err)
    }
}

/// Fills in the metadata of the rows that have no column of that name themselves.
fn fill_metadata(
    metadata: Metadata,
    context: &Surroundings<'_>,
    unit: &Unit,
    page: usize,
    cells: &mut Cells,
) -> Result<()> {
    let shapes = &unit.facts()?.shapes;
    let table = unit.rows()?;
    let start = shapes.page_rows[page];
    // Nearly every row has a time of its own: looking for another with the same costs more than it saves.
    let is_repeated = metadata.field != Field::Time;
    let mut known: HashMap<i64, u32> = HashMap::new();
    for (row, place) in shapes.time_places(page).into_iter().enumerate() {
        if cells.rows[row] != NONE {
            continue;
        }
        let at = start + place as usize;
        let key = table.key(metadata.field, at)?;
        if matches!(metadata.field, Field::TimeNs | Field::Record) {
            cells.rows[row] = cells.values.push_integer(key);
            continue;
        }
        if is_repeated && let Some(&number) = known.get(&key) {
            cells.rows[row] = number;
            continue;
        }
        let text = table.text(metadata.field, at, context.objects)?;
        let number = text.map_or(NONE, |text| cells.values.push(metadata.kind(), &text));
        cells.rows[row] = number;
        if is_repeated {
            known.insert(key, number);
        }
    }
    Ok(())
}

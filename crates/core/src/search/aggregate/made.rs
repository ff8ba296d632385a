//! An operand that an expression makes of columns.
use super::super::bits::RowSet;
use super::super::columns::Values;
use super::super::computed::{Computed, Results};
use super::super::metadata::Metadata;
use super::super::named::Surroundings;
use super::super::plan::ExpressionOperand;
use super::super::unit::Unit;
use super::cells::{Cells, NONE};
use crate::error::{CoreError, Result};
use crate::expression::Expression;
use crate::format::column::Kind;
use crate::format::directory::Directory;
use crate::format::paths::Paths;
use std::sync::Arc;

/// What an expression may make of a group of events. These hold 24 MiB, so this is one that makes texts ten times as long.
const GROUP_BYTES_MAX: usize = 256 << 20;

/// The rows of a page, counted by the texts of a column.
pub struct CountedTexts {
    pub column: usize,
    pub scope: usize,
    pub kind: Kind,
    pub values: Arc<Values>,
    pub counts: Vec<u64>,
}

pub struct Made {
    expression: Arc<Expression>,
    /// Where the segment has its columns.
    found: Option<Computed>,
    results: Results,
    /// Of each result its number among the operand's values.
    numbers: Vec<u32>,
    /// Of the values that were made in a group.
    bytes: usize,
}

impl Made {
    pub fn new(operand: &ExpressionOperand) -> Result<Self> {
        let expression = Computed::compile(&operand.expression)?;
        Ok(Self { expression, found: None, results: Results::default(), numbers: Vec::new(), bytes: 0 })
    }

    /// Finds the columns among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        self.found = Some(Computed::find(self.expression.clone(), paths));
    }

    /// The columns of a group that it looks at.
    pub fn columns(&self, directory: &Directory) -> Vec<usize> {
        self.found.as_ref().map(|found| found.columns(directory)).unwrap_or_default()
    }

    pub fn needs_rows(&self) -> bool {
        self.expression.columns().iter().any(|name| Metadata::named(name.as_bytes()).is_some())
    }

    /// Numbers of values are given out anew.
    pub fn forget_values(&mut self) {
        self.results = Results::default();
        self.numbers.clear();
        self.bytes = 0;
    }

    /// The columns of a group that hold the only column that decides the value; None where more than that decides it.
    pub fn only_columns(&self, directory: &Directory) -> Option<Vec<(usize, bool)>> {
        self.found.as_ref()?.only_columns(directory)
    }

    /// For rows counted by the texts of the only column: the numbers of the operand's values, each with its rows. `missing` rows
    /// do not have the column; `texts` is where it is, and nowhere when no row has it.
    pub fn count(&mut self, texts: Option<&CountedTexts>, missing: u64, cells: &mut Cells) -> Result<Vec<(u32, u64)>> {
        let Some(found) = &self.found else { return Ok(Vec::new()) };
        if self.results.begin_page(found) {
            self.numbers.clear();
        }
        let mut counted = Vec::new();
        if let Some(texts) = texts {
            let mut taken = self.results.only_cells().take(texts.column, texts.scope, texts.kind, &texts.values);
            for (text, &count) in texts.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                if taken.1[text] == NONE {
                    taken.1[text] = self.results.only_cells().push(taken.0, text);
                }
                counted.push((self.results.of_value(found, taken.1[text])?, count));
            }
            self.results.only_cells().keep(texts.column, texts.scope, taken);
        }
        if missing > 0 {
            counted.push((self.results.of_value(found, NONE)?, missing));
        }
        for (number, _) in &mut counted {
            *number = self.number_of(*number, cells)?;
        }
        Ok(counted)
    }

    /// The number among the operand's values of a result.
    fn number_of(&mut self, result: u32, cells: &mut Cells) -> Result<u32> {
        if result == NONE {
            return Ok(NONE);
        }
        if self.numbers.len() < self.results.len() {
            self.numbers.resize(self.results.len(), NONE);
        }
        let number = &mut self.numbers[result as usize];
        if *number == NONE {
            let (kind, text) = self.results.get(result);
            self.bytes += text.len();
            if self.bytes > GROUP_BYTES_MAX {
                let mib = GROUP_BYTES_MAX >> 20;
                return Err(CoreError::Limit(format!("an expression makes more than {mib} MiB of a group of events")));
            }
            *number = cells.values.push(kind, text);
        }
        Ok(*number)
    }

    /// Fills in the value of each row of the page that is in the set.
    pub fn fill(
        &mut self,
        context: &Surroundings<'_>,
        unit: &mut Unit,
        page: usize,
        set: &RowSet,
        cells: &mut Cells,
    ) -> Result<()> {
        let Some(found) = &self.found else { return Ok(()) };
        let (rows, forgot) = self.results.page(found, context, unit, page, set)?;
        if forgot {
            self.numbers.clear();
        }
        cells.rows.clear();
        for result in rows {
            let number = self.number_of(result, cells)?;
            cells.rows.push(number);
        }
        Ok(())
    }
}

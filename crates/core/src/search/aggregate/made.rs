//! An operand that an expression makes of columns.
use super::super::bits::RowSet;
use super::super::computed::{Computed, Results};
use super::super::metadata::Metadata;
use super::super::named::Surroundings;
use super::super::plan::ExpressionOperand;
use super::super::unit::Unit;
use super::AggregateContext;
use super::cells::{Cells, NONE};
use crate::error::Result;
use crate::expression::Expression;
use crate::format::directory::Directory;
use crate::format::paths::Paths;
use std::sync::Arc;

pub struct Made {
    expression: Arc<Expression>,
    /// Where the segment has its columns.
    found: Option<Computed>,
    results: Results,
    /// Of each result its number among the operand's values.
    numbers: Vec<u32>,
}

impl Made {
    pub fn new(operand: &ExpressionOperand) -> Result<Self> {
        let expression = Computed::compile(&operand.expression)?;
        Ok(Self { expression, found: None, results: Results::default(), numbers: Vec::new() })
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
    }

    /// Fills in the value of each row of the page that is in the set.
    pub fn fill(
        &mut self,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
        set: &RowSet,
        cells: &mut Cells,
    ) -> Result<()> {
        let Some(found) = &self.found else { return Ok(()) };
        let around = Surroundings { paths: context.paths, objects: context.objects, fetched: context.fetched };
        let (rows, forgot) = self.results.page(found, &around, unit, page, set)?;
        if forgot {
            self.numbers.clear();
        }
        self.numbers.resize(self.results.len(), NONE);
        cells.rows.clear();
        for result in rows {
            let number = match result {
                NONE => NONE,
                result if self.numbers[result as usize] == NONE => {
                    let (kind, text) = self.results.get(result);
                    self.numbers[result as usize] = cells.values.push(kind, text);
                    self.numbers[result as usize]
                }
                result => self.numbers[result as usize],
            };
            cells.rows.push(number);
        }
        Ok(())
    }
}

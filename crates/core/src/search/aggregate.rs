//! The aggregate over one segment: values are looked at once each, rows by the numbers of their values.
use super::bits::RowSet;
use super::named::Surroundings;
use super::partial::BUDGET;
use super::plan::{Aggregate, Operand};
use super::unit::{Unit, WHOLE_GROUP};
use crate::error::Result;
use crate::format::directory::{Directory, Place};
use crate::format::paths::Paths;
use intake::Intake;
use made::{CountedTexts, Made};
use sources::Source;

pub mod cells;
mod intake;
pub mod json_rows;
mod made;
mod sources;

pub struct Aggregator {
    intake: Intake,
    /// Of each of the intake's operands.
    inputs: Vec<Input>,
}

/// Where the values of an operand come from.
enum Input {
    Named(Source),
    Made(Made),
}

impl Input {
    fn of(operand: &Operand) -> Result<Self> {
        Ok(match operand {
            Operand::Column(name) => Self::Named(Source::new(name)),
            Operand::Expression(expression) => Self::Made(Made::new(expression)?),
        })
    }

    fn columns(&self, directory: &Directory) -> Vec<usize> {
        match self {
            Self::Named(source) => source.columns(directory).into_iter().map(|(column, _)| column).collect(),
            Self::Made(made) => made.columns(directory),
        }
    }
}

impl Aggregator {
    pub fn new(aggregate: &Aggregate) -> Result<Self> {
        let intake = Intake::new(aggregate, BUDGET)?;
        let inputs = intake.operands.iter().map(Input::of).collect::<Result<_>>()?;
        Ok(Self { intake, inputs })
    }

    /// Finds the operands' columns among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        for input in &mut self.inputs {
            match input {
                Input::Named(source) => source.resolve(paths),
                Input::Made(made) => made.resolve(paths),
            }
        }
    }

    /// The columns of a group that are needed.
    pub fn columns(&self, directory: &Directory) -> Vec<usize> {
        let mut columns: Vec<usize> = self.inputs.iter().flat_map(|input| input.columns(directory)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    pub fn needs_rows(&self) -> bool {
        self.inputs.iter().any(|input| match input {
            Input::Named(source) => source.metadata().is_some(),
            Input::Made(made) => made.needs_rows(),
        })
    }

    /// Lets go of what belongs to a group.
    pub fn end_group(&mut self) {
        for input in &mut self.inputs {
            match input {
                Input::Named(source) => source.forget_values(),
                Input::Made(made) => made.forget_values(),
            }
        }
        self.intake.forget_values();
    }

    /// Adds the rows of `set`.
    pub fn add_page(&mut self, context: &Surroundings<'_>, unit: &mut Unit, page: usize, set: &RowSet) -> Result<()> {
        if self.count_values(context, unit, page, set)? {
            self.intake.end_rows();
            return Ok(());
        }
        for (input, cells) in self.inputs.iter_mut().zip(&mut self.intake.cells) {
            match input {
                Input::Named(source) => source.fill(context, unit, page, cells)?,
                Input::Made(made) => made.fill(context, unit, page, set, cells)?,
            }
        }
        self.intake.add(set)
    }

    /// Counts by the texts of one column alone, which needs no look at single rows. False: it is not such a simple case.
    fn count_values(&mut self, context: &Surroundings<'_>, unit: &mut Unit, page: usize, set: &RowSet) -> Result<bool> {
        let [input] = &mut self.inputs[..] else { return Ok(false) };
        let columns = match input {
            Input::Named(source) if source.metadata().is_none() => Some(source.columns(&unit.facts()?.directory)),
            Input::Named(_) => None,
            Input::Made(made) => made.only_columns(&unit.facts()?.directory),
        };
        let Some(columns) = columns.filter(|_| self.intake.counts_values_only()) else { return Ok(false) };
        let Some(texts) = counted_texts(columns, context, unit, page, set)? else { return Ok(false) };
        let present = texts.as_ref().map_or(0, |texts| texts.counts.iter().sum());
        let missing = set.len() as u64 - present;
        let cells = &mut self.intake.cells[0];
        let counted = match input {
            Input::Named(source) => source.count(texts.as_ref(), missing, cells)?,
            Input::Made(made) => made.count(texts.as_ref(), missing, cells)?,
        };
        counted.into_iter().try_for_each(|(number, rows)| self.intake.count_value(number, rows))?;
        Ok(true)
    }

    /// The aggregate so far.
    pub fn partial(&self) -> Vec<u8> {
        self.intake.partial.dump()
    }
}

/// The rows of the set by the texts of the one column that the page has of these. The outer None: it is not so simple; the
/// inner one: the page has none of them.
fn counted_texts(
    mut columns: Vec<(usize, bool)>,
    context: &Surroundings<'_>,
    unit: &mut Unit,
    page: usize,
    set: &RowSet,
) -> Result<Option<Option<CountedTexts>>> {
    let facts = unit.facts()?.clone();
    columns.retain(|&(column, _)| facts.shapes.value_count(page, column) > 0);
    let column = match columns[..] {
        [] => return Ok(Some(None)),
        [(column, false)] => column,
        _ => return Ok(None),
    };
    let (values, start) = unit.values(context.fetched, column, page)?;
    let mut counts = vec![0u64; values.text_count()];
    let mut is_single = true;
    facts.shapes.for_each_run(page, column, |_, per_row, _| is_single &= per_row == 1);
    if set.is_full() && is_single {
        let end = start + facts.shapes.value_count(page, column);
        values.for_each(start..end, |_, text| counts[text] += 1);
    } else {
        facts.shapes.for_each_run(page, column, |run, per_row, first| {
            for row in (0..run.rows as usize).filter(|row| set.contains(run.row as usize + row)) {
                counts[values.number(start + first + row * per_row)] += 1;
            }
        });
    }
    let entry = &facts.directory.columns[column];
    let scope = if matches!(entry.place, Place::Pages(_)) { page } else { WHOLE_GROUP };
    Ok(Some(Some(CountedTexts { column, scope, kind: entry.kind, values, counts })))
}

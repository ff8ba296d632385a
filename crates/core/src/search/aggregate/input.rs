//! What gives an operand's values: a column, or an expression over columns.
use super::super::bits::RowSet;
use super::super::computed::Computed;
use super::super::plan::Operand;
use super::super::unit::Unit;
use super::AggregateContext;
use super::cells::{Cells, NONE, ValueList};
use super::sources::Source;
use crate::error::{CoreError, Result};
use crate::format::column::Kind;
use crate::format::directory::Directory;
use crate::format::paths::Paths;

/// What an expression may make of a group of events. These hold 24 MiB, so this is one that makes texts ten times as long.
const GROUP_BYTES_MAX: usize = 256 << 20;

pub enum Input {
    Column(Source),
    Computed(Box<Computed>),
}

/// Adds a value that an expression made.
pub fn push_made(values: &mut ValueList, kind: Kind, text: &[u8]) -> Result<u32> {
    if values.bytes() + text.len() > GROUP_BYTES_MAX {
        let mib = GROUP_BYTES_MAX >> 20;
        return Err(CoreError::Limit(format!("an expression makes more than {mib} MiB of a group of events")));
    }
    Ok(values.push(kind, text))
}

impl Input {
    pub fn new(operand: &Operand) -> Result<Self> {
        Ok(match operand {
            Operand::Column(name) => Self::Column(Source::new(name)),
            Operand::Expression(operand) => {
                Self::Computed(Box::new(Computed::new(Computed::compile(&operand.expression)?)))
            }
        })
    }

    /// Finds the columns among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        match self {
            Self::Column(source) => source.resolve(paths),
            Self::Computed(computed) => computed.resolve(paths),
        }
    }

    /// The columns of a group that may be looked at.
    pub fn columns(&self, directory: &Directory) -> Vec<(usize, bool)> {
        match self {
            Self::Column(source) => source.columns(directory),
            Self::Computed(computed) => computed.columns(directory),
        }
    }

    pub fn needs_rows(&self) -> bool {
        match self {
            Self::Column(source) => source.metadata.is_some(),
            Self::Computed(computed) => computed.needs_rows(),
        }
    }

    /// Numbers of values are given out anew.
    pub fn forget_values(&mut self) {
        match self {
            Self::Column(source) => source.forget_values(),
            Self::Computed(computed) => computed.forget_values(),
        }
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
        match self {
            Self::Column(source) => source.fill(context, unit, page, cells),
            Self::Computed(computed) => {
                let values = &mut cells.values;
                cells.rows =
                    computed.fill(context, unit, page, set, &mut |kind, text| push_made(values, kind, text))?;
                Ok(())
            }
        }
    }

    /// The column that alone decides the value.
    pub fn only_source(&mut self) -> Option<&mut Source> {
        match self {
            Self::Column(source) => Some(source),
            Self::Computed(computed) => computed.only_source().map(|(source, _)| source),
        }
    }

    /// The number, among the values of `cells`, of what comes of a text of the only column. `known` is where the source has the
    /// text's number.
    pub fn number_of(&mut self, known: &mut u32, kind: Kind, text: &[u8], cells: &mut Cells) -> Result<u32> {
        match self {
            Self::Column(_) => {
                if *known == NONE {
                    *known = cells.values.push(kind, text);
                }
                Ok(*known)
            }
            Self::Computed(computed) => {
                if *known == NONE
                    && let Some((_, own)) = computed.only_source()
                {
                    *known = own.values.push(kind, text);
                }
                computed.of_value(*known, &mut |kind, text| push_made(&mut cells.values, kind, text))
            }
        }
    }

    /// As `number_of` for rows that do not have the column.
    pub fn number_of_none(&mut self, cells: &mut Cells) -> Result<u32> {
        match self {
            Self::Column(_) => Ok(NONE),
            Self::Computed(computed) => {
                computed.of_value(NONE, &mut |kind, text| push_made(&mut cells.values, kind, text))
            }
        }
    }
}

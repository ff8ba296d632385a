//! A column's values over a group or a page, decoded for a search.
use super::group::GroupShapes;
use super::metadata::RowTable;
use crate::error::DecodeError;
use crate::format::column::{Column, StoredIds};
use crate::format::texts::{Texts, tick_ns};

/// Values by position; each has the number of a text.
pub enum Values {
    Const { text: Vec<u8>, count: usize },
    Bools(Vec<u8>),
    Texts { texts: Texts, ids: StoredIds },
}

impl Values {
    /// `times`: what a column that repeats the event time takes it from.
    pub fn decode(column: &Column<'_>, times: Option<(&RowTable, &GroupShapes)>) -> Result<Self, DecodeError> {
        if let Some(text) = column.constant() {
            return Ok(Self::Const { text: text.to_vec(), count: column.count });
        }
        if let Some(values) = column.bools()? {
            return Ok(Self::Bools(values.into_owned()));
        }
        let power_digits = column.row_epoch_power().map(|power| 9 - power).or(column.row_time_digits());
        if let Some(digits) = power_digits {
            let (rows, shapes) = times.ok_or(DecodeError("event times are not at hand"))?;
            let ticks = stored_ticks(rows, shapes, tick_ns(digits));
            if ticks.len() != column.count {
                return Err(DecodeError("column of event times has another length than the group"));
            }
            let texts =
                if column.row_time_digits().is_some() { Texts::Iso { ticks, digits } } else { Texts::Ints(ticks) };
            return Ok(Self::Texts { texts, ids: StoredIds::Own });
        }
        let decoded = column.decode()?;
        Ok(Self::Texts { texts: decoded.texts, ids: decoded.ids })
    }

    /// Decodes what says which value has which text; to be called before values are looked at by position.
    pub fn prepare(&self) -> Result<(), DecodeError> {
        match self {
            Self::Texts { ids, .. } => ids.prepare(),
            _ => Ok(()),
        }
    }

    /// Number of distinct texts; of values where there is no dictionary.
    pub fn text_count(&self) -> usize {
        match self {
            Self::Const { .. } => 1,
            Self::Bools(_) => 2,
            Self::Texts { texts, .. } => texts.len(),
        }
    }

    pub fn text<'a>(&'a self, number: usize, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Const { text, .. } => Ok(text),
            Self::Bools(_) => Ok(if number == 0 { b"false" } else { b"true" }),
            Self::Texts { texts, .. } => texts.get(number, buffer),
        }
    }

    /// The integer that a text says, where the column is stored as integers.
    #[inline]
    pub fn integer(&self, number: usize) -> Option<i64> {
        match self {
            Self::Texts { texts: Texts::Ints(integers), .. } => integers.get(number).copied(),
            _ => None,
        }
    }

    /// The number of the text of the value at `index`.
    #[inline]
    pub fn number(&self, index: usize) -> usize {
        match self {
            Self::Const { .. } => 0,
            Self::Bools(values) => values[index] as usize,
            Self::Texts { ids, .. } => ids.get().map_or(index, |ids| ids.get(index)),
        }
    }

    /// Calls `f(index, number of text)` for each value of the range.
    #[inline]
    pub fn for_each(&self, range: std::ops::Range<usize>, mut f: impl FnMut(usize, usize)) {
        match self {
            Self::Const { .. } => range.for_each(|index| f(index, 0)),
            Self::Bools(values) => range.for_each(|index| f(index, values[index] as usize)),
            Self::Texts { ids, .. } => match ids.get() {
                Some(ids) => ids.for_each(range, f),
                None => range.for_each(|index| f(index, index)),
            },
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Const { count, .. } => *count,
            Self::Bools(values) => values.len(),
            Self::Texts { texts, ids: StoredIds::Own } => texts.len(),
            Self::Texts { ids: StoredIds::Dictionary { count, .. }, .. } => *count,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Event times of all rows in stored order, in ticks.
fn stored_ticks(rows: &RowTable, shapes: &GroupShapes, tick_ns: i64) -> Vec<i64> {
    let mut ticks = Vec::with_capacity(rows.times.len());
    for page in 0..shapes.runs.len() {
        let start = shapes.page_rows[page];
        ticks.extend(shapes.time_places(page).iter().map(|&place| rows.times[start + place as usize] / tick_ns));
    }
    ticks
}

/// Whether a column repeats the event time and so needs the row table.
pub fn needs_times(column: &Column<'_>) -> bool {
    column.row_time_digits().is_some() || column.row_epoch_power().is_some()
}

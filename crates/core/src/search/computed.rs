//! Values that an expression makes of the columns of rows.
//!
//! Cost: one evaluation for each different value of its column in a group, or each different combination of its columns' values;
//! for a row only a look at a table. State: the results of a group, each once.
use super::bits::RowSet;
use super::named::{Cells, NONE, NamedColumn, Surroundings};
use super::numbers::NumberHasher;
use super::unit::Unit;
use crate::error::{CoreError, Result};
use crate::expression::number::Number;
use crate::expression::{Expression, Syntax, Value};
use crate::format::column::Kind;
use crate::format::directory::Directory;
use crate::format::paths::Paths;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Results that are kept from page to page. Beyond it they are forgotten and made again.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// Combinations of values whose results are kept from page to page.
const KEPT_COMBINATIONS_MAX: usize = 1 << 17;

/// Results of one page. A page has a few thousand rows of some kB at most, so this is one that makes its texts much longer.
const PAGE_BYTES_MAX: usize = 256 << 20;

/// What a result takes beside its text.
const RESULT_BYTES: usize = 64;

/// An expression whose columns were found in a segment.
pub struct Computed {
    expression: Arc<Expression>,
    columns: Vec<NamedColumn>,
}

impl Computed {
    pub fn compile(syntax: &Syntax) -> Result<Arc<Expression>> {
        Expression::compile_without_patterns(syntax).map(Arc::new)
    }

    pub fn find(expression: Arc<Expression>, paths: &Paths) -> Self {
        let columns = expression.columns().iter().map(|name| NamedColumn::find(name.as_bytes(), paths)).collect();
        Self { expression, columns }
    }

    /// The columns of a group that hold its only column; None where there are several, or where it is metadata.
    pub fn only_columns(&self, directory: &Directory) -> Option<Vec<(usize, bool)>> {
        match &self.columns[..] {
            [named] if !named.is_metadata() => Some(named.columns(directory)),
            _ => None,
        }
    }

    /// The columns of a group that it looks at.
    pub fn columns(&self, directory: &Directory) -> Vec<usize> {
        self.columns.iter().flat_map(|named| named.columns(directory)).map(|(column, _)| column).collect()
    }
}

/// The results over a group.
#[derive(Default)]
pub struct Results {
    cells: Vec<Cells>,
    /// By number of the value, where the expression has one column.
    by_value: Vec<u32>,
    by_values: HashMap<Box<[u32]>, u32, NumberHasher>,
    /// Each result once; its number is its place.
    list: Vec<Arc<(Kind, Vec<u8>)>>,
    numbers: HashMap<Arc<(Kind, Vec<u8>)>, u32>,
    bytes: usize,
    buffers: Vec<Vec<u8>>,
}

/// Not evaluated yet; NONE is the result null.
const UNKNOWN: u32 = NONE - 1;

impl Results {
    /// The kind and the text of a result.
    pub fn get(&self, number: u32) -> (Kind, &[u8]) {
        let result = &self.list[number as usize];
        (result.0, &result.1)
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// For each row of the page the number of its result; NONE where it is null, and for rows that are not in `among`. Numbers
    /// that were given before may be forgotten: `true` says so.
    pub fn page(
        &mut self,
        computed: &Computed,
        around: &Surroundings<'_>,
        unit: &mut Unit,
        page: usize,
        among: &RowSet,
    ) -> Result<(Vec<u32>, bool)> {
        let forgot = self.begin_page(computed);
        let columns = computed.columns.iter().zip(&mut self.cells);
        let columns =
            columns.map(|(named, cells)| cells.page(named, around, unit, page)).collect::<Result<Vec<_>>>()?;
        let mut rows = vec![NONE; among.rows()];
        if let [column] = &columns[..] {
            for row in among.iter() {
                rows[row] = self.of_value(computed, column[row])?;
            }
            return Ok((rows, forgot));
        }
        let mut key = vec![NONE; columns.len()];
        for row in among.iter() {
            key.iter_mut().zip(&columns).for_each(|(slot, column)| *slot = column[row]);
            rows[row] = match self.by_values.get(&key[..]) {
                Some(&number) => number,
                None => {
                    let number = self.evaluate(computed, &key)?;
                    self.by_values.insert(key.clone().into_boxed_slice(), number);
                    number
                }
            };
        }
        Ok((rows, forgot))
    }

    /// True: the numbers that were given before are forgotten, as they took too much memory.
    pub fn begin_page(&mut self, computed: &Computed) -> bool {
        let forgets = self.bytes > KEPT_BYTES_MAX || self.by_values.len() > KEPT_COMBINATIONS_MAX;
        if forgets {
            *self = Self::default();
        }
        self.cells.resize_with(computed.columns.len(), Cells::default);
        forgets
    }

    /// The number of the result for a value of the only column, NONE for rows without one.
    #[inline]
    pub fn of_value(&mut self, computed: &Computed, number: u32) -> Result<u32> {
        // The value that is not there has a place of its own, the first.
        let place = number.wrapping_add(1) as usize;
        match self.by_value.get(place) {
            Some(&result) if result != UNKNOWN => Ok(result),
            _ => {
                let result = self.evaluate(computed, &[number])?;
                self.by_value.resize((self.cells[0].len() + 1).max(self.by_value.len()), UNKNOWN);
                self.by_value[place] = result;
                Ok(result)
            }
        }
    }

    /// The values of the only column.
    pub fn only_cells(&mut self) -> &mut Cells {
        &mut self.cells[0]
    }

    fn evaluate(&mut self, computed: &Computed, numbers: &[u32]) -> Result<u32> {
        let mut buffers = std::mem::take(&mut self.buffers);
        buffers.resize_with(numbers.len(), Vec::new);
        let values = self.cells.iter().zip(numbers).zip(&mut buffers);
        let row = values.map(|((cells, &number), buffer)| value(cells, number, buffer)).collect::<Result<Vec<_>>>()?;
        let result = stored(computed.expression.evaluate(&row));
        drop(row);
        self.buffers = buffers;
        result.map_or(Ok(NONE), |result| self.number_of(result))
    }

    fn number_of(&mut self, result: (Kind, Vec<u8>)) -> Result<u32> {
        if let Some(&number) = self.numbers.get(&result) {
            return Ok(number);
        }
        self.bytes += result.1.len() + RESULT_BYTES;
        if self.bytes > PAGE_BYTES_MAX {
            let mib = PAGE_BYTES_MAX >> 20;
            return Err(CoreError::Limit(format!("an expression makes more than {mib} MiB of a page of events")));
        }
        let number = self.list.len() as u32;
        let result = Arc::new(result);
        self.list.push(result.clone());
        self.numbers.insert(result, number);
        Ok(number)
    }
}

fn value<'a>(cells: &'a Cells, number: u32, buffer: &'a mut Vec<u8>) -> Result<Value<'a>> {
    if number == NONE {
        return Ok(Value::Null);
    }
    let (kind, text) = cells.get(number, buffer)?;
    Ok(looked_at(kind, text))
}

/// The value of a column as expressions take it.
pub fn looked_at(kind: Kind, text: &[u8]) -> Value<'_> {
    match kind {
        Kind::Number => Value::Number(Number::from_text(text)),
        Kind::Bool => Value::Bool(text == b"true"),
        Kind::Text => Value::Text(Cow::Borrowed(text)),
    }
}

/// A result as columns hold values; an array is its JSON text.
pub fn stored(value: Value<'_>) -> Option<(Kind, Vec<u8>)> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some((Kind::Bool, value.to_string().into_bytes())),
        Value::Number(number) => Some((Kind::Number, number.text().into_owned())),
        Value::Text(text) => Some((Kind::Text, text.into_owned())),
        array @ Value::Array(_) => Some((Kind::Text, array.to_json())),
    }
}

//! What is made of the values of an expression over rows: for an aggregate the numbers of its values, for a filter whether they pass.
//!
//! Cost: one evaluation for each different value of its column in a group, or for each different combination of its columns'
//! values; for a row only a look at a table. State: the columns' values in a group, and a number for each.
use super::aggregate::AggregateContext;
use super::aggregate::cells::{Cells, NONE};
use super::aggregate::sources::Source;
use super::bits::RowSet;
use super::numbers::NumberHasher;
use super::unit::Unit;
use super::value::ValueRef;
use crate::error::Result;
use crate::expression::number::Number;
use crate::expression::{Expression, Syntax, Value};
use crate::format::column::Kind;
use crate::format::directory::Directory;
use crate::format::paths::Paths;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Combinations of values that are remembered; beyond it they are worked out again.
const COMBINATIONS_MAX: usize = 1 << 17;

/// Not worked out yet; NONE is the value null.
const UNKNOWN: u32 = NONE - 1;

/// Makes a number of a value that is not null: its kind and its text, as columns hold values.
pub type Make<'m> = dyn FnMut(Kind, &[u8]) -> Result<u32> + 'm;

/// An expression over the columns of a segment.
pub struct Computed {
    expression: Arc<Expression>,
    sources: Vec<Source>,
    /// The columns' values, each as it is spelled.
    cells: Vec<Cells>,
    /// With one column: what was made of each value; the first is that of rows without one.
    by_value: Vec<u32>,
    by_values: HashMap<Box<[u32]>, u32, NumberHasher>,
}

impl Computed {
    pub fn compile(syntax: &Syntax) -> Result<Arc<Expression>> {
        Expression::compile_without_patterns(syntax).map(Arc::new)
    }

    pub fn new(expression: Arc<Expression>) -> Self {
        let sources = expression.columns().iter().map(|name| Source::new(name)).collect();
        Self::with(expression, sources)
    }

    /// The same for another group, with nothing remembered.
    pub fn fresh(&self) -> Self {
        Self::with(self.expression.clone(), self.sources.clone())
    }

    fn with(expression: Arc<Expression>, sources: Vec<Source>) -> Self {
        let cells = sources.iter().map(|_| Cells::spelled()).collect();
        Self { expression, sources, cells, by_value: Vec::new(), by_values: HashMap::default() }
    }

    /// Finds the columns among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        self.sources.iter_mut().for_each(|source| source.resolve(paths));
    }

    /// The columns of a group that it looks at.
    pub fn columns(&self, directory: &Directory) -> Vec<(usize, bool)> {
        self.sources.iter().flat_map(|source| source.columns(directory)).collect()
    }

    pub fn needs_rows(&self) -> bool {
        self.sources.iter().any(|source| source.metadata.is_some())
    }

    /// Forgets what belongs to a group.
    pub fn forget_values(&mut self) {
        *self = self.fresh();
    }

    /// Its column and that one's values, where there is one column alone.
    pub fn only_source(&mut self) -> Option<(&mut Source, &mut Cells)> {
        match (&mut self.sources[..], &mut self.cells[..]) {
            ([source], [cells]) => Some((source, cells)),
            _ => None,
        }
    }

    /// For each row of `among` what is made of its value; NONE where that is null, and for all other rows.
    pub fn fill(
        &mut self,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
        among: &RowSet,
        make: &mut Make<'_>,
    ) -> Result<Vec<u32>> {
        for (source, cells) in self.sources.iter_mut().zip(&mut self.cells) {
            source.fill(context, unit, page, cells)?;
        }
        let mut rows = vec![NONE; among.rows()];
        if self.sources.len() == 1 {
            for row in among.iter() {
                rows[row] = self.of_value(self.cells[0].rows[row], make)?;
            }
            return Ok(rows);
        }
        let mut key = vec![NONE; self.sources.len()];
        for row in among.iter() {
            key.iter_mut().zip(&self.cells).for_each(|(slot, cells)| *slot = cells.rows[row]);
            rows[row] = match self.by_values.get(&key[..]) {
                Some(&number) => number,
                None => {
                    let number = self.evaluate(&key, make)?;
                    if self.by_values.len() >= COMBINATIONS_MAX {
                        self.by_values.clear();
                    }
                    self.by_values.insert(key.clone().into_boxed_slice(), number);
                    number
                }
            };
        }
        Ok(rows)
    }

    /// What is made of a value of the only column.
    #[inline]
    pub fn of_value(&mut self, number: u32, make: &mut Make<'_>) -> Result<u32> {
        let slot = number.wrapping_add(1) as usize;
        match self.by_value.get(slot) {
            Some(&made) if made != UNKNOWN => Ok(made),
            _ => {
                if slot >= self.by_value.len() {
                    self.by_value.resize(self.cells[0].values.len() + 1, UNKNOWN);
                }
                self.by_value[slot] = self.evaluate(&[number], make)?;
                Ok(self.by_value[slot])
            }
        }
    }

    fn evaluate(&self, numbers: &[u32], make: &mut Make<'_>) -> Result<u32> {
        let row: Vec<Value<'_>> =
            self.cells.iter().zip(numbers).map(|(cells, &number)| value_of(cells, number)).collect();
        with_stored(self.expression.evaluate(&row), make)
    }
}

/// A value by its number, as expressions take it.
pub fn value_of(cells: &Cells, number: u32) -> Value<'_> {
    if number == NONE {
        return Value::Null;
    }
    match cells.values.get(number) {
        ValueRef::Null => Value::Null,
        ValueRef::Number(text) => looked_at(Kind::Number, text),
        ValueRef::Text(text) => looked_at(Kind::Text, text),
        ValueRef::Bool(value) => Value::Bool(value),
    }
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

/// Gives a result as columns hold values to `make`; NONE when it is null.
pub fn with_stored(value: Value<'_>, make: &mut Make<'_>) -> Result<u32> {
    stored(value).map_or(Ok(NONE), |(kind, text)| make(kind, &text))
}

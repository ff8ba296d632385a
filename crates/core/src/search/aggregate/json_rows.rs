//! The aggregate over rows that come as JSON, for stages that run at the root.
use super::super::bits::RowSet;
use super::super::computed::{Computed, value_of, with_stored};
use super::super::partial::{BUDGET, Budget};
use super::super::plan::{Aggregate, Operand};
use super::super::value::Value;
use super::cells::{Cells, NONE, ValueList};
use super::input::push_made;
use super::intake::Intake;
use crate::error::{CoreError, Result};
use crate::expression::{self, Expression};
use crate::format::column::Kind;
use crate::parse::json::string::{plain_end, unescape};
use crate::value::decimal::number_end;
use std::sync::Arc;

/// Collects rows of scalars.
pub struct RowAggregate {
    intake: Intake,
    columns: Vec<String>,
    /// Of each column its values in the rows at hand, as they are spelled.
    read: Vec<Cells>,
    /// Of each of the intake's operands.
    inputs: Vec<Input>,
}

/// What gives an operand's values; columns by their place.
enum Input {
    Column(usize),
    Computed(Arc<Expression>, Vec<usize>),
}

impl RowAggregate {
    pub fn new(aggregate: &Aggregate) -> Result<Self> {
        Self::with_budget(aggregate, BUDGET)
    }

    pub fn with_budget(aggregate: &Aggregate, budget: Budget) -> Result<Self> {
        let intake = Intake::new(aggregate, budget)?;
        let mut columns: Vec<String> = Vec::new();
        let mut place = |name: &str| {
            columns.iter().position(|known| known == name).unwrap_or_else(|| {
                columns.push(name.to_string());
                columns.len() - 1
            })
        };
        let input = |operand: &Operand| {
            Ok(match operand {
                Operand::Column(name) => Input::Column(place(name)),
                Operand::Expression(operand) => {
                    let expression = Computed::compile(&operand.expression)?;
                    let places = expression.columns().iter().map(|name| place(name)).collect();
                    Input::Computed(expression, places)
                }
            })
        };
        let inputs = intake.operands.iter().map(input).collect::<Result<_>>()?;
        let read = columns.iter().map(|_| Cells::spelled()).collect();
        Ok(Self { intake, columns, read, inputs })
    }

    /// Names of the columns that it reads, as `push` wants their values.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Adds rows: a JSON array of arrays, each with a scalar for each column.
    pub fn push(&mut self, json: &[u8]) -> Result<()> {
        self.intake.forget_values();
        for cells in &mut self.read {
            cells.values.clear();
            cells.rows.clear();
        }
        let mut reader = Reader { text: json, at: 0, buffer: Vec::new() };
        let mut rows = 0;
        let columns = self.columns.len();
        let cells = &mut self.read;
        let read = reader.array(|reader| {
            let mut column = 0;
            reader.array(|reader| {
                let scalar = reader.scalar()?;
                let own = cells.get_mut(column)?;
                own.rows.push(match scalar {
                    Scalar::Null => NONE,
                    Scalar::Number(text) => own.values.push(Kind::Number, text),
                    Scalar::Text(text) => own.values.push(Kind::Text, text),
                    Scalar::Bool(value) => own.values.push(Kind::Bool, if value { b"true" } else { b"false" }),
                });
                column += 1;
                Some(())
            })?;
            rows += 1;
            (column == columns).then_some(())
        });
        if read.is_none() || reader.skip_space() != json.len() {
            let wanted = format!("rows of {columns} scalars as JSON, found something else at byte {}", reader.at);
            return Err(CoreError::Usage(format!("wanted {wanted}")));
        }
        for (input, cells) in self.inputs.iter().zip(&mut self.intake.cells) {
            let Cells { values, rows: numbers } = cells;
            numbers.clear();
            for row in 0..rows {
                numbers.push(input.number_of(&self.read, row, values)?);
            }
        }
        self.intake.add(&RowSet::all(rows))
    }

    pub fn partial(&self) -> Vec<u8> {
        self.intake.partial.dump()
    }
}

impl Input {
    /// The number among `values` of the operand's value in a row.
    fn number_of(&self, read: &[Cells], row: usize, values: &mut ValueList) -> Result<u32> {
        match self {
            Self::Column(place) => {
                with_stored(value(&read[*place], row), &mut |kind, text| Ok(values.push(kind, text)))
            }
            Self::Computed(expression, places) => {
                let row: Vec<_> = places.iter().map(|&place| value(&read[place], row)).collect();
                with_stored(expression.evaluate(&row), &mut |kind, text| push_made(values, kind, text))
            }
        }
    }
}

fn value(cells: &Cells, row: usize) -> expression::Value<'_> {
    value_of(cells, cells.rows[row])
}

enum Scalar<'a> {
    Null,
    Number(&'a [u8]),
    Text(&'a [u8]),
    Bool(bool),
}

/// Reads arrays of scalars; what is something else is None.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) -> usize {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.at
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let at = self.skip_space();
        (self.text.get(at) == Some(&byte)).then(|| self.at += 1)
    }

    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    fn scalar(&mut self) -> Option<Scalar<'_>> {
        let start = self.skip_space();
        let word = |word: &[u8]| self.text[start..].starts_with(word).then_some(start + word.len());
        if let Some(end) = word(b"null") {
            self.at = end;
            return Some(Scalar::Null);
        }
        if let Some(end) = word(b"true").or_else(|| word(b"false")) {
            self.at = end;
            return Some(Scalar::Bool(self.text[start] == b't'));
        }
        if self.text.get(start) == Some(&b'"') {
            let end = plain_end(self.text, start + 1)?;
            if self.text[end] == b'"' {
                self.at = end + 1;
                return Some(Scalar::Text(&self.text[start + 1..end]));
            }
            self.at = unescape(self.text, start + 1, end, &mut self.buffer).ok()?;
            return Some(Scalar::Text(&self.buffer));
        }
        self.at = number_end(self.text, start)?;
        Some(Scalar::Number(&self.text[start..self.at]))
    }
}

/// The value that a JSON text says, when it is a scalar.
pub fn read_scalar(json: &[u8]) -> Option<Value> {
    let mut reader = Reader { text: json, at: 0, buffer: Vec::new() };
    let value = match reader.scalar()? {
        Scalar::Null => Value::Null,
        Scalar::Number(text) => Value::new(Kind::Number, text),
        Scalar::Text(text) => Value::new(Kind::Text, text),
        Scalar::Bool(value) => Value::Bool(value),
    };
    (reader.at == json.len()).then_some(value)
}

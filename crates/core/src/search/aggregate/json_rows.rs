//! The aggregate over rows that come as JSON, for stages that run at the root.
use super::super::bits::RowSet;
use super::super::partial::{BUDGET, Budget};
use super::super::plan::Aggregate;
use super::super::value::Value;
use super::cells::NONE;
use super::intake::Intake;
use crate::error::{CoreError, Result};
use crate::format::column::Kind;
use crate::parse::json::string::{plain_end, unescape};
use crate::value::decimal::number_end;

/// Collects rows of scalars.
pub struct RowAggregate {
    intake: Intake,
    columns: Vec<String>,
}

impl RowAggregate {
    pub fn new(aggregate: &Aggregate) -> Result<Self> {
        Self::with_budget(aggregate, BUDGET)
    }

    pub fn with_budget(aggregate: &Aggregate, budget: Budget) -> Result<Self> {
        let intake = Intake::new(aggregate, budget)?;
        let columns =
            intake.operands.iter().map(|operand| operand.column().map(str::to_string)).collect::<Result<_>>()?;
        Ok(Self { intake, columns })
    }

    /// Names of the columns that it reads, as `push` wants their values.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Adds rows: a JSON array of arrays, each with a scalar for each column.
    pub fn push(&mut self, json: &[u8]) -> Result<()> {
        if std::str::from_utf8(json).is_err() {
            return Err(CoreError::Usage("rows are not UTF-8".to_string()));
        }
        self.intake.forget_values();
        self.intake.cells.iter_mut().for_each(|cells| cells.rows.clear());
        let mut reader = Reader { text: json, at: 0, buffer: Vec::new() };
        let mut rows = 0;
        let columns = self.columns.len();
        let cells = &mut self.intake.cells;
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
        self.intake.add(&RowSet::all(rows))
    }

    pub fn partial(&self) -> Vec<u8> {
        self.intake.partial.dump()
    }
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

//! Rows as JSON in, values as JSON out: what callers outside of the engine use.
use super::compile::Expression;
use super::json::{elements, read};
use super::value::Value;
use crate::error::{CoreError, Result};

impl Expression {
    /// `rows`: a JSON array of rows, each an array of the values of `columns()`, then of `patterns()`. The answer is a JSON array
    /// with one value for each row.
    pub fn evaluate_json(&self, rows: &[u8]) -> Result<Vec<u8>> {
        let wanted = self.columns().len() + self.patterns().len();
        let rows = elements(rows).ok_or_else(|| CoreError::Usage("rows are not a JSON array".into()))?;
        let mut out = b"[".to_vec();
        for (nth, row) in rows.into_iter().enumerate() {
            let values = match read(row) {
                Some(Value::Array(values)) if values.len() == wanted => values,
                _ => return Err(CoreError::Usage(format!("row {nth} is not a JSON array of {wanted} values"))),
            };
            if nth > 0 {
                out.push(b',');
            }
            self.evaluate(&values).put_json(&mut out);
        }
        out.push(b']');
        Ok(out)
    }
}

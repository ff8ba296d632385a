//! An expression as it comes in a plan: JSON, each node with one meaning.
use crate::error::{CoreError, Result};
use crate::search::plan::ColumnName;
use serde::Deserialize;

/// Deeper expressions are refused: evaluation recurses, and serde_json reads 128 levels, of which a call takes two.
pub const DEPTH_MAX: usize = 50;

/// Nodes of one expression. Each may hold a text of `functions::TEXT_BYTES_MAX`; people write tens, programs hundreds.
pub const NODES_MAX: usize = 4_000;

/// One node; exactly one of the fields is set, and `of` belongs to `call`.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Syntax {
    #[serde(default)]
    pub column: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub number: Option<String>,
    #[serde(default)]
    pub boolean: Option<bool>,
    #[serde(default)]
    pub null: Option<bool>,
    #[serde(default)]
    pub call: Option<String>,
    #[serde(default)]
    pub of: Option<Vec<Syntax>>,
    #[serde(default)]
    pub pattern: Option<ColumnName>,
}

/// What a node is.
pub enum Meaning<'a> {
    Column(&'a str),
    Text(&'a str),
    Number(&'a str),
    Boolean(bool),
    Null,
    Call(&'a str, &'a [Syntax]),
    Pattern(&'a ColumnName),
}

impl Syntax {
    pub fn parse(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|error| CoreError::Plan(format!("not an expression: {error}")))
    }

    pub fn meaning(&self) -> Result<Meaning<'_>> {
        let found = [
            self.column.as_deref().map(Meaning::Column),
            self.text.as_deref().map(Meaning::Text),
            self.number.as_deref().map(Meaning::Number),
            self.boolean.map(Meaning::Boolean),
            self.null.filter(|&is_null| is_null).map(|_| Meaning::Null),
            self.call.as_deref().map(|name| Meaning::Call(name, self.of.as_deref().unwrap_or_default())),
            self.pattern.as_ref().map(Meaning::Pattern),
        ];
        let mut found = found.into_iter().flatten();
        match (found.next(), found.next()) {
            (Some(meaning), None) if self.of.is_none() || self.call.is_some() => Ok(meaning),
            _ => Err(CoreError::Plan(
                "a node of an expression is one of column, text, number, boolean, null, pattern, or call with of"
                    .into(),
            )),
        }
    }

    /// Refuses what is too deep or too large.
    pub fn check_size(&self) -> Result<()> {
        let mut nodes = 0;
        self.check_below(1, &mut nodes)
    }

    fn check_below(&self, depth: usize, nodes: &mut usize) -> Result<()> {
        *nodes += 1;
        if depth > DEPTH_MAX {
            return Err(CoreError::Plan(format!("expression is nested deeper than {DEPTH_MAX}")));
        }
        if *nodes > NODES_MAX {
            return Err(CoreError::Plan(format!("expression has more than {NODES_MAX} parts")));
        }
        self.of.iter().flatten().try_for_each(|inner| inner.check_below(depth + 1, nodes))
    }
}

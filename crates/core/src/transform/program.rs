//! A program of steps, as the layers above write it (docs/transform-program.md), checked and compiled once.
use super::mask::Mask;
use super::table::{Column, Table};
use crate::error::{CoreError, Result};
use crate::expression::{Expression, Syntax};
use crate::search::filter::column_pattern;
use crate::search::metadata::Metadata;
use crate::search::plan::ColumnName;
use crate::value::column::ColumnPattern;
use serde::Deserialize;
use std::sync::Arc;

/// Most steps of a program: a person writes a dozen, a mapping is one.
pub const STEPS_MAX: usize = 1_000;

/// Most fields that one step sets.
const FIELDS_MAX: usize = 1_000;

/// Most keys that a name which is set has: names nest as deep as events do, and no sane one deeper than this.
const NAME_KEYS_MAX: usize = 32;

/// Longest name of a step: a number and a verb.
const NAME_BYTES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    steps: Vec<WrittenStep>,
}

/// The keys that are of no step's own; the others are its action's, which knows them all.
#[derive(Deserialize)]
struct WrittenStep {
    #[serde(default)]
    when: Option<Syntax>,
    #[serde(default)]
    source_types: Option<Vec<String>>,
    #[serde(default)]
    name: Option<String>,
    #[serde(flatten)]
    action: WrittenAction,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum WrittenAction {
    Rename { from: String, to: String },
    Drop { columns: Vec<ColumnName> },
    Mask { columns: Vec<ColumnName>, key: String, regex: Option<String> },
    ParseJson { field: String, into: String },
    ParseKeyValue { field: String, into: String },
    Split { field: String, lift: bool },
    Unwrap { field: String },
    Set { fields: Vec<WrittenField> },
    Keep { r#where: Syntax },
    Discard { r#where: Syntax },
    Lookup(WrittenLookup),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: String,
    value: Syntax,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLookup {
    table: usize,
    on: Option<Vec<ColumnName>>,
    key: Option<Syntax>,
    into: String,
    columns: Vec<(String, String)>,
    #[serde(default)]
    append: bool,
}

/// An expression, and the patterns over names that it reads.
pub struct Formula {
    pub expression: Expression,
    pub patterns: Vec<ColumnPattern>,
    /// Where it is nothing but a column of the event itself: as most fields of a mapping are.
    pub column: Option<Vec<u8>>,
}

pub struct Step {
    pub when: Option<Formula>,
    source_types: Option<Vec<String>>,
    /// How errors call it: a step that users write may become several.
    pub name: String,
    pub action: Action,
}

pub enum Action {
    Rename {
        from: Vec<u8>,
        to: Vec<u8>,
    },
    Drop(Vec<ColumnPattern>),
    Mask(Vec<ColumnPattern>, Box<Mask>),
    ParseJson {
        field: Vec<u8>,
        into: Vec<u8>,
    },
    ParseKeyValue {
        field: Vec<u8>,
        into: Vec<u8>,
    },
    Split {
        field: Vec<u8>,
        lift: bool,
    },
    Unwrap {
        field: Vec<u8>,
    },
    Set(Vec<(Vec<u8>, Formula)>),
    /// Events for which it is true are left out, or all others are.
    Choose {
        condition: Formula,
        discards: bool,
    },
    Lookup(Lookup),
}

impl Action {
    /// Nothing that it does can be undone by leaving the event as it came: what is to be hidden stays hidden.
    pub fn hides(&self) -> bool {
        matches!(self, Self::Mask(..) | Self::Drop(_))
    }

    /// As users write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::Drop(_) => "drop",
            Self::Mask(..) => "mask",
            Self::ParseJson { .. } => "parse_json",
            Self::ParseKeyValue { .. } => "parse_key_value",
            Self::Split { .. } => "split",
            Self::Unwrap { .. } => "unwrap",
            Self::Set(_) => "set",
            Self::Choose { discards: false, .. } => "keep",
            Self::Choose { discards: true, .. } => "discard",
            Self::Lookup(_) => "lookup",
        }
    }
}

pub struct Lookup {
    pub table: Arc<Table>,
    pub key: LookupKey,
    pub into: Vec<u8>,
    /// The names below `into`, and what each is of the row; of those with one name the first that is there counts.
    pub columns: Vec<(Vec<u8>, Column)>,
    pub append: bool,
}

pub enum LookupKey {
    Columns(Vec<ColumnPattern>),
    Formula(Formula),
}

/// A compiled program. Shared by all threads that read the source.
pub struct Program {
    steps: Vec<Step>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program of {} steps", self.steps.len())
    }
}

impl Program {
    /// Fails on what means nothing, and says in which step.
    pub fn parse(json: &[u8], tables: Vec<Table>) -> Result<Self> {
        let written: Written = serde_json::from_slice(json)
            .map_err(|error| CoreError::Plan(format!("the program of a transform is not as wanted: {error}")))?;
        if written.steps.len() > STEPS_MAX {
            let found = written.steps.len();
            return Err(CoreError::Plan(format!("a transform of {found} steps, the most is {STEPS_MAX}")));
        }
        let tables: Vec<Arc<Table>> = tables.into_iter().map(Arc::new).collect();
        let steps = written.steps.into_iter().zip(1..).map(|(step, number)| {
            compile(step, number, &tables)
                .map_err(|what| CoreError::Plan(format!("step {number} of the transform: {what}")))
        });
        Ok(Self { steps: steps.collect::<Result<_>>()? })
    }

    /// The steps for events of this type, with their numbers from 1.
    pub fn steps_for(&self, source_type: &str) -> Vec<usize> {
        let is_for =
            |step: &Step| step.source_types.as_ref().is_none_or(|types| types.iter().any(|one| one == source_type));
        self.steps.iter().enumerate().filter(|(_, step)| is_for(step)).map(|(at, _)| at).collect()
    }

    pub fn step(&self, at: usize) -> &Step {
        &self.steps[at]
    }
}

fn compile(written: WrittenStep, number: usize, tables: &[Arc<Table>]) -> std::result::Result<Step, String> {
    let action = match written.action {
        WrittenAction::Rename { from, to } => Action::Rename { from: from.into(), to: name(to)? },
        WrittenAction::Drop { columns } => Action::Drop(patterns(&columns)?),
        WrittenAction::Mask { columns, key, regex } => {
            Action::Mask(patterns(&columns)?, Box::new(Mask::new(&key, regex.as_deref())?))
        }
        WrittenAction::ParseJson { field, into } => Action::ParseJson { field: field.into(), into: name_or_top(into)? },
        WrittenAction::ParseKeyValue { field, into } => {
            Action::ParseKeyValue { field: field.into(), into: name_or_top(into)? }
        }
        WrittenAction::Split { field, lift } => Action::Split { field: field.into(), lift },
        WrittenAction::Unwrap { field } => Action::Unwrap { field: field.into() },
        WrittenAction::Set { fields } => {
            if fields.len() > FIELDS_MAX {
                return Err(format!("sets {} fields, the most is {FIELDS_MAX}", fields.len()));
            }
            let set = |field: WrittenField| Ok((name(field.name)?, formula(&field.value)?));
            Action::Set(fields.into_iter().map(set).collect::<std::result::Result<_, String>>()?)
        }
        WrittenAction::Keep { r#where } => Action::Choose { condition: formula(&r#where)?, discards: false },
        WrittenAction::Discard { r#where } => Action::Choose { condition: formula(&r#where)?, discards: true },
        WrittenAction::Lookup(lookup) => Action::Lookup(compile_lookup(lookup, tables)?),
    };
    let when = written.when.as_ref().map(formula).transpose()?;
    let name = written.name.unwrap_or_else(|| format!("step {number} ({})", action.name()));
    if name.len() > NAME_BYTES_MAX {
        return Err(format!("its name has {} bytes, the most is {NAME_BYTES_MAX}", name.len()));
    }
    Ok(Step { when, source_types: written.source_types, name, action })
}

fn compile_lookup(written: WrittenLookup, tables: &[Arc<Table>]) -> std::result::Result<Lookup, String> {
    let count = tables.len();
    let table = tables.get(written.table).ok_or(format!("there is no table {}, only {count}", written.table))?.clone();
    let key = match (&written.on, &written.key) {
        (Some(columns), None) => LookupKey::Columns(patterns(columns)?),
        (None, Some(key)) => LookupKey::Formula(formula(key)?),
        _ => return Err("a lookup has either 'on' or 'key'".to_string()),
    };
    let column = |(target, of): (String, String)| Ok((name(target)?, table.column(&of)?));
    let columns = written.columns.into_iter().map(column).collect::<std::result::Result<_, String>>()?;
    Ok(Lookup { key, into: name(written.into)?, columns, append: written.append, table })
}

fn formula(syntax: &Syntax) -> std::result::Result<Formula, String> {
    let expression = Expression::compile(syntax).map_err(|error| error.to_string())?;
    let patterns = patterns(expression.patterns())?;
    let own = expression.as_column().filter(|name| Metadata::named(name.as_bytes()).is_none());
    let column = own.map(|name| name.as_bytes().to_vec());
    Ok(Formula { expression, patterns, column })
}

fn patterns(columns: &[ColumnName]) -> std::result::Result<Vec<ColumnPattern>, String> {
    columns.iter().map(|column| column_pattern(&column.parts).map_err(|error| error.to_string())).collect()
}

/// A name that is made.
fn name(text: String) -> std::result::Result<Vec<u8>, String> {
    let keys = text.split('.').count();
    if keys > NAME_KEYS_MAX {
        return Err(format!("the name of a field nests {keys} levels deep, the most is {NAME_KEYS_MAX}"));
    }
    if text.split('.').any(|key| key.is_empty() || key.contains(['[', ']'])) {
        return Err(format!("'{text}' is no name for a field; wanted keys with dots between them, without positions"));
    }
    Ok(text.into())
}

/// Empty means: at the top.
fn name_or_top(text: String) -> std::result::Result<Vec<u8>, String> {
    if text.is_empty() { Ok(Vec::new()) } else { name(text) }
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;

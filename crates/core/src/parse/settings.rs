//! What a user says of a source besides its bytes: how it is to be read. Checked once, then shared by all of its objects.
use super::registry::{Format, format_names};
use crate::error::{CoreError, Result};
use serde::Deserialize;
use std::sync::Arc;

/// More declared columns than any table of logs has.
const COLUMNS_MAX: usize = 10_000;

/// As users write it; everything may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    format: Option<String>,
    source_type: Option<String>,
    columns: Vec<String>,
    time_fields: Vec<String>,
}

/// How a source is to be read.
///
/// ```
/// use lakebed_core::parse::settings::SourceSettings;
/// let settings = SourceSettings::parse(br#"{"format": "json", "time_fields": ["at"]}"#).unwrap();
/// assert_eq!((settings.format.map(|format| format.name()), settings.time_fields.len()), (Some("json"), 1));
/// assert!(SourceSettings::parse(br#"{"format": "yaml"}"#).is_err());
/// ```
#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    /// None: found by content.
    pub format: Option<Format>,
    /// What `@lb.source_type` is; None: what the content looks like.
    pub source_type: Option<String>,
    /// Names of columns, for formats whose first line does not tell them.
    pub columns: Vec<String>,
    /// Fields that hold the event time, best first; empty: those that the format knows.
    pub time_fields: Vec<Vec<u8>>,
}

impl SourceSettings {
    /// Settings that name a format at most.
    pub fn of_format(format: Option<Format>) -> Arc<Self> {
        Arc::new(Self { format, ..Self::default() })
    }

    /// Reads settings written as JSON. Fails on unknown names and values that mean nothing.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let written: Written = serde_json::from_slice(json)
            .map_err(|error| CoreError::Plan(format!("settings of a source are not as wanted: {error}")))?;
        if written.columns.len() > COLUMNS_MAX {
            let found = written.columns.len();
            return Err(CoreError::Plan(format!("{found} columns are declared, the most is {COLUMNS_MAX}")));
        }
        Ok(Self {
            format: written.format.as_deref().map(format_named).transpose()?,
            source_type: written.source_type,
            columns: written.columns,
            time_fields: written.time_fields.into_iter().map(String::into_bytes).collect(),
        })
    }
}

fn format_named(name: &str) -> Result<Format> {
    let unknown = || CoreError::Plan(format!("unknown format '{name}', known: {}", format_names().join(", ")));
    Format::by_name(name).ok_or_else(unknown)
}

/// What a parser may know of the object that it reads.
#[derive(Debug, Clone, Copy)]
pub struct SourceContext<'a> {
    pub settings: &'a SourceSettings,
    /// When the object was written, in ns since 1970: times without a year are read as of then.
    pub modified_ns: i64,
}

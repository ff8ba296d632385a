//! What a user says of a source besides its bytes: how it is to be read. Checked once, then shared by all of its objects.
use super::event_time::{RULES_MAX, TimeRule, TimeRules};
use super::registry::{Format, format_names};
use crate::error::{CoreError, Result};
use crate::transform::Program;
use crate::value::regex::compile_regex;
use crate::value::strftime::Format as TimeFormat;
use crate::value::zone::Zone;
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
    opened_as: Option<String>,
    columns: Vec<String>,
    time: Vec<WrittenRule>,
    time_fields: Vec<String>,
    zone: Option<String>,
}

/// A rule for the event time, as users write it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenRule {
    field: Option<String>,
    regex: Option<String>,
    format: Option<String>,
    zone: Option<String>,
}

/// How a source is to be read.
///
/// ```
/// use lakebed_core::parse::settings::SourceSettings;
/// let settings = SourceSettings::parse(br#"{"format": "json", "time_fields": ["at"]}"#).unwrap();
/// assert_eq!((settings.format.map(|format| format.name()), settings.times.names().len()), (Some("json"), 1));
/// assert!(SourceSettings::parse(br#"{"format": "yaml"}"#).is_err());
/// ```
#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    /// None: found by content.
    pub format: Option<Format>,
    /// What `@lb.source_type` is; None: what the content looks like.
    pub source_type: Option<String>,
    /// What the object was before it became JSON lines: its source type, where these are of no kind that is known.
    pub opened_as: Option<String>,
    /// Names of columns, for formats whose first line does not tell them.
    pub columns: Vec<String>,
    /// Where the event time is, best first; no rule: in the fields that the format knows.
    pub times: Arc<TimeRules>,
    /// What is done to each event after it was parsed.
    pub transform: Option<Arc<Program>>,
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
            opened_as: written.opened_as,
            columns: written.columns,
            times: Arc::new(times(&written.time, &written.time_fields, written.zone.as_deref())?),
            transform: None,
        })
    }
}

/// The rules in full come before those that only name a field.
fn times(rules: &[WrittenRule], fields: &[String], zone: Option<&str>) -> Result<TimeRules> {
    let count = rules.len() + fields.len();
    if count > RULES_MAX {
        return Err(CoreError::Plan(format!("{count} rules for the event time are given, the most is {RULES_MAX}")));
    }
    let numbered = rules.iter().zip(1..);
    let rules = numbered.map(|(rule, number)| {
        time_rule(rule).map_err(|what| CoreError::Plan(format!("rule {number} for the event time: {what}")))
    });
    let fields = fields.iter().map(|field| Ok(TimeRule::of_field(field.as_bytes())));
    let zone = zone.map(zone_named).transpose().map_err(CoreError::Plan)?;
    Ok(TimeRules::new(rules.chain(fields).collect::<Result<_>>()?, zone))
}

/// The error says what is wrong.
fn time_rule(rule: &WrittenRule) -> std::result::Result<TimeRule, String> {
    if rule.field.is_none() && rule.regex.is_none() {
        return Err("it names no field and has no regular expression that finds the time in the record".to_string());
    }
    let regex = rule.regex.as_deref().map(|regex| compile_regex(regex, false)).transpose()?;
    if let Some(groups) = regex.as_ref().map(|regex| regex.captures_len() - 1).filter(|&groups| groups != 1) {
        let found = if groups == 0 { "no group".to_string() } else { format!("{groups} groups") };
        return Err(format!("the regular expression has {found}; wanted one group, which holds the time"));
    }
    let format = rule.format.as_deref().map(|format| TimeFormat::parse(format.as_bytes())).transpose()?;
    if format.as_ref().is_some_and(|format| !format.tells_a_day()) {
        return Err("the time format tells no day; wanted a month and a day, a day of the year (%j), or %s".to_string());
    }
    let zone = rule.zone.as_deref().map(zone_named).transpose()?;
    Ok(TimeRule { field: rule.field.as_ref().map(|field| field.clone().into_bytes()), regex, format, zone })
}

fn zone_named(name: &str) -> std::result::Result<Zone, String> {
    let unknown = || {
        let shown: String = name.chars().take(64).collect();
        format!("unknown time zone '{shown}'; wanted a name such as 'Europe/Berlin', or an offset such as '+02:00'")
    };
    Zone::parse(name.as_bytes()).ok_or_else(unknown)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_is_told() {
        let many = format!(r#"{{"time_fields": [{}]}}"#, vec![r#""t""#; RULES_MAX + 1].join(","));
        for (json, expected) in [
            (
                r#"{"time": [{"field": "a"}, {"field": "t", "regex": "at .*"}]}"#,
                "rule 2 for the event time: the regular expression has no group; wanted one group, which holds the time",
            ),
            (
                r#"{"time": [{"regex": "(a)(b)"}]}"#,
                "rule 1 for the event time: the regular expression has 2 groups; wanted one group, which holds the time",
            ),
            (
                r#"{"time": [{"format": "%s"}]}"#,
                "rule 1 for the event time: it names no field and has no regular expression that finds the time in the record",
            ),
            (
                r#"{"time": [{"field": "t", "format": "%Q"}]}"#,
                "rule 1 for the event time: unknown directive '%Q' in a time format",
            ),
            (
                r#"{"time": [{"field": "t", "format": "%H:%M"}]}"#,
                "rule 1 for the event time: the time format tells no day; wanted a month and a day, a day of the year (%j), or %s",
            ),
            (
                r#"{"time": [{"field": "t", "zone": "Mars/Olympus"}]}"#,
                "rule 1 for the event time: unknown time zone 'Mars/Olympus'; wanted a name such as 'Europe/Berlin', or an \
                 offset such as '+02:00'",
            ),
            (
                r#"{"zone": "+99:00"}"#,
                "unknown time zone '+99:00'; wanted a name such as 'Europe/Berlin', or an offset such as '+02:00'",
            ),
            (many.as_str(), "101 rules for the event time are given, the most is 100"),
        ] {
            let Err(CoreError::Plan(error)) = SourceSettings::parse(json.as_bytes()) else { panic!("{json}") };
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn rules_in_full_come_before_fields() {
        let json =
            br#"{"time": [{"field": "b", "format": "%d.%m.%y"}, {"regex": "at=([0-9]+)"}], "time_fields": ["a", "b"]}"#;
        let settings = SourceSettings::parse(json).expect("settings");
        assert_eq!(settings.times.names(), [b"b", b"a"]);
    }
}

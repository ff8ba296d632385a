//! The event time: which of a record's values tells it, what that value means, and how sure it is.
//!
//! A source's rules are tried in their order, then the format's own knowledge; a record that tells no time has that of the record
//! before it, and where there was none, that of the object's last change. Indexing and grep both ask here.
use super::sink::{Certainty, RecordFacts};
use crate::value::strftime::Format;
use crate::value::time_forms::{read_count, read_time};
use crate::value::zone::Zone;
use regex::bytes::Regex;
use std::sync::Arc;

/// More rules than a source needs. Each is tried on every record that those before it say nothing of.
pub const RULES_MAX: usize = 100;

/// No time is longer, and what is longer need not be kept.
const REMEMBERED_BYTES_MAX: usize = 64;

/// Name of a path that tells no time, in place of its number.
pub const NOT_A_TIME: u8 = u8::MAX;

/// Where a time may stand, and how it is written.
#[derive(Debug, Clone, Default)]
pub struct TimeRule {
    /// Flattened name of the field; None: the record as it stands in the source.
    pub field: Option<Vec<u8>>,
    /// With one group, which holds the time; None: the whole value is the time.
    pub regex: Option<Regex>,
    /// None: any form of `value::time_forms`.
    pub format: Option<Format>,
    /// Of times that tell none.
    pub zone: Option<Zone>,
}

impl TimeRule {
    /// A field whose whole value is the time.
    pub fn of_field(name: &[u8]) -> Self {
        Self { field: Some(name.to_vec()), ..Self::default() }
    }

    fn read(&self, text: &[u8], written_ns: i64) -> Option<Read> {
        let text = match &self.regex {
            Some(regex) => regex.captures(text)?.get(1)?.as_bytes(),
            None => text,
        };
        Some(match &self.format {
            Some(format) => {
                let time = format.read_with_doubt(text, written_ns)?;
                Read { ns: time.ns, is_local: time.is_local, is_year_inferred: time.is_year_inferred }
            }
            None => {
                let time = read_time(text)?;
                Read { ns: time.ns, is_local: time.is_local, is_year_inferred: false }
            }
        })
    }
}

/// What a text told.
struct Read {
    ns: i64,
    is_local: bool,
    is_year_inferred: bool,
}

/// The rules of a source, or of a format where the source has none.
#[derive(Debug, Clone, Default)]
pub struct TimeRules {
    rules: Vec<TimeRule>,
    /// Of times that tell none, where their rule has none either.
    pub zone: Option<Zone>,
    /// Names of fields, each once.
    names: Vec<Vec<u8>>,
    /// The rules of each name, in their order.
    by_name: Vec<Vec<u8>>,
    of_record: Vec<u8>,
}

impl TimeRules {
    /// At most `RULES_MAX` rules are taken.
    pub fn new(mut rules: Vec<TimeRule>, zone: Option<Zone>) -> Self {
        rules.truncate(RULES_MAX);
        let mut all = Self { zone, ..Self::default() };
        for (number, rule) in rules.iter().enumerate() {
            let number = number as u8;
            let Some(field) = &rule.field else {
                all.of_record.push(number);
                continue;
            };
            match all.names.iter().position(|name| name == field) {
                Some(at) => all.by_name[at].push(number),
                None => {
                    all.names.push(field.clone());
                    all.by_name.push(vec![number]);
                }
            }
        }
        all.rules = rules;
        all
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Flattened names of the fields that may hold the time; a path's number is its place here.
    pub fn names(&self) -> &[Vec<u8>] {
        &self.names
    }
}

/// Where the time of an event is from. Rules are those of the text that is read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Rule(u8),
    Format,
    Previous,
    Object,
}

/// How the time of an event was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub source: Source,
    pub certainty: Certainty,
}

/// Events of an object, by where their times are from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeCounts {
    pub field: u64,
    pub format: u64,
    pub previous: u64,
    pub object: u64,
    /// Of all these.
    pub zone_assumed: u64,
    pub year_inferred: u64,
}

/// A rule, and the time that it found.
type Best = (u8, i64, Certainty);

/// Finds the times of the events of an object, one after the other.
#[derive(Debug, Default)]
pub struct EventTimes {
    rules: Arc<TimeRules>,
    modified_ns: i64,
    previous_ns: Option<i64>,
    best: Option<Best>,
    /// The last value that was read while there was no better one, and what it told: times of one second follow each other.
    last: LastValue,
    pub counts: TimeCounts,
}

#[derive(Debug, Default)]
struct LastValue {
    name: u8,
    is_number: bool,
    text: Vec<u8>,
    best: Option<Best>,
}

impl EventTimes {
    /// `modified_ns`: when the object was written.
    pub fn new(rules: Arc<TimeRules>, modified_ns: i64) -> Self {
        Self { rules, modified_ns, ..Self::default() }
    }

    /// The text is another one from here on: no event of it borrows the time of one before.
    pub fn begin_member(&mut self, rules: Arc<TimeRules>) {
        self.rules = rules;
        self.last = LastValue::default();
        self.previous_ns = None;
    }

    /// The format is known now, and so are the fields that it keeps times in. The answer is what fields to look at.
    pub fn begin_source(&mut self, fields: &[&str]) -> &[Vec<u8>] {
        if self.rules.is_empty() {
            let rules = fields.iter().map(|field| TimeRule::of_field(field.as_bytes())).collect();
            self.rules = Arc::new(TimeRules::new(rules, self.rules.zone.clone()));
            self.last = LastValue::default();
        }
        self.rules.names()
    }

    pub fn names(&self) -> &[Vec<u8>] {
        self.rules.names()
    }

    pub fn begin_event(&mut self) {
        self.best = None;
    }

    /// A text value at the path that has this number.
    #[inline]
    pub fn note_text(&mut self, name: u8, text: &[u8]) {
        if name != NOT_A_TIME {
            self.note(name, text, false);
        }
    }

    /// As `note_text`, a number.
    #[inline]
    pub fn note_number(&mut self, name: u8, text: &[u8]) {
        if name != NOT_A_TIME {
            self.note(name, text, true);
        }
    }

    /// The record as it stands in the source.
    #[inline]
    pub fn note_record(&mut self, text: &[u8]) {
        let Self { rules, best, modified_ns, .. } = self;
        if !rules.of_record.is_empty() {
            try_rules(rules, &rules.of_record, best, |rule| rule.read(text, *modified_ns));
        }
    }

    /// A value at the path that has this number, text or number.
    pub fn note(&mut self, name: u8, text: &[u8], is_number: bool) {
        let Self { rules, best, modified_ns, last, .. } = self;
        let Some(tried) = rules.by_name.get(usize::from(name)) else { return };
        let is_first = best.is_none() && !text.is_empty();
        if is_first && last.text == text && (last.name, last.is_number) == (name, is_number) {
            *best = last.best;
            return;
        }
        try_rules(rules, tried, best, |rule| {
            if is_number && rule.regex.is_none() && rule.format.is_none() {
                return read_count(text).map(|time| Read { ns: time.ns, is_local: false, is_year_inferred: false });
            }
            rule.read(text, *modified_ns)
        });
        if is_first && text.len() <= REMEMBERED_BYTES_MAX {
            (last.name, last.is_number, last.best) = (name, is_number, *best);
            last.text.clear();
            last.text.extend_from_slice(text);
        }
    }

    /// The time of the event that ends here.
    #[inline]
    pub fn end_event(&mut self, facts: &RecordFacts) -> (i64, Told) {
        let (ns, source, certainty) =
            match (self.best, facts.time_ns.and_then(|ns| self.of_format(ns, facts.certainty))) {
                (Some((rule, ns, certainty)), _) => (ns, Source::Rule(rule), certainty),
                (None, Some((ns, certainty))) => (ns, Source::Format, certainty),
                (None, None) => match self.previous_ns {
                    Some(ns) => (ns, Source::Previous, Certainty::Certain),
                    None => (self.modified_ns, Source::Object, Certainty::Certain),
                },
            };
        *match source {
            Source::Rule(_) => &mut self.counts.field,
            Source::Format => &mut self.counts.format,
            Source::Previous => &mut self.counts.previous,
            Source::Object => &mut self.counts.object,
        } += 1;
        match certainty {
            Certainty::Certain => {}
            Certainty::ZoneAssumed => self.counts.zone_assumed += 1,
            Certainty::YearInferred => self.counts.year_inferred += 1,
        }
        if matches!(source, Source::Rule(_) | Source::Format) {
            self.previous_ns = Some(ns);
        }
        (ns, Told { source, certainty })
    }

    fn of_format(&self, ns: i64, certainty: Certainty) -> Option<(i64, Certainty)> {
        if certainty == Certainty::Certain {
            return Some((ns, certainty));
        }
        let is_year_inferred = certainty == Certainty::YearInferred;
        settled(&Read { ns, is_local: true, is_year_inferred }, self.rules.zone.as_ref())
    }

    /// What `@lb.time_source` says.
    pub fn text(&self, told: Told) -> String {
        let mut text = match told.source {
            Source::Rule(number) => match self.rules.rules.get(usize::from(number)).map(|rule| &rule.field) {
                Some(Some(field)) => format!("field {}", String::from_utf8_lossy(field)),
                _ => "record".to_string(),
            },
            Source::Format => "format".to_string(),
            Source::Previous => "previous".to_string(),
            Source::Object => "object".to_string(),
        };
        text.push_str(match told.certainty {
            Certainty::Certain => "",
            Certainty::ZoneAssumed => ", zone assumed",
            Certainty::YearInferred => ", year inferred",
        });
        text
    }
}

/// Tries rules of one value, in their order, as long as they are better than what was found.
fn try_rules(rules: &TimeRules, tried: &[u8], best: &mut Option<Best>, read: impl Fn(&TimeRule) -> Option<Read>) {
    for &number in tried {
        if best.is_some_and(|(better, _, _)| better <= number) {
            return;
        }
        let rule = &rules.rules[usize::from(number)];
        let zone = rule.zone.as_ref().or(rules.zone.as_ref());
        if let Some((ns, certainty)) = read(rule).and_then(|read| settled(&read, zone)) {
            *best = Some((number, ns, certainty));
            return;
        }
    }
}

/// The moment that a text means, where its times are of this zone if they tell none.
fn settled(read: &Read, zone: Option<&Zone>) -> Option<(i64, Certainty)> {
    let ns = match zone {
        Some(zone) if read.is_local => zone.to_utc(read.ns)?,
        _ => read.ns,
    };
    let certainty = match (read.is_year_inferred, read.is_local && zone.is_none()) {
        (true, _) => Certainty::YearInferred,
        (false, true) => Certainty::ZoneAssumed,
        (false, false) => Certainty::Certain,
    };
    Some((ns, certainty))
}

#[cfg(test)]
#[path = "event_time_tests.rs"]
mod tests;

//! What the fields of events hold, for one or two sets of events (A and B): how often, of which types, which values.
//!
//! Cost: each event is read once, each of its values looked up. State: the values of a field with their counts, up to a limit; then
//! the rarest go, and a sketch counts how many different ones there were.
use crate::error::{DecodeError, Result};
use crate::expression::json::{columns, read};
use crate::expression::value::Value;
use crate::format::wire::{Wire, put_bytes, put_varint};
use lakebed_sketch::Distinct;
use std::cmp::Ordering;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Fields that are told apart; whoever has more has put values into names.
pub const FIELDS_MAX: usize = 2_000;

/// Values of a field that are counted exactly.
pub const VALUES_MAX: usize = 1_000;

/// Values of all fields together; beyond it each field keeps its share.
pub const VALUES_TOTAL_MAX: usize = 200_000;

/// Bytes of a value that are shown; longer ones are told apart by a hash.
pub const VALUE_BYTES_MAX: usize = 256;

const VERSION: u8 = 1;

pub type Counts = [u64; 2];

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub fields: usize,
    pub values: usize,
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fields: FIELDS_MAX, values: VALUES_MAX, total: VALUES_TOTAL_MAX }
    }
}

/// A value as JSON text, and how often it came in A and B. Of several spellings of a number the smallest text is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub text: Vec<u8>,
    pub counts: Counts,
}

#[derive(Debug, Default)]
pub struct Field {
    /// Events that have it.
    pub present: Counts,
    /// Numbers, texts, booleans.
    pub types: [u64; 3],
    pub least: Option<Vec<u8>>,
    pub most: Option<Vec<u8>>,
    pub values: HashMap<Vec<u8>, Counted>,
    /// A count may be too low by so much.
    pub lost: u64,
    /// Set once values were given up.
    pub distinct: Option<Distinct>,
    last_event: u64,
}

#[derive(Debug, Default)]
pub struct Fields {
    pub limits: Limits,
    pub events: Counts,
    pub fields: HashMap<Vec<u8>, Field>,
    /// Names of further fields were met so often.
    pub dropped: u64,
    /// Events that are no JSON object, or nested too deeply.
    pub unreadable: u64,
    total: usize,
    event: u64,
}

impl Fields {
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Adds events to A (0) or B (1): JSON objects, one on each line.
    pub fn push(&mut self, lines: &[u8], side: usize) {
        lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .for_each(|event| self.update(event, side & 1));
    }

    pub fn update(&mut self, event: &[u8], side: usize) {
        self.event += 1;
        self.events[side] += 1;
        let mut found: Vec<(Vec<u8>, Value<'_>)> = Vec::new();
        if columns(event, &mut |name, value| found.push((name.to_vec(), value))).is_none() {
            self.unreadable += 1;
            return;
        }
        for (name, value) in found {
            self.see(name, &value, side);
        }
        if self.total > self.limits.total {
            let share = (self.limits.total / self.fields.len().max(1) / 2).max(1);
            self.prune(share);
        }
    }

    pub fn merge(&mut self, other: &[u8]) -> Result<()> {
        let other = Self::load(other)?;
        for side in 0..2 {
            self.events[side] = self.events[side].saturating_add(other.events[side]);
        }
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        let mut names: Vec<(Vec<u8>, Field)> = other.fields.into_iter().collect();
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (name, field) in names {
            if !self.fields.contains_key(&name) && self.fields.len() == self.limits.fields {
                self.dropped = self.dropped.saturating_add(field.present[0].saturating_add(field.present[1]));
                continue;
            }
            let own = self.fields.entry(name).or_default();
            let before = own.values.len();
            own.merge(field);
            own.make_room(self.limits.values);
            self.total = self.total + own.values.len() - before;
        }
        if self.total > self.limits.total {
            let share = (self.limits.total / self.fields.len().max(1) / 2).max(1);
            self.prune(share);
        }
        Ok(())
    }

    fn see(&mut self, name: Vec<u8>, value: &Value<'_>, side: usize) {
        if !self.fields.contains_key(&name) && self.fields.len() == self.limits.fields {
            self.dropped += 1;
            return;
        }
        let field = self.fields.entry(name).or_default();
        if field.last_event == self.event {
            return; // of two columns of one name the first counts
        }
        field.last_event = self.event;
        let before = field.values.len();
        field.update(value, side);
        field.make_room(self.limits.values);
        self.total = self.total + field.values.len() - before;
    }

    fn prune(&mut self, share: usize) {
        self.total = 0;
        for field in self.fields.values_mut() {
            if field.values.len() > share {
                field.keep(share);
            }
            self.total += field.values.len();
        }
    }

    pub fn dump(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for number in [self.events[0], self.events[1], self.dropped, self.unreadable] {
            put_varint(&mut out, number);
        }
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        put_varint(&mut out, fields.len() as u64);
        for (name, field) in fields {
            put_bytes(&mut out, name);
            field.put(&mut out);
        }
        out
    }

    pub fn load(bytes: &[u8]) -> Result<Self> {
        Self::read(&mut Wire::new(bytes)).map_err(|error| error.at("fields", 0))
    }

    fn read(wire: &mut Wire<'_>) -> std::result::Result<Self, DecodeError> {
        if wire.byte()? != VERSION {
            return Err(DecodeError("fields of another version"));
        }
        let mut fields = Self { events: [wire.varint()?, wire.varint()?], ..Self::default() };
        fields.dropped = wire.varint()?;
        fields.unreadable = wire.varint()?;
        for _ in 0..wire.count()? {
            let name = wire.bytes()?.to_vec();
            let field = Field::read(wire)?;
            fields.total += field.values.len();
            if fields.fields.len() == FIELDS_MAX || fields.total > 2 * VALUES_TOTAL_MAX {
                return Err(DecodeError("more fields than there can be"));
            }
            fields.fields.insert(name, field);
        }
        wire.end()?;
        Ok(fields)
    }
}

impl Field {
    fn update(&mut self, value: &Value<'_>, side: usize) {
        self.present[side] += 1;
        self.types[match value {
            Value::Number(_) => 0,
            Value::Bool(_) => 2,
            _ => 1,
        }] += 1;
        let (key, text) = key_of(value);
        if let Some(distinct) = &mut self.distinct {
            distinct.update(&key);
        }
        if let Some(counted) = self.values.get_mut(&key).filter(|counted| counted.text <= text) {
            counted.counts[side] += 1;
            return;
        }
        self.bound(&text);
        let counted = self.values.entry(key).or_insert_with(|| Counted { text: text.clone(), counts: [0; 2] });
        counted.counts[side] += 1;
        counted.text = text;
    }

    fn bound(&mut self, text: &[u8]) {
        if self.least.as_ref().is_none_or(|least| order(text, least).is_lt()) {
            self.least = Some(text.to_vec());
        }
        // of several spellings of the greatest the smallest text, too
        if self.most.as_ref().is_none_or(|most| order_of_values(text, most).then_with(|| most[..].cmp(text)).is_gt()) {
            self.most = Some(text.to_vec());
        }
    }

    fn merge(&mut self, other: Field) {
        for side in 0..2 {
            self.present[side] = self.present[side].saturating_add(other.present[side]);
        }
        for kind in 0..3 {
            self.types[kind] = self.types[kind].saturating_add(other.types[kind]);
        }
        other.least.iter().chain(&other.most).for_each(|text| self.bound(text));
        if self.distinct.is_some() || other.distinct.is_some() {
            let mut sketch = self.sketch();
            sketch.merge(&other.sketch());
            self.distinct = Some(sketch);
        }
        self.lost = self.lost.saturating_add(other.lost);
        for (key, counted) in other.values {
            let own = self.values.entry(key).or_insert_with(|| Counted { text: counted.text.clone(), counts: [0; 2] });
            for side in 0..2 {
                own.counts[side] = own.counts[side].saturating_add(counted.counts[side]);
            }
            if counted.text < own.text {
                own.text = counted.text;
            }
        }
    }

    /// All values so far as a sketch.
    fn sketch(&self) -> Distinct {
        self.distinct.clone().unwrap_or_else(|| {
            let mut sketch = Distinct::new();
            self.values.keys().for_each(|key| sketch.update(key));
            sketch
        })
    }

    fn make_room(&mut self, most: usize) {
        if self.distinct.is_none() && self.values.len() > most {
            self.distinct = Some(self.sketch());
        }
        if self.values.len() > 2 * most {
            self.keep(most);
        }
    }

    /// Gives up all but the most frequent values.
    fn keep(&mut self, most: usize) {
        self.distinct = Some(self.sketch());
        let mut values: Vec<_> = std::mem::take(&mut self.values).into_iter().collect();
        values.sort_unstable_by(|a, b| total(&b.1).cmp(&total(&a.1)).then_with(|| a.0.cmp(&b.0)));
        self.lost = self.lost.saturating_add(values.get(most).map_or(0, |(_, counted)| total(counted)));
        self.values = values.into_iter().take(most).collect();
    }

    fn put(&self, out: &mut Vec<u8>) {
        for number in [self.present, [self.types[0], self.types[1]], [self.types[2], self.lost]].concat() {
            put_varint(out, number);
        }
        put_bytes(out, self.least.as_deref().unwrap_or_default());
        put_bytes(out, self.most.as_deref().unwrap_or_default());
        put_bytes(out, &self.distinct.as_ref().map(Distinct::dump).unwrap_or_default());
        let mut values: Vec<_> = self.values.iter().collect();
        values.sort_unstable_by_key(|(key, _)| *key);
        put_varint(out, values.len() as u64);
        for (key, counted) in values {
            put_bytes(out, key);
            put_bytes(out, &counted.text);
            counted.counts.iter().for_each(|&count| put_varint(out, count));
        }
    }

    fn read(wire: &mut Wire<'_>) -> std::result::Result<Self, DecodeError> {
        let mut field = Self { present: [wire.varint()?, wire.varint()?], ..Self::default() };
        field.types = [wire.varint()?, wire.varint()?, wire.varint()?];
        field.lost = wire.varint()?;
        field.least = json_text(wire.bytes()?)?;
        field.most = json_text(wire.bytes()?)?;
        let sketch = wire.bytes()?;
        if !sketch.is_empty() {
            field.distinct = Some(Distinct::load(sketch).map_err(|error| DecodeError(error.0))?);
        }
        for _ in 0..wire.count()? {
            let key = wire.bytes()?.to_vec();
            let text = json_text(wire.bytes()?)?.ok_or(DecodeError("a value without text"))?;
            field.values.insert(key, Counted { text, counts: [wire.varint()?, wire.varint()?] });
        }
        Ok(field)
    }
}

/// The count in both sets.
pub fn total(counted: &Counted) -> u64 {
    counted.counts[0].saturating_add(counted.counts[1])
}

/// The order of values given as JSON texts: numbers, texts, booleans; spellings of one number by their bytes.
pub fn order(left: &[u8], right: &[u8]) -> Ordering {
    order_of_values(left, right).then_with(|| left.cmp(right))
}

fn order_of_values(left: &[u8], right: &[u8]) -> Ordering {
    match (read(left), read(right)) {
        (Some(left), Some(right)) => left.order(&right),
        _ => Ordering::Equal,
    }
}

fn json_text(text: &[u8]) -> std::result::Result<Option<Vec<u8>>, DecodeError> {
    match text.is_empty() || read(text).is_some_and(|value| value.scalar_text().is_some()) {
        true => Ok((!text.is_empty()).then(|| text.to_vec())),
        false => Err(DecodeError("a value is no JSON")),
    }
}

/// What tells the value from others, and its JSON text, both bounded.
fn key_of(value: &Value<'_>) -> (Vec<u8>, Vec<u8>) {
    let text = value.to_json();
    if text.len() <= VALUE_BYTES_MAX {
        return (value.key(), text);
    }
    let mut key = text[..VALUE_BYTES_MAX].to_vec();
    key.extend_from_slice(&xxh3_64(&text).to_le_bytes());
    (key, cut(value))
}

/// The JSON text of the first bytes of a long value.
fn cut(value: &Value<'_>) -> Vec<u8> {
    let whole = value.scalar_text().unwrap_or_default();
    let mut end = whole.len().min(VALUE_BYTES_MAX);
    while end > 0 && whole.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    Value::Text([&whole[..end], "…".as_bytes()].concat().into()).to_json()
}

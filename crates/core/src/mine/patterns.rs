//! Templates of log texts with their counts, in the way of Drain.
//!
//! Cost: a text is looked at once and looked up by its shape. State: a shape and an example for each kind of text.
use super::cluster::{Seen, add_to, clustered};
use super::template::{rendered, shape_of, shortened};
use crate::error::{CoreError, DecodeError, Result};
use crate::expression::json::{elements, read};
use crate::format::wire::{Wire, put_bytes, put_varint};
use crate::value::json::put_string;
use std::collections::HashMap;

/// Kinds of text that are counted apart before similar ones are put together early.
pub const SHAPES_MAX: usize = 20_000;

/// Bytes of shapes and examples for which the same holds.
pub const SHAPES_BYTES_MAX: usize = 32 << 20;

const VERSION: u8 = 1;

/// How many kinds, and how many of their bytes, are held.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub shapes: usize,
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shapes: SHAPES_MAX, bytes: SHAPES_BYTES_MAX }
    }
}

#[derive(Debug, Default)]
pub struct Patterns {
    limits: Limits,
    shapes: HashMap<Vec<u8>, Seen>,
    bytes: usize,
    /// Texts whose kind was given up for room.
    dropped: u64,
    was_full: bool,
}

impl Patterns {
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Adds texts: a JSON array of strings; null is no text.
    pub fn push(&mut self, json: &[u8]) -> Result<()> {
        let texts = elements(json).ok_or_else(|| CoreError::Usage("texts are not a JSON array".into()))?;
        for text in texts {
            if let Some(text) = read(text).as_ref().and_then(|value| value.text()) {
                self.update(text);
            }
        }
        Ok(())
    }

    pub fn update(&mut self, text: &[u8]) {
        let text = shortened(text);
        self.add(shape_of(text), 1, text);
    }

    pub fn merge(&mut self, other: &[u8]) -> Result<()> {
        let other = Self::load(other)?;
        for (shape, seen) in other.shapes {
            self.add(shape, seen.count, &seen.example);
        }
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.was_full |= other.was_full;
        Ok(())
    }

    pub fn dump(&self) -> Vec<u8> {
        let mut out = vec![VERSION, u8::from(self.was_full)];
        put_varint(&mut out, self.dropped);
        let mut shapes: Vec<_> = self.shapes.iter().collect();
        shapes.sort_unstable_by_key(|(shape, _)| *shape);
        put_varint(&mut out, shapes.len() as u64);
        for (shape, seen) in shapes {
            put_bytes(&mut out, shape);
            put_varint(&mut out, seen.count);
            put_bytes(&mut out, &seen.example);
        }
        out
    }

    pub fn load(bytes: &[u8]) -> Result<Self> {
        Self::read(&mut Wire::new(bytes)).map_err(|error| error.at("patterns", 0))
    }

    fn read(wire: &mut Wire<'_>) -> std::result::Result<Self, DecodeError> {
        if wire.byte()? != VERSION {
            return Err(DecodeError("patterns of another version"));
        }
        let mut patterns = Self { was_full: wire.byte()? != 0, ..Self::default() };
        patterns.dropped = wire.varint()?;
        for _ in 0..wire.count()? {
            let shape = wire.bytes()?.to_vec();
            let count = wire.varint()?;
            let example = wire.bytes()?;
            if shape.len() > super::template::TEXT_BYTES_MAX || example.len() > super::template::TEXT_BYTES_MAX {
                return Err(DecodeError("a text is too long"));
            }
            patterns.add(shape, count, example);
        }
        wire.end()?;
        Ok(patterns)
    }

    /// JSON: `{"rows": [[pattern, count, example], …], "notes": […]}`, the most frequent first, equal ones by their bytes.
    pub fn finish(&self, limit: usize) -> Vec<u8> {
        let mut named: HashMap<Vec<u8>, Seen> = HashMap::new();
        let shapes = self.shapes.iter().map(|(shape, seen)| (shape.clone(), seen.clone()));
        for (shape, seen) in clustered(shapes) {
            add_to(&mut named, rendered(&shape), seen);
        }
        let mut rows: Vec<_> = named.into_iter().collect();
        rows.sort_unstable_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
        let mut out = b"{\"rows\":[".to_vec();
        for (nth, (pattern, seen)) in rows.iter().take(limit).enumerate() {
            out.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
            put_string(&mut out, pattern);
            out.extend_from_slice(format!(",{},", seen.count).as_bytes());
            put_string(&mut out, &seen.example);
            out.push(b']');
        }
        out.extend_from_slice(b"],\"notes\":[");
        let mut notes = Vec::new();
        if rows.len() > limit {
            notes.push(format!("the {limit} most frequent of {} patterns are shown", rows.len()));
        }
        if self.was_full {
            notes.push(format!(
                "more than {} kinds of text: similar ones were put together early, and {} texts of rare kinds are in no pattern",
                self.limits.shapes, self.dropped
            ));
        }
        put_notes(&mut out, &notes);
        out.extend_from_slice(b"]}");
        out
    }

    fn add(&mut self, shape: Vec<u8>, count: u64, example: &[u8]) {
        match self.shapes.get_mut(&shape) {
            Some(seen) => {
                seen.count = seen.count.saturating_add(count);
                if *example < seen.example[..] {
                    self.bytes = self.bytes + example.len() - seen.example.len();
                    seen.example = example.to_vec();
                }
            }
            None => {
                self.bytes += shape.len() + example.len();
                self.shapes.insert(shape, Seen { count, example: example.to_vec() });
                if self.shapes.len() > self.limits.shapes || self.bytes > self.limits.bytes {
                    self.make_room();
                }
            }
        }
    }

    /// Puts similar kinds together; where half of the room is not enough for them, the rarest go.
    fn make_room(&mut self) {
        self.was_full = true;
        let mut shapes: Vec<_> = clustered(std::mem::take(&mut self.shapes)).into_iter().collect();
        shapes.sort_unstable_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
        self.bytes = 0;
        for (shape, seen) in shapes {
            let bytes = self.bytes + shape.len() + seen.example.len();
            if self.shapes.len() < self.limits.shapes / 2 && bytes <= self.limits.bytes / 2 {
                self.bytes = bytes;
                self.shapes.insert(shape, seen);
            } else {
                self.dropped = self.dropped.saturating_add(seen.count);
            }
        }
    }
}

/// Appends texts as JSON strings with commas between them.
pub fn put_notes(out: &mut Vec<u8>, notes: &[String]) {
    for (nth, note) in notes.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        put_string(out, note.as_bytes());
    }
}

//! The names of the first record of a text, to tell what it is.
use super::JsonParser;
use crate::parse::registry::Parser;
use crate::parse::sink::{EventSink, RecordFacts};

/// Names that are kept: more than records have that are told by them.
const NAMES_MAX: usize = 400;

/// Deepest names that are kept.
const DEPTH_MAX: usize = 3;

/// Longer names are none that tell a record.
const NAME_BYTES_MAX: usize = 96;

/// Longest value that is kept: the names of categories are short.
const VALUE_BYTES_MAX: usize = 64;

/// The text is read in steps of this size until the first record is there, as most are short.
const STEP_BYTES: usize = 2 * 1024;

/// The members of the first record that is an object, with those below them, and their values where these are short strings.
#[derive(Debug, Default)]
pub(super) struct FirstRecord {
    text: Vec<u8>,
    members: Vec<Member>,
    /// A bit for each name that is there, and for others by chance: most names that are asked for are not there.
    marks: [u64; 16],
    /// Name of the object that is open, for each level.
    prefix: Vec<u8>,
    prefix_ends: Vec<usize>,
    depth: usize,
    arrays: usize,
    has_value: bool,
    is_found: bool,
}

#[derive(Debug)]
struct Member {
    name: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

impl FirstRecord {
    /// Of the text, which may end anywhere.
    pub fn of(head: &[u8]) -> Self {
        let (mut parser, mut record) = (JsonParser::default(), Self::default());
        for step in head.chunks(STEP_BYTES) {
            if !record.is_found {
                parser.feed(step, &mut record);
            }
        }
        // One that is cut off has told what it has on its way.
        if !record.is_found {
            parser.read(false, &mut record);
        }
        record
    }

    /// Whether it has a member that is meant: `name`, or `name=value`. Case does not matter: exports and
    /// databases make names lower case.
    pub fn has(&self, wanted: &str) -> bool {
        let (name, value) = match wanted.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (wanted, None),
        };
        let (word, bit) = mark(name.as_bytes());
        if self.marks[word] & bit == 0 {
            return false;
        }
        let is_it = |member: &Member| {
            self.text[member.name.clone()].eq_ignore_ascii_case(name.as_bytes())
                && value.is_none_or(|value| self.text[member.value.clone()].eq_ignore_ascii_case(value.as_bytes()))
        };
        self.members.iter().any(is_it)
    }

    fn forget(&mut self) {
        *self = Self {
            text: std::mem::take(&mut self.text),
            members: std::mem::take(&mut self.members),
            ..Self::default()
        };
        self.text.clear();
        self.members.clear();
    }
}

/// The mark of a name, whatever its case.
fn mark(name: &[u8]) -> (usize, u64) {
    let letter = |at: usize| name.get(at).map_or(0, |byte| usize::from(byte.to_ascii_lowercase()));
    let number = name.len() * 67 + letter(0) * 31 + letter(name.len() / 2) * 7 + letter(name.len().saturating_sub(1));
    (number / 64 % 16, 1 << (number % 64))
}

impl EventSink for FirstRecord {
    const COUNTS_NAMES: bool = false;

    fn begin_event(&mut self) {
        if !self.is_found {
            self.forget();
        }
    }

    fn begin_object(&mut self) {
        self.depth += 1;
        self.has_value = false;
        if self.depth > 1 && self.depth <= DEPTH_MAX && self.arrays == 0 {
            self.prefix.push(b'.');
        }
        self.prefix_ends.push(self.prefix.len());
    }

    fn end_object(&mut self) {
        self.depth -= 1;
        self.prefix_ends.pop();
    }

    fn begin_array(&mut self) {
        self.arrays += 1;
        self.has_value = false;
    }

    fn end_array(&mut self) {
        self.arrays -= 1;
    }

    fn key(&mut self, name: &[u8]) {
        self.has_value = false;
        let is_kept = self.depth <= DEPTH_MAX && self.arrays == 0 && self.members.len() < NAMES_MAX;
        if self.is_found || !is_kept || name.len() > NAME_BYTES_MAX {
            return;
        }
        self.prefix.truncate(self.prefix_ends.last().copied().unwrap_or(0));
        self.prefix.extend_from_slice(name);
        let start = self.text.len();
        self.text.extend_from_slice(&self.prefix);
        let end = self.text.len();
        let (word, bit) = mark(&self.prefix);
        self.marks[word] |= bit;
        self.members.push(Member { name: start..end, value: end..end });
        self.has_value = true;
    }

    fn string(&mut self, value: &[u8]) {
        if std::mem::take(&mut self.has_value)
            && value.len() <= VALUE_BYTES_MAX
            && let Some(member) = self.members.last_mut()
        {
            let start = self.text.len();
            self.text.extend_from_slice(value);
            member.value = start..self.text.len();
        }
    }

    fn number(&mut self, _text: &[u8]) {
        self.has_value = false;
    }

    fn boolean(&mut self, _value: bool) {
        self.has_value = false;
    }

    fn null(&mut self) {
        self.has_value = false;
    }

    fn end_event(&mut self, facts: RecordFacts) {
        self.is_found |= facts.parse_error.is_none();
    }

    fn abort_event(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_first_record() {
        let deep = r#"{"a":{"b":{"c":"X","d":{"e":1}},"f":[{"g":1}],"h":"v"},"i.j":2}"#;
        for text in [deep.to_string(), format!("[{deep},{{\"z\":1}}]"), format!("{{bad\n{deep}\n{{\"z\":1}}")] {
            let record = FirstRecord::of(text.as_bytes());
            for name in ["a", "a.b", "a.b.c", "a.b.c=X", "A.B.C=x", "a.b.d", "a.f", "a.h=v", "i.j"] {
                assert!(record.has(name), "{name} in {text}");
            }
            for name in ["b", "a.b.d.e", "a.f.g", "g", "a.h=w", "i", "z", "", "a.b.c="] {
                assert!(!record.has(name), "{name} in {text}");
            }
        }
    }

    #[test]
    fn a_record_that_is_cut_off_has_the_names_before_the_cut() {
        let long = format!("{{\"a\":{{\"b\":1}},\"c\":\"{}", "x".repeat(20_000));
        let record = FirstRecord::of(long.as_bytes());
        assert!(record.has("a.b") && record.has("c"));
        let many: String = (0..2000).map(|number| format!("\"n{number}\":1,")).collect();
        let record = FirstRecord::of(format!("{{{many}\"last\":1}}").as_bytes());
        assert!(record.has("n399") && !record.has("n400"));
    }
}

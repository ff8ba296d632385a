//! The values of one operand over the rows of a page: different values, and for each row the number of its one.
//!
//! Values are looked at once each, however many rows have them; what functions want to know of a value is prepared here.
use super::super::kernels::Needs;
use super::super::sum::Addend;
use super::super::value::ValueRef;
use crate::format::column::Kind;
use crate::value::decimal::as_i64;
use crate::value::integer::canonical_text;
use lakebed_sketch::HashedItem;
use xxhash_rust::xxh3::xxh3_128;

/// Stands for "no value" where the number of one is asked for.
pub const NONE: u32 = u32::MAX;

/// A value in a few bytes. Equal ones are of equal values: by chance two others meet once in 10^38 pairs.
pub type Fingerprint = u128;

#[derive(Debug, Default)]
pub struct ValueList {
    /// Numbers stay as they are spelled, for who looks at their text.
    keeps_spelling: bool,
    kinds: Vec<Kind>,
    /// Ends of the texts, one after the other.
    ends: Vec<usize>,
    bytes: Vec<u8>,
    addends: Vec<Option<Addend>>,
    fingerprints: Vec<Fingerprint>,
    hashes: Vec<HashedItem>,
    json: Vec<String>,
}

/// An operand over the rows of one page.
#[derive(Debug, Default)]
pub struct Cells {
    pub values: ValueList,
    /// For each row the number of its value, or NONE.
    pub rows: Vec<u32>,
}

impl Cells {
    /// For values whose numbers keep their spelling.
    pub fn spelled() -> Self {
        Self { values: ValueList { keeps_spelling: true, ..ValueList::default() }, rows: Vec::new() }
    }
}

impl ValueList {
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Bytes of all texts.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a value and gives its number.
    pub fn push(&mut self, kind: Kind, text: &[u8]) -> u32 {
        match kind {
            Kind::Number if !self.keeps_spelling && as_i64(text).is_none() => {
                self.bytes.extend_from_slice(&canonical_text(text))
            }
            _ => self.bytes.extend_from_slice(text),
        }
        self.kinds.push(kind);
        self.ends.push(self.bytes.len());
        (self.kinds.len() - 1) as u32
    }

    #[inline]
    pub fn get(&self, number: u32) -> ValueRef<'_> {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        let text = &self.bytes[start..self.ends[number]];
        match self.kinds[number] {
            Kind::Text => ValueRef::Text(text),
            Kind::Number => ValueRef::Number(text),
            Kind::Bool => ValueRef::Bool(text == b"true"),
        }
    }

    /// Prepares what functions ask of values.
    pub fn prepare(&mut self, needs: Needs) {
        let count = self.len() as u32;
        if needs.numbers {
            let new: Vec<_> = (self.addends.len() as u32..count).map(|number| addend(self.get(number))).collect();
            self.addends.extend(new);
        }
        if needs.fingerprints {
            let mut bytes = Vec::new();
            for number in self.fingerprints.len() as u32..count {
                bytes.clear();
                self.get(number).put(&mut bytes);
                let fingerprint = xxh3_128(&bytes);
                self.fingerprints.push(fingerprint);
                self.hashes.push(HashedItem::of(&fingerprint.to_le_bytes()));
            }
        }
        if needs.json {
            for number in self.json.len() as u32..count {
                let mut text = Vec::new();
                self.get(number).put_json(&mut text);
                self.json.push(String::from_utf8_lossy(&text).into_owned());
            }
        }
    }

    #[inline]
    pub fn addend(&self, number: u32) -> Option<Addend> {
        self.addends[number as usize]
    }

    #[inline]
    pub fn fingerprint(&self, number: u32) -> (Fingerprint, HashedItem) {
        (self.fingerprints[number as usize], self.hashes[number as usize])
    }

    pub fn json(&self, number: u32) -> &str {
        &self.json[number as usize]
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.kinds.clear();
        self.ends.clear();
        self.bytes.clear();
        self.addends.clear();
        self.fingerprints.clear();
        self.hashes.clear();
        self.json.clear();
    }
}

/// An addend for a value; None when it is not a number.
fn addend(value: ValueRef<'_>) -> Option<Addend> {
    match value {
        ValueRef::Number(text) => match as_i64(text) {
            Some(integer) => Some(Addend::Integer(integer.into())),
            None => Addend::of(text),
        },
        _ => None,
    }
}

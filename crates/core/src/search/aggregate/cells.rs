//! The values of one operand over the rows of a page: different values, and for each row the number of its one.
//!
//! A value is looked at once, however many rows have it: when it comes, what functions want to know of it is kept, and no more.
use super::super::kernels::Needs;
pub use super::super::named::NONE;
use super::super::sum::Addend;
use super::super::value::ValueRef;
use crate::format::column::Kind;
use crate::format::texts::write_i64;
use crate::value::decimal::as_i64;
use crate::value::integer::canonical_text;
use lakebed_sketch::HashedItem;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// A value in a few bytes. Equal ones are of equal values: by chance two others meet once in 10^38 pairs.
pub type Fingerprint = u128;

/// Integers up to here are exact as doubles.
const INTEGER_MAX: u64 = 1 << 53;

/// Decimals of so many digits come back from doubles as they were.
const DECIMAL_DIGITS_MAX: usize = 15;

/// Different values. Only what `needs` says may be asked of them.
#[derive(Debug, Default)]
pub struct ValueList {
    needs: Needs,
    count: u32,
    kinds: Vec<Kind>,
    /// Ends of the texts, one after the other.
    ends: Vec<usize>,
    bytes: Vec<u8>,
    numbers: Vec<Measure>,
    /// Numbers that are neither small integers nor short decimals, with their texts.
    wide: Vec<(Addend, Box<[u8]>)>,
    fingerprints: Vec<Fingerprint>,
    /// Hashes of the fingerprints; apart from them, as estimates look at nothing else.
    hashes: Vec<HashedItem>,
    json: Vec<String>,
    buffer: Vec<u8>,
}

/// An operand over the rows of one page.
#[derive(Debug, Default)]
pub struct Cells {
    pub values: ValueList,
    /// For each row the number of its value, or NONE.
    pub rows: Vec<u32>,
}

/// What a value is as a number.
#[derive(Debug, Clone, Copy)]
enum Measure {
    NotANumber,
    /// One that is exact as a double.
    Integer(i64),
    /// A decimal whose double has the same text.
    Double(f64),
    /// Place in `wide`.
    Wide(u32),
}

/// A number as something else than a text, where that is the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number<'a> {
    Double(f64),
    Text(&'a [u8], Addend),
}

impl ValueList {
    pub fn new(needs: Needs) -> Self {
        Self { needs, ..Self::default() }
    }

    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a value and gives its number.
    pub fn push(&mut self, kind: Kind, text: &[u8]) -> u32 {
        if kind != Kind::Number {
            return self.push_canonical(kind, text, Measure::NotANumber);
        }
        if let Some(integer) = as_i64(text) {
            let measure = self.measure_integer(integer, text);
            return self.push_canonical(kind, text, measure);
        }
        let text = canonical_text(text);
        let measure = self.measure(&text);
        self.push_canonical(kind, &text, measure)
    }

    /// Adds an integer and gives its number.
    pub fn push_integer(&mut self, integer: i64) -> u32 {
        if self.needs.is_numbers_only() && integer.unsigned_abs() <= INTEGER_MAX {
            return self.push_canonical(Kind::Number, b"", Measure::Integer(integer));
        }
        let mut buffer = [0; 20];
        let text = write_i64(integer, &mut buffer);
        let measure = self.measure_integer(integer, text);
        self.push_canonical(Kind::Number, text, measure)
    }

    fn measure_integer(&mut self, integer: i64, text: &[u8]) -> Measure {
        match integer.unsigned_abs() <= INTEGER_MAX {
            true => Measure::Integer(integer),
            false => self.measure(text),
        }
    }

    fn measure(&mut self, text: &[u8]) -> Measure {
        if !self.needs.numbers {
            return Measure::NotANumber;
        }
        match as_i64(text).filter(|integer| integer.unsigned_abs() <= INTEGER_MAX) {
            Some(integer) => Measure::Integer(integer),
            None => self.measure_wide(text),
        }
    }

    fn measure_wide(&mut self, text: &[u8]) -> Measure {
        match Addend::of(text) {
            None => Measure::NotANumber,
            Some(Addend::Double(double)) if text.len() <= DECIMAL_DIGITS_MAX + 1 && !text.contains(&b'e') => {
                Measure::Double(double)
            }
            Some(addend) => {
                self.wide.push((addend, text.into()));
                Measure::Wide(self.wide.len() as u32 - 1)
            }
        }
    }

    fn push_canonical(&mut self, kind: Kind, text: &[u8], measure: Measure) -> u32 {
        if self.needs.values {
            self.bytes.extend_from_slice(text);
            self.kinds.push(kind);
            self.ends.push(self.bytes.len());
        }
        if self.needs.numbers {
            self.numbers.push(measure);
        }
        if self.needs.fingerprints {
            // The kind goes in as the seed: a copy of both in a buffer costs more than the hash.
            let fingerprint = xxh3_128_with_seed(text, u64::from(kind.code()));
            self.fingerprints.push(fingerprint);
            self.hashes.push(HashedItem::of(&fingerprint.to_le_bytes()));
        }
        if self.needs.json {
            self.buffer.clear();
            value_of(kind, text).put_json(&mut self.buffer);
            self.json.push(String::from_utf8_lossy(&self.buffer).into_owned());
        }
        self.count += 1;
        self.count - 1
    }

    #[inline]
    pub fn get(&self, number: u32) -> ValueRef<'_> {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        value_of(self.kinds[number], &self.bytes[start..self.ends[number]])
    }

    #[inline]
    pub fn addend(&self, number: u32) -> Option<Addend> {
        match self.numbers[number as usize] {
            Measure::NotANumber => None,
            Measure::Integer(integer) => Some(Addend::Integer(integer.into())),
            Measure::Double(double) => Some(Addend::Double(double)),
            Measure::Wide(place) => Some(self.wide[place as usize].0),
        }
    }

    /// The number as a double, where that gives the same text again.
    #[inline]
    pub fn number(&self, number: u32) -> Option<Number<'_>> {
        match self.numbers[number as usize] {
            Measure::NotANumber => None,
            Measure::Integer(integer) => Some(Number::Double(integer as f64)),
            Measure::Double(double) => Some(Number::Double(double)),
            Measure::Wide(place) => {
                let (addend, text) = &self.wide[place as usize];
                Some(Number::Text(text, *addend))
            }
        }
    }

    #[inline]
    pub fn fingerprint(&self, number: u32) -> Fingerprint {
        self.fingerprints[number as usize]
    }

    /// The hash of the fingerprint.
    #[inline]
    pub fn hash(&self, number: u32) -> HashedItem {
        self.hashes[number as usize]
    }

    pub fn json(&self, number: u32) -> &str {
        &self.json[number as usize]
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.count = 0;
        self.kinds.clear();
        self.ends.clear();
        self.bytes.clear();
        self.numbers.clear();
        self.wide.clear();
        self.fingerprints.clear();
        self.hashes.clear();
        self.json.clear();
    }
}

fn value_of(kind: Kind, text: &[u8]) -> ValueRef<'_> {
    match kind {
        Kind::Text => ValueRef::Text(text),
        Kind::Number => ValueRef::Number(text),
        Kind::Bool => ValueRef::Bool(text == b"true"),
    }
}

//! One column's values over a row group or a page, as one frame.
//!
//! Layout: a tag byte, then by tag. Constant: the text. Bools: a payload of 0 and 1. Dictionary: the number of distinct texts, the
//! texts sorted, a payload of ids. Direct: the texts, one a value. Row time: the digits of an ISO time whose ticks are the event
//! time of the row. Row epoch: the unit, as a power of ten of ns. The number of values is kept in the directory.
use super::frame::{Compressor, Payload};
use super::ints::{Ids, put_ids, read_ids};
use super::texts::{Texts, put_texts};
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;
use std::sync::OnceLock;

const CONST: u8 = 0;
const BOOLS: u8 = 1;
const DICTIONARY: u8 = 2;
const DIRECT: u8 = 3;
const ROW_TIME: u8 = 4;
const ROW_EPOCH: u8 = 5;

/// What the values of a column are. A path that holds two kinds has two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Text,
    Number,
    Bool,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Text, Self::Number, Self::Bool];

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Result<Self, DecodeError> {
        Self::ALL.get(code as usize).copied().ok_or(DecodeError("unknown kind of column"))
    }
}

/// Above this share of distinct values a dictionary costs more than it saves.
const DICTIONARY_SHARE_MAX: f64 = 0.7;

/// Appends the values `ids`, positions in the texts that `text` gives; a text may have several, if most have one.
pub fn put_column<'a>(
    out: &mut Vec<u8>,
    compressor: &mut Compressor,
    kind: Kind,
    ids: &[u32],
    text: impl Fn(u32) -> &'a [u8],
) {
    if kind == Kind::Bool {
        out.push(BOOLS);
        let bytes: Vec<u8> = ids.iter().map(|&id| id as u8).collect();
        return compressor.put(out, &bytes);
    }
    let used = distinct(ids);
    if let [only] = used[..] {
        out.push(CONST);
        out.extend_from_slice(text(only));
        return;
    }
    if used.len() as f64 > ids.len() as f64 * DICTIONARY_SHARE_MAX && ids.len() > 4 {
        out.push(DIRECT);
        let texts: Vec<&[u8]> = ids.iter().map(|&id| text(id)).collect();
        return put_texts(out, compressor, &texts, kind == Kind::Number);
    }
    let mut sorted: Vec<(u64, &[u8], u32)> = used.iter().map(|&id| (first_eight(text(id)), text(id), id)).collect();
    sorted.sort_unstable();
    let first = used.first().map_or(0, |&first| first as usize);
    let mut rank_of = vec![0u32; used.last().map_or(0, |&last| last as usize + 1 - first)];
    let mut texts: Vec<&[u8]> = Vec::with_capacity(sorted.len());
    for &(_, text, id) in &sorted {
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        rank_of[id as usize - first] = texts.len() as u32 - 1;
    }
    out.push(DICTIONARY);
    put_varint(out, texts.len() as u64);
    put_texts(out, compressor, &texts, kind == Kind::Number);
    let ranks: Vec<u32> = ids.iter().map(|&id| rank_of[id as usize - first]).collect();
    let mut plain = Vec::new();
    put_ids(&mut plain, &ranks, texts.len());
    compressor.put(out, &plain);
}

/// The numbers that occur, in order. They are close together, so marks are quicker than sorting.
fn distinct(ids: &[u32]) -> Vec<u32> {
    let first = ids.iter().copied().min().unwrap_or(0);
    let last = ids.iter().copied().max().unwrap_or(0);
    let mut marks = vec![0u64; (last - first) as usize / 64 + 1];
    ids.iter().for_each(|&id| marks[(id - first) as usize / 64] |= 1 << ((id - first) % 64));
    let mut used = Vec::with_capacity(marks.iter().map(|word| word.count_ones() as usize).sum());
    for (at, &word) in marks.iter().enumerate() {
        let mut word = word;
        while word != 0 {
            used.push(first + 64 * at as u32 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    used
}

/// The first eight bytes as a number that is ordered as texts are: it decides most comparisons without a look at the text.
fn first_eight(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(&eight) => u64::from_be_bytes(eight),
        None => text.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)) << (8 * (8 - text.len()).min(7)),
    }
}

/// A column whose every value is the event time of its row, printed as an ISO time with so many digits.
pub fn put_row_time(out: &mut Vec<u8>, digits: u8) {
    out.extend([ROW_TIME, digits]);
}

/// A column of numbers that are the event time of their row, in units of 10^`power` ns.
pub fn put_row_epoch(out: &mut Vec<u8>, power: u8) {
    out.extend([ROW_EPOCH, power]);
}

/// A column's frame, taken apart but not decoded.
#[derive(Clone)]
pub struct Column<'a> {
    pub kind: Kind,
    pub count: usize,
    body: Body<'a>,
}

#[derive(Clone)]
enum Body<'a> {
    Const(&'a [u8]),
    Bools(Payload<'a>),
    Dictionary { distinct: usize, rest: Wire<'a> },
    Direct(Wire<'a>),
    RowTime(u8),
    RowEpoch(u8),
}

/// The distinct texts of a column and which value has which.
pub struct Decoded {
    pub texts: Texts,
    pub ids: StoredIds,
}

/// Positions in a dictionary, decoded when they are asked for: most columns are left when none of their texts passes.
pub enum StoredIds {
    /// Value i has text i.
    Own,
    Dictionary {
        payload: Box<[u8]>,
        count: usize,
        distinct: usize,
        decoded: OnceLock<Ids>,
    },
}

impl StoredIds {
    /// Decodes the positions. After that `get` finds them.
    pub fn prepare(&self) -> Result<(), DecodeError> {
        if let Self::Dictionary { payload, count, distinct, decoded } = self
            && decoded.get().is_none()
        {
            let ids = read_ids(&Payload::read(&mut Wire::new(payload))?.open()?, *count, *distinct)?;
            // Another thread may have been faster; its ids are the same.
            let _ = decoded.set(ids);
        }
        Ok(())
    }

    /// None where value i has text i, and before `prepare`.
    #[inline]
    pub fn get(&self) -> Option<&Ids> {
        match self {
            Self::Own => None,
            Self::Dictionary { decoded, .. } => decoded.get(),
        }
    }
}

impl<'a> Column<'a> {
    pub fn read(frame: &'a [u8], kind: Kind, count: usize) -> Result<Self, DecodeError> {
        let mut wire = Wire::new(frame);
        let body = match wire.byte()? {
            CONST => Body::Const(wire.take(wire.remaining())?),
            BOOLS => {
                let payload = Payload::read(&mut wire)?;
                if payload.plain_length() != count {
                    return Err(DecodeError("bools have another count than the directory says"));
                }
                Body::Bools(payload)
            }
            DICTIONARY => {
                let distinct = wire.varint()? as usize;
                if distinct > count {
                    return Err(DecodeError("more distinct values than values"));
                }
                Body::Dictionary { distinct, rest: wire }
            }
            DIRECT => Body::Direct(wire),
            ROW_TIME => Body::RowTime(wire.byte()?.min(9)),
            ROW_EPOCH => Body::RowEpoch(wire.byte()?.min(9)),
            _ => return Err(DecodeError("unknown tag of a column")),
        };
        Ok(Self { kind, count, body })
    }

    /// The text that every value has, when there is only one.
    pub fn constant(&self) -> Option<&'a [u8]> {
        match self.body {
            Body::Const(text) => Some(text),
            _ => None,
        }
    }

    pub fn bools(&self) -> Result<Option<std::borrow::Cow<'a, [u8]>>, DecodeError> {
        match &self.body {
            Body::Bools(payload) => {
                let values = payload.open()?;
                if values.iter().any(|&value| value > 1) {
                    return Err(DecodeError("bool is neither 0 nor 1"));
                }
                Ok(Some(values))
            }
            _ => Ok(None),
        }
    }

    /// When the values are the rows' event times: the digits of the ISO form.
    pub fn row_time_digits(&self) -> Option<u8> {
        match self.body {
            Body::RowTime(digits) => Some(digits),
            _ => None,
        }
    }

    /// When the values are the rows' event times as numbers: the unit's power of ten in ns.
    pub fn row_epoch_power(&self) -> Option<u8> {
        match self.body {
            Body::RowEpoch(power) => Some(power),
            _ => None,
        }
    }

    /// Dictionary and direct columns only.
    pub fn decode(&self) -> Result<Decoded, DecodeError> {
        match &self.body {
            Body::Dictionary { distinct, rest } => {
                let mut wire = rest.clone();
                let texts = Texts::read(&mut wire, *distinct)?;
                let payload = wire.take(wire.remaining())?.into();
                let (count, distinct) = (self.count, *distinct);
                Ok(Decoded { texts, ids: StoredIds::Dictionary { payload, count, distinct, decoded: OnceLock::new() } })
            }
            Body::Direct(rest) => {
                Ok(Decoded { texts: Texts::read(&mut rest.clone(), self.count)?, ids: StoredIds::Own })
            }
            _ => Err(DecodeError("column has no texts")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back() {
        let dictionary = ["b", "a", "c", "dd", "e"];
        for ids in [vec![2u32; 9], vec![0, 1, 0, 1, 1, 0], vec![0, 1, 2, 3, 4, 0]] {
            let mut out = Vec::new();
            put_column(&mut out, &mut Compressor::new(), Kind::Text, &ids, |id| dictionary[id as usize].as_bytes());
            let column = Column::read(&out, Kind::Text, ids.len()).expect("a column");
            let mut buffer = Vec::new();
            for (index, &id) in ids.iter().enumerate() {
                let wanted = dictionary[id as usize].as_bytes();
                if let Some(text) = column.constant() {
                    assert_eq!(text, wanted);
                    continue;
                }
                let decoded = column.decode().expect("values");
                decoded.ids.prepare().expect("ids");
                let at = decoded.ids.get().map_or(index, |ids| ids.get(index));
                assert_eq!(decoded.texts.get(at, &mut buffer), Ok(wanted));
            }
        }
    }

    #[test]
    fn a_dictionary_has_each_text_once_also_when_it_has_several_numbers() {
        let texts = ["b", "a", "b", "a\0", "longer than a word", "b"];
        let ids = [0u32, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];
        let mut out = Vec::new();
        put_column(&mut out, &mut Compressor::new(), Kind::Text, &ids, |id| texts[id as usize].as_bytes());
        let decoded = Column::read(&out, Kind::Text, ids.len()).expect("a column").decode().expect("values");
        decoded.ids.prepare().expect("ids");
        let mut buffer = Vec::new();
        let mut text = |at: usize| decoded.texts.get(at, &mut buffer).expect("a text").to_vec();
        let stored: Vec<Vec<u8>> = (0..decoded.texts.len()).map(&mut text).collect();
        assert_eq!(stored, [&b"a"[..], b"a\0", b"b", b"longer than a word"]);
        let numbers = decoded.ids.get().expect("a dictionary");
        let values: Vec<Vec<u8>> = (0..ids.len()).map(|at| text(numbers.get(at))).collect();
        assert_eq!(values, ids.map(|id| texts[id as usize].as_bytes()));
    }
}

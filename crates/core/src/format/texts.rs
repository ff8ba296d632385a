//! Lists of texts: plain, templates with packed runs, ISO times or integers, whichever says most with least.
//!
//! Layout: a tag byte, then by tag. Plain: a payload of the lengths (integers) and the bytes. Templates: a byte that says whether
//! each text has a template of its own, the number of templates, a payload of them as plain, a payload of ids unless each has its
//! own, a payload of bits. ISO times: digits of the fraction, a payload of integers. Integers: a payload of integers.
use super::bits::{BitReader, BitWriter};
use super::frame::{Compressor, Content, Payload};
use super::ints::{Ids, put_ids, put_ints, read_ids, read_ints};
use super::limits::GROUP_VALUES_MAX;
use super::template;
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;
use crate::value::decimal::as_i64;
use crate::value::short::{NumberState, append};
use crate::value::time::{iso_form, write_iso};
use std::collections::HashMap;

const PLAIN: u8 = 0;
const TEMPLATES: u8 = 1;
const ISO: u8 = 2;
const INTS: u8 = 3;

/// Ticks of an ISO time with `digits` fraction digits, in ns.
pub fn tick_ns(digits: u8) -> i64 {
    10i64.pow(9 - u32::from(digits.min(9)))
}

/// Appends `texts`. `numbers`: they are JSON numbers, so canonical integers are kept as such.
pub fn put_texts(out: &mut Vec<u8>, compressor: &mut Compressor, texts: &[&[u8]], numbers: bool) {
    let mut plain = Vec::new();
    if numbers {
        if let Some(values) = texts.iter().map(|text| as_i64(text)).collect::<Option<Vec<i64>>>() {
            out.push(INTS);
            put_ints(&mut plain, &values);
            return compressor.put(out, &plain);
        }
    } else if let Some((ticks, digits)) = iso_ticks(texts) {
        out.extend([ISO, digits]);
        put_ints(&mut plain, &ticks);
        return compressor.put(out, &plain);
    } else if put_templates(out, compressor, texts) {
        return;
    }
    out.push(PLAIN);
    put_plain(out, compressor, texts);
}

fn iso_ticks(texts: &[&[u8]]) -> Option<(Vec<i64>, u8)> {
    let (_, digits) = iso_form(texts.first()?)?;
    let tick = tick_ns(digits);
    let ticks = texts
        .iter()
        .map(|text| iso_form(text).filter(|&(_, d)| d == digits).map(|(ns, _)| ns / tick))
        .collect::<Option<Vec<i64>>>()?;
    Some((ticks, digits))
}

fn put_plain(out: &mut Vec<u8>, compressor: &mut Compressor, texts: &[&[u8]]) {
    let mut plain = Vec::with_capacity(texts.iter().map(|text| text.len() + 2).sum());
    let lengths: Vec<i64> = texts.iter().map(|text| text.len() as i64).collect();
    put_ints(&mut plain, &lengths);
    texts.iter().for_each(|text| append(&mut plain, text));
    compressor.put_content(out, &plain, Content::Texts);
}

/// Writes the template form and says true, unless no text holds a random run.
fn put_templates(out: &mut Vec<u8>, compressor: &mut Compressor, texts: &[&[u8]]) -> bool {
    if !texts.iter().any(|text| template::has_run(text)) {
        return false;
    }
    let mut bits = BitWriter::default();
    let mut arena = Vec::with_capacity(texts.len() * 8);
    let mut ends = Vec::with_capacity(texts.len());
    for text in texts {
        template::split(text, &mut arena, &mut bits);
        ends.push(arena.len());
    }
    let mut start = 0;
    let templates: Vec<&[u8]> = ends.iter().map(|&end| &arena[std::mem::replace(&mut start, end)..end]).collect();
    let mut known: HashMap<&[u8], u32, NumberState> = HashMap::default();
    let mut distinct: Vec<&[u8]> = Vec::new();
    let ids: Vec<u32> = templates
        .iter()
        .map(|&template| {
            *known.entry(template).or_insert_with(|| {
                distinct.push(template);
                distinct.len() as u32 - 1
            })
        })
        .collect();
    let own = distinct.len() * 2 > templates.len() && templates.len() > 4;
    out.extend([TEMPLATES, u8::from(own)]);
    if own {
        put_varint(out, templates.len() as u64);
        put_plain(out, compressor, &templates);
    } else {
        put_varint(out, distinct.len() as u64);
        put_plain(out, compressor, &distinct);
        let mut plain = Vec::new();
        put_ids(&mut plain, &ids, distinct.len());
        compressor.put(out, &plain);
    }
    compressor.put_packed(out, &bits.finish());
    true
}

/// A decoded list; templates are joined one text at a time.
pub enum Texts {
    Plain(Strings),
    Templates { templates: Strings, ids: Option<Ids>, starts: Vec<u32>, bits: Vec<u8> },
    Iso { ticks: Vec<i64>, digits: u8 },
    Ints(Vec<i64>),
}

/// Byte strings in one buffer.
#[derive(Debug, Default, Clone)]
pub struct Strings {
    ends: Vec<u32>,
    bytes: Vec<u8>,
    /// Where the first string starts in `bytes`.
    base: usize,
}

impl Strings {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { self.base } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// All strings, one after the other, and where each ends, counted from `base` bytes before the first.
    pub fn joined(&self) -> (&[u8], &[u32]) {
        (&self.bytes[self.base..], &self.ends)
    }

    pub fn base(&self) -> usize {
        self.base
    }

    fn read(wire: &mut Wire<'_>, count: usize) -> Result<Self, DecodeError> {
        let bytes = Payload::read(wire)?.open()?.into_owned();
        let mut inner = Wire::new(&bytes);
        let lengths = read_ints(&mut inner, count)?;
        let base = inner.position();
        let mut end = base as u64;
        let mut ends = Vec::with_capacity(count);
        for length in lengths {
            end = u64::try_from(length).ok().and_then(|length| end.checked_add(length)).unwrap_or(u64::MAX);
            if end > bytes.len() as u64 {
                return Err(DecodeError("texts are longer than their bytes"));
            }
            ends.push(end as u32);
        }
        if end != bytes.len() as u64 {
            return Err(DecodeError("bytes left over behind the texts"));
        }
        Ok(Self { ends, bytes, base })
    }
}

impl Texts {
    pub fn read(wire: &mut Wire<'_>, count: usize) -> Result<Self, DecodeError> {
        if count as u64 > GROUP_VALUES_MAX {
            return Err(DecodeError("list of texts is too long"));
        }
        match wire.byte()? {
            PLAIN => Ok(Self::Plain(Strings::read(wire, count)?)),
            TEMPLATES => Self::read_templates(wire, count),
            ISO => {
                let digits = wire.byte()?;
                if digits > 9 {
                    return Err(DecodeError("time with more than 9 digits"));
                }
                Ok(Self::Iso { ticks: read_ints(&mut Wire::new(&Payload::read(wire)?.open()?), count)?, digits })
            }
            INTS => Ok(Self::Ints(read_ints(&mut Wire::new(&Payload::read(wire)?.open()?), count)?)),
            _ => Err(DecodeError("unknown tag of a text list")),
        }
    }

    fn read_templates(wire: &mut Wire<'_>, count: usize) -> Result<Self, DecodeError> {
        let own = wire.byte()? != 0;
        let distinct = wire.varint()? as usize;
        if distinct > count || (own && distinct != count) {
            return Err(DecodeError("more templates than texts"));
        }
        let templates = Strings::read(wire, distinct)?;
        let ids = if own { None } else { Some(read_ids(&Payload::read(wire)?.open()?, count, distinct)?) };
        let bits = Payload::read(wire)?.open()?.into_owned();
        let sizes = (0..distinct)
            .map(|id| template::measure(templates.get(id)).map(|(bits, _)| bits as u64))
            .collect::<Result<Vec<_>, _>>()?;
        let mut starts = Vec::with_capacity(count);
        let mut start = 0u64;
        for index in 0..count {
            starts.push(start as u32);
            start += sizes[ids.as_ref().map_or(index, |ids| ids.get(index))];
            if start > bits.len() as u64 * 8 || start > u64::from(u32::MAX) {
                return Err(DecodeError("templates want more bits than there are"));
            }
        }
        Ok(Self::Templates { templates, ids, starts, bits })
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Plain(strings) => strings.len(),
            Self::Templates { starts, .. } => starts.len(),
            Self::Iso { ticks, .. } => ticks.len(),
            Self::Ints(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text at `index`; `buffer` is where it is put together when it is not stored as it is.
    pub fn get<'a>(&'a self, index: usize, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], DecodeError> {
        buffer.clear();
        match self {
            Self::Plain(strings) => return Ok(strings.get(index)),
            Self::Templates { templates, ids, starts, bits } => {
                let id = ids.as_ref().map_or(index, |ids| ids.get(index));
                let mut reader = BitReader::at(bits, starts[index] as usize);
                template::join(templates.get(id), &mut reader, buffer)?;
            }
            Self::Iso { ticks, digits } => {
                let ns = ticks[index].checked_mul(tick_ns(*digits)).ok_or(DecodeError("time out of range"))?;
                write_iso(ns, *digits, buffer);
            }
            Self::Ints(values) => {
                let mut text = [0u8; 20];
                buffer.extend_from_slice(write_i64(values[index], &mut text));
            }
        }
        Ok(buffer)
    }

    /// Bytes of memory held, roughly.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Plain(strings) => strings.bytes.len() + 4 * strings.ends.len(),
            Self::Templates { templates, starts, bits, .. } => templates.bytes.len() + 8 * starts.len() + bits.len(),
            Self::Iso { ticks: values, .. } | Self::Ints(values) => 8 * values.len(),
        }
    }
}

/// The decimal text of `value`, in the caller's array.
pub fn write_i64(value: i64, text: &mut [u8; 20]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        text[at] = b'-';
    }
    &text[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(texts: &[&str], numbers: bool) -> u8 {
        let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let mut out = Vec::new();
        put_texts(&mut out, &mut Compressor::new(), &bytes, numbers);
        let mut wire = Wire::new(&out);
        let read = Texts::read(&mut wire, texts.len()).expect("texts");
        assert_eq!(wire.end(), Ok(()));
        let mut buffer = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(String::from_utf8_lossy(read.get(index, &mut buffer).expect("a text")), *text);
        }
        out[0]
    }

    #[test]
    fn each_form_is_chosen_and_comes_back() {
        assert_eq!(round_trip(&["a", "", "much longer text than the others"], false), PLAIN);
        assert_eq!(round_trip(&["3f2a1b4c-00aa-4bbb-8ccc-0123456789ab", "x", "i-0123456789abcdef0"], false), TEMPLATES);
        assert_eq!(round_trip(&["2026-01-01T00:00:00Z", "1970-01-01T00:00:01Z"], false), ISO);
        assert_eq!(round_trip(&["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"], false), PLAIN);
        assert_eq!(round_trip(&["1", "-9223372036854775808", "9223372036854775807"], true), INTS);
        assert_eq!(round_trip(&["1", "1.0", "123456789012345678901234567890"], true), PLAIN);
    }
}

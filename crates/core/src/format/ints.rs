//! Lists of integers: constant, offset from the least, or offset of the steps, in byte planes that zstd likes.
//!
//! Layout: a tag byte, then by tag: 0 the value; 1 the least value, the width in bytes, the planes; 2 the first value, the least
//! step, the width, the planes of the steps. A plane holds one byte of every number, lowest plane first. The count is kept elsewhere.
use super::wire::{Wire, put_signed};
use crate::error::DecodeError;

const CONST: u8 = 0;
const OFFSET: u8 = 1;
const STEP: u8 = 2;

/// Appends `values`.
pub fn put_ints(out: &mut Vec<u8>, values: &[i64]) {
    let Some(&first) = values.first() else { return };
    let (low, high) = bounds(values.iter().copied());
    if low == high {
        out.push(CONST);
        return put_signed(out, first);
    }
    let offset_width = width_bytes(high.wrapping_sub(low) as u64);
    let steps = values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let (step_low, step_high) = bounds(steps.clone());
    // A span of steps that wraps is wider than 8 bytes could say; the offset form always fits.
    let step_width = step_high.checked_sub(step_low).map_or(9, |span| width_bytes(span as u64));
    if step_width < offset_width {
        out.push(STEP);
        put_signed(out, first);
        put_signed(out, step_low);
        put_planes(out, step_width, steps.map(|step| step.wrapping_sub(step_low) as u64));
    } else {
        out.push(OFFSET);
        put_signed(out, low);
        put_planes(out, offset_width, values.iter().map(|value| value.wrapping_sub(low) as u64));
    }
}

/// Reads `count` integers.
pub fn read_ints(wire: &mut Wire<'_>, count: usize) -> Result<Vec<i64>, DecodeError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    match wire.byte()? {
        CONST => Ok(vec![wire.signed()?; count]),
        OFFSET => {
            let low = wire.signed()?;
            let mut values = read_planes(wire, count)?;
            values.iter_mut().for_each(|value| *value = value.wrapping_add(low));
            Ok(values)
        }
        STEP => {
            let first = wire.signed()?;
            let low = wire.signed()?;
            let mut values = read_planes(wire, count - 1)?;
            let mut last = first;
            for value in &mut values {
                last = last.wrapping_add(low).wrapping_add(*value);
                *value = last;
            }
            values.insert(0, first);
            Ok(values)
        }
        _ => Err(DecodeError("unknown tag of an integer list")),
    }
}

fn bounds(values: impl Iterator<Item = i64>) -> (i64, i64) {
    values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

fn width_bytes(span: u64) -> usize {
    (64 - span.leading_zeros() as usize).div_ceil(8)
}

fn put_planes(out: &mut Vec<u8>, width: usize, values: impl Iterator<Item = u64> + Clone) {
    out.push(width as u8);
    for plane in 0..width {
        out.extend(values.clone().map(|value| (value >> (8 * plane)) as u8));
    }
}

fn read_planes(wire: &mut Wire<'_>, count: usize) -> Result<Vec<i64>, DecodeError> {
    let width = wire.byte()? as usize;
    if width > 8 {
        return Err(DecodeError("integers of more than 8 bytes"));
    }
    let length = count.checked_mul(width).ok_or(DecodeError("integer list is too long"))?;
    let planes = wire.take(length)?;
    let mut values = Vec::with_capacity(count + 1);
    match width {
        0 => values.resize(count, 0),
        1 => values.extend(planes.iter().map(|&byte| i64::from(byte))),
        _ => {
            let (low, high) = planes.split_at(count);
            let (high, rest) = high.split_at(count);
            values.extend(low.iter().zip(high).map(|(&low, &high)| i64::from(u16::from_le_bytes([low, high]))));
            for (plane, bytes) in rest.chunks_exact(count.max(1)).enumerate() {
                for (value, &byte) in values.iter_mut().zip(bytes) {
                    *value |= (u64::from(byte) << (8 * (plane + 2))) as i64;
                }
            }
        }
    }
    Ok(values)
}

/// Positions in a dictionary, in as few bytes each as the dictionary allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ids {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl Ids {
    pub fn len(&self) -> usize {
        match self {
            Self::U8(ids) => ids.len(),
            Self::U16(ids) => ids.len(),
            Self::U32(ids) => ids.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> usize {
        match self {
            Self::U8(ids) => ids[index] as usize,
            Self::U16(ids) => ids[index] as usize,
            Self::U32(ids) => ids[index] as usize,
        }
    }

    /// Calls `f(index, id)` for every position of `range`.
    pub fn for_each(&self, range: std::ops::Range<usize>, mut f: impl FnMut(usize, usize)) {
        let start = range.start;
        match self {
            Self::U8(ids) => ids[range].iter().enumerate().for_each(|(i, &id)| f(start + i, id as usize)),
            Self::U16(ids) => ids[range].iter().enumerate().for_each(|(i, &id)| f(start + i, id as usize)),
            Self::U32(ids) => ids[range].iter().enumerate().for_each(|(i, &id)| f(start + i, id as usize)),
        }
    }
}

fn id_width(distinct: usize) -> usize {
    match distinct {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        0x1_0001..=0x100_0000 => 3,
        _ => 4,
    }
}

/// Appends ids below `distinct`, as byte planes.
pub fn put_ids(out: &mut Vec<u8>, ids: &[u32], distinct: usize) {
    for plane in 0..id_width(distinct) {
        out.extend(ids.iter().map(|&id| (id >> (8 * plane)) as u8));
    }
}

/// Reads `count` ids, each checked to be below `distinct`.
pub fn read_ids(bytes: &[u8], count: usize, distinct: usize) -> Result<Ids, DecodeError> {
    let width = id_width(distinct);
    if count.checked_mul(width) != Some(bytes.len()) {
        return Err(DecodeError("dictionary positions have another length than their count"));
    }
    let (low, rest) = bytes.split_at(count);
    let (ids, largest) = match width {
        1 => (Ids::U8(low.to_vec()), low.iter().map(|&id| id as usize).max()),
        2 => {
            let ids: Vec<u16> = low.iter().zip(rest).map(|(&l, &h)| u16::from_le_bytes([l, h])).collect();
            let largest = ids.iter().map(|&id| id as usize).max();
            (Ids::U16(ids), largest)
        }
        _ => {
            let mut ids: Vec<u32> = low.iter().map(|&id| u32::from(id)).collect();
            for (plane, bytes) in rest.chunks_exact(count.max(1)).enumerate() {
                for (id, &byte) in ids.iter_mut().zip(bytes) {
                    *id |= u32::from(byte) << (8 * (plane + 1));
                }
            }
            let largest = ids.iter().map(|&id| id as usize).max();
            (Ids::U32(ids), largest)
        }
    };
    if largest.is_some_and(|largest| largest >= distinct) {
        return Err(DecodeError("dictionary position past the end of the dictionary"));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back() {
        let lists: [&[i64]; 7] = [
            &[],
            &[5],
            &[7, 7, 7],
            &[1, 300, -4],
            &[1_700_000_000_000_000_000, 1_700_000_000_000_000_010, 1_700_000_000_000_000_030],
            &[i64::MIN, i64::MAX, 0],
            &[0, i64::MAX, i64::MIN, -1],
        ];
        for list in lists {
            let mut out = Vec::new();
            put_ints(&mut out, list);
            let mut wire = Wire::new(&out);
            assert_eq!(read_ints(&mut wire, list.len()).as_deref(), Ok(list));
            assert_eq!(wire.end(), Ok(()));
        }
    }

    #[test]
    fn ids_come_back_and_are_checked() {
        for distinct in [2usize, 256, 257, 65_536, 65_537, 1 << 25] {
            let ids: Vec<u32> = (0..100).map(|n| (n * (distinct as u32 - 1)) / 99).collect();
            let mut out = Vec::new();
            put_ids(&mut out, &ids, distinct);
            let read = read_ids(&out, 100, distinct).expect("ids");
            let mut seen = Vec::new();
            read.for_each(0..100, |_, id| seen.push(id as u32));
            assert_eq!(seen, ids);
            assert!(read_ids(&out, 99, distinct).is_err());
        }
        assert_eq!(read_ids(&[0, 3], 2, 3), Err(DecodeError("dictionary position past the end of the dictionary")));
    }
}

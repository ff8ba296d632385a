//! Shapes: what an event looks like without its values. Keys in order, nesting, kinds; stored once for all events alike.
//!
//! A shape is a list of steps. A step is a path's number times 8 plus a code: 0 text, 1 number, 2 bool (each takes the next value
//! of that path's column), 3 null, 4 empty object, 5 empty array, 6 opens a container, 7 (no path) closes the innermost one.
//!
//! Layout of the frame: a payload with, for each shape, the number of steps and the steps, each as the signed distance of its path
//! from the path before, times 8, plus its code; then a payload of shape ids, one a row, in time order.
use super::column::Kind;
use super::frame::{Compressor, Payload};
use super::ints::{Ids, put_ids, read_ids};
use super::wire::{Wire, put_varint, unzigzag, zigzag};
use crate::error::DecodeError;

pub const NULL: u32 = 3;
pub const EMPTY_OBJECT: u32 = 4;
pub const EMPTY_ARRAY: u32 = 5;
pub const OPEN: u32 = 6;
pub const CLOSE: u32 = 7;

/// The step of a value of `kind` at path `node`.
pub fn value_step(node: u32, kind: Kind) -> u32 {
    node << 3 | u32::from(kind.code())
}

/// Appends the frame's two payloads. `ids` are row by row in time order.
pub fn put_shapes<'a>(
    out: &mut Vec<u8>,
    compressor: &mut Compressor,
    shapes: impl ExactSizeIterator<Item = &'a [u32]>,
    ids: &[u32],
) {
    let count = shapes.len();
    let mut plain = Vec::new();
    for steps in shapes {
        put_varint(&mut plain, steps.len() as u64);
        let mut before = 0i64;
        for &step in steps {
            let (node, code) = (i64::from(step >> 3), u64::from(step & 7));
            if step == CLOSE {
                put_varint(&mut plain, code);
                continue;
            }
            put_varint(&mut plain, zigzag(node - before) << 3 | code);
            before = node;
        }
    }
    compressor.put(out, &plain);
    plain.clear();
    put_ids(&mut plain, ids, count);
    compressor.put(out, &plain);
}

/// The shapes of a row group and each row's shape.
pub struct Shapes {
    steps: Vec<u32>,
    ends: Vec<u32>,
    pub ids: Ids,
}

impl Shapes {
    pub fn read(frame: &[u8], count: usize, rows: usize, nodes: usize) -> Result<Self, DecodeError> {
        let mut wire = Wire::new(frame);
        let plain = Payload::read(&mut wire)?.open()?;
        let mut inner = Wire::new(&plain);
        let mut steps = Vec::new();
        let mut ends = Vec::new();
        for _ in 0..count {
            let length = inner.count()?;
            let mut before = 0i64;
            let mut depth = 0u32;
            for _ in 0..length {
                let word = inner.varint()?;
                let code = (word & 7) as u32;
                if code == CLOSE {
                    depth = depth.checked_sub(1).ok_or(DecodeError("shape closes more than it opens"))?;
                    steps.push(CLOSE);
                    continue;
                }
                before = before.checked_add(unzigzag(word >> 3)).ok_or(DecodeError("shape names an unknown path"))?;
                if before <= 0 || before >= nodes as i64 {
                    return Err(DecodeError("shape names an unknown path"));
                }
                depth += u32::from(code == OPEN);
                steps.push((before as u32) << 3 | code);
            }
            if depth != 0 {
                return Err(DecodeError("shape opens more than it closes"));
            }
            ends.push(steps.len() as u32);
        }
        inner.end()?;
        let ids = read_ids(&Payload::read(&mut wire)?.open()?, rows, count)?;
        wire.end()?;
        Ok(Self { steps, ends, ids })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn steps(&self, shape: usize) -> &[u32] {
        let start = if shape == 0 { 0 } else { self.ends[shape - 1] as usize };
        &self.steps[start..self.ends[shape] as usize]
    }

    pub fn memory_bytes(&self) -> usize {
        4 * self.steps.len() + 4 * self.ends.len() + 4 * self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_come_back_and_are_checked() {
        let shapes: [&[u32]; 3] = [&[8, 17, 26], &[8, 16 | OPEN, 24, CLOSE, 8 | NULL], &[]];
        let mut out = Vec::new();
        put_shapes(&mut out, &mut Compressor::new(), shapes.into_iter(), &[0, 1, 1, 2]);
        let read = Shapes::read(&out, 3, 4, 4).expect("shapes");
        assert_eq!((0..3).map(|shape| read.steps(shape)).collect::<Vec<_>>(), shapes);
        assert_eq!(read.ids, Ids::U8(vec![0, 1, 1, 2]));
        assert!(Shapes::read(&out, 3, 4, 3).is_err());
        assert!(Shapes::read(&out, 3, 5, 4).is_err());
    }
}

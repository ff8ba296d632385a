//! What a row group holds and where: the first frame of the group.
//!
//! A group is: the directory, the strips (frames of whole-group columns, one after the other), then one body per page (the frames of
//! that page's part of each paged column). Columns of a few bytes stand in the directory itself.
//!
//! Layout: one payload with: the number of shapes; the frame references of shapes and rows, the first two strips; the number of
//! columns, then for each: distance of its path from the path before (varint), a byte kind + 4 x placement, the number of values,
//! the longest text in bytes, the mask of character classes, then by placement 0: the length and the frame; 1: the reference of
//! its strip; 2: for each page a reference, of length 0 where the page has no value.
use super::column::Kind;
use super::frame::{Compressor, FrameRef, Payload};
use super::limits::GROUP_VALUES_MAX;
use super::wire::{Wire, put_bytes, put_varint};
use crate::error::DecodeError;

const INLINE: u8 = 0;
const STRIP: u8 = 1;
const PAGED: u8 = 2;

/// What may be known of a column without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Number of values in the group.
    pub count: u32,
    /// Length of the longest text, in bytes.
    pub longest: u32,
    /// Union of `value::class::class_mask` over all texts.
    pub classes: u16,
}

/// Where a column's values are, as the writer says it.
pub enum Placement<'a> {
    Inline(&'a [u8]),
    Strip(FrameRef),
    Pages(&'a [FrameRef]),
}

pub struct DirectoryWriter {
    plain: Vec<u8>,
    node_before: u32,
}

impl DirectoryWriter {
    pub fn new(shapes: usize, shapes_frame: FrameRef, rows_frame: FrameRef, columns: usize) -> Self {
        let mut plain = Vec::new();
        put_varint(&mut plain, shapes as u64);
        shapes_frame.put(&mut plain);
        rows_frame.put(&mut plain);
        put_varint(&mut plain, columns as u64);
        Self { plain, node_before: 0 }
    }

    /// Columns come in order of path and kind.
    pub fn column(&mut self, node: u32, kind: Kind, stamp: Stamp, placement: &Placement<'_>) {
        let out = &mut self.plain;
        put_varint(out, u64::from(node - self.node_before));
        self.node_before = node;
        let code = match placement {
            Placement::Inline(_) => INLINE,
            Placement::Strip(_) => STRIP,
            Placement::Pages(_) => PAGED,
        };
        out.push(kind.code() | code << 2);
        put_varint(out, u64::from(stamp.count));
        put_varint(out, u64::from(stamp.longest));
        put_varint(out, u64::from(stamp.classes));
        match placement {
            Placement::Inline(frame) => put_bytes(out, frame),
            Placement::Strip(frame) => frame.put(out),
            Placement::Pages(frames) => {
                for frame in *frames {
                    if frame.length == 0 { out.push(0) } else { frame.put(out) }
                }
            }
        }
    }

    pub fn finish(self, compressor: &mut Compressor) -> Vec<u8> {
        let mut out = Vec::new();
        compressor.put(&mut out, &self.plain);
        out
    }
}

/// A frame and where it starts, counted from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Located {
    pub offset: u64,
    pub frame: FrameRef,
}

/// Where a column's values are, as the reader finds it.
#[derive(Debug, Clone)]
pub enum Place {
    Inline(Box<[u8]>),
    Strip(Located),
    /// One a page; length 0 where the page has no value.
    Pages(Box<[Located]>),
}

#[derive(Debug, Clone)]
pub struct ColumnEntry {
    pub node: u32,
    pub kind: Kind,
    pub stamp: Stamp,
    pub place: Place,
}

#[derive(Debug)]
pub struct Directory {
    pub shape_count: usize,
    pub shapes: Located,
    pub rows: Located,
    /// In order of path and kind.
    pub columns: Vec<ColumnEntry>,
}

/// What the address says of the group that a directory belongs to.
pub struct GroupBounds<'a> {
    /// First byte behind the directory.
    pub strips_offset: u64,
    pub strips_length: u64,
    /// Length of each page's body; bodies follow the strips.
    pub bodies: &'a [u32],
    pub nodes: usize,
}

impl Directory {
    pub fn read(frame: &[u8], bounds: &GroupBounds<'_>) -> Result<Self, DecodeError> {
        let plain = Payload::read(&mut Wire::new(frame))?.open()?;
        let mut wire = Wire::new(&plain);
        let shape_count = wire.varint()? as usize;
        let mut strips = Cursor { at: bounds.strips_offset, end: bounds.strips_offset + bounds.strips_length };
        let mut start = strips.end;
        let mut bodies = Vec::with_capacity(bounds.bodies.len());
        for &length in bounds.bodies {
            bodies.push(Cursor { at: start, end: start + u64::from(length) });
            start += u64::from(length);
        }
        let shapes = strips.place(FrameRef::read(&mut wire)?)?;
        let rows = strips.place(FrameRef::read(&mut wire)?)?;
        let mut columns: Vec<ColumnEntry> = Vec::new();
        let (mut node, mut values) = (0u64, 0u64);
        for _ in 0..wire.count()? {
            node = node.saturating_add(wire.varint()?);
            if node == 0 || node >= bounds.nodes as u64 {
                return Err(DecodeError("column names an unknown path"));
            }
            let code = wire.byte()?;
            let kind = Kind::from_code(code & 3)?;
            let stamp = Stamp { count: wire.number()?, longest: wire.number()?, classes: wire.number()? as u16 };
            values += u64::from(stamp.count);
            if values > GROUP_VALUES_MAX {
                return Err(DecodeError("group has more values than a group may have"));
            }
            let place = match code >> 2 {
                INLINE => Place::Inline(wire.bytes()?.into()),
                STRIP => Place::Strip(strips.place(FrameRef::read(&mut wire)?)?),
                PAGED => {
                    Place::Pages(bodies.iter_mut().map(|body| body.optional(&mut wire)).collect::<Result<_, _>>()?)
                }
                _ => return Err(DecodeError("unknown placement of a column")),
            };
            if columns.last().is_some_and(|before| (before.node, before.kind) >= (node as u32, kind)) {
                return Err(DecodeError("columns are out of order"));
            }
            columns.push(ColumnEntry { node: node as u32, kind, stamp, place });
        }
        wire.end()?;
        Ok(Self { shape_count, shapes, rows, columns })
    }

    pub fn find(&self, node: u32, kind: Kind) -> Option<usize> {
        self.columns.binary_search_by_key(&(node, kind), |column| (column.node, column.kind)).ok()
    }

    pub fn memory_bytes(&self) -> usize {
        let place_bytes = |place: &Place| match place {
            Place::Inline(frame) => frame.len(),
            Place::Strip(_) => 0,
            Place::Pages(pages) => pages.len() * size_of::<Located>(),
        };
        self.columns.iter().map(|column| size_of::<ColumnEntry>() + place_bytes(&column.place)).sum()
    }
}

struct Cursor {
    at: u64,
    end: u64,
}

impl Cursor {
    fn place(&mut self, frame: FrameRef) -> Result<Located, DecodeError> {
        let offset = self.at;
        self.at += u64::from(frame.length);
        if self.at > self.end {
            return Err(DecodeError("frames are longer than their group"));
        }
        Ok(Located { offset, frame })
    }

    fn optional(&mut self, wire: &mut Wire<'_>) -> Result<Located, DecodeError> {
        let length = wire.number()?;
        let checksum = if length == 0 { 0 } else { wire.u32()? };
        self.place(FrameRef { length, checksum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_comes_back_with_every_place() {
        let stamp = Stamp { count: 7, longest: 20, classes: 3 };
        let frame = |length| FrameRef { length, checksum: length * 3 };
        let mut writer = DirectoryWriter::new(2, frame(10), frame(20), 3);
        writer.column(1, Kind::Text, stamp, &Placement::Inline(b"abc"));
        writer.column(1, Kind::Number, stamp, &Placement::Strip(frame(5)));
        writer.column(4, Kind::Text, stamp, &Placement::Pages(&[frame(8), frame(0)]));
        let out = writer.finish(&mut Compressor::new());
        let bounds = GroupBounds { strips_offset: 100, strips_length: 35, bodies: &[8, 0], nodes: 5 };
        let read = Directory::read(&out, &bounds).expect("a directory");
        assert_eq!((read.shapes.offset, read.rows.offset), (100, 110));
        assert!(matches!(&read.columns[1].place, Place::Strip(strip) if strip.offset == 130));
        let Place::Pages(pages) = &read.columns[2].place else { panic!("not paged") };
        assert_eq!((pages[0].offset, pages[1].offset, pages[1].frame.length), (135, 143, 0));
        assert_eq!(read.find(4, Kind::Text), Some(2));
        assert_eq!(read.find(4, Kind::Bool), None);
        for bad in [GroupBounds { nodes: 4, ..bounds }, GroupBounds { strips_length: 34, ..bounds }] {
            assert!(Directory::read(&out, &bad).is_err());
        }
    }
}

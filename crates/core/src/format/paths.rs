//! The schema of a segment: every path that occurs, as a tree. Columns and shapes name a path by its number.
//!
//! Layout of the frame: a payload that holds the number of nodes after the root, then for each: the distance to its parent's number
//! (varint), the length of the key plus one, or 0 for the elements of an array, then the key. Node 0 is the event itself.
use super::frame::{Compressor, Payload};
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;

/// Deeper paths than the JSON parser lets through are damage.
const DEPTH_MAX: u32 = 1024;

/// Appends the schema's payload; `nodes` gives each node's parent and key (None: array element), parents first.
pub fn put_paths<'a>(
    out: &mut Vec<u8>,
    compressor: &mut Compressor,
    nodes: impl ExactSizeIterator<Item = (u32, Option<&'a [u8]>)>,
) {
    let mut plain = Vec::new();
    put_varint(&mut plain, nodes.len() as u64);
    for (number, (parent, key)) in (1u32..).zip(nodes) {
        put_varint(&mut plain, u64::from(number - parent));
        put_varint(&mut plain, key.map_or(0, |key| key.len() as u64 + 1));
        plain.extend_from_slice(key.unwrap_or_default());
    }
    compressor.put(out, &plain);
}

/// One path of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub parent: u32,
    /// The key in its parent object; None for the elements of an array.
    pub key: Option<Vec<u8>>,
    /// `"key":` ready for output.
    pub json_key: Vec<u8>,
    /// The flattened name, `[]` for each array position.
    pub name: Vec<u8>,
    /// How many arrays the path goes through.
    pub arrays: u32,
    /// Length of the name before the first array position; of all of it when there is none.
    pub fixed: usize,
    depth: u32,
}

/// All paths, by number.
#[derive(Debug, Default)]
pub struct Paths {
    pub nodes: Vec<Path>,
}

impl Paths {
    pub fn read(frame: &[u8]) -> Result<Self, DecodeError> {
        let plain = Payload::read(&mut Wire::new(frame))?.open()?;
        let mut wire = Wire::new(&plain);
        let count = wire.count()?;
        let root = Path { parent: 0, key: None, json_key: Vec::new(), name: Vec::new(), arrays: 0, fixed: 0, depth: 0 };
        let mut nodes = Vec::with_capacity(count + 1);
        nodes.push(root);
        for number in 1..=count {
            let distance = wire.varint()? as usize;
            if distance == 0 || distance > number {
                return Err(DecodeError("path has no parent before it"));
            }
            let parent = number - distance;
            let key = match wire.varint()? {
                0 => None,
                length => Some(wire.take(length as usize - 1)?.to_vec()),
            };
            nodes.push(Self::child(&nodes, parent, key)?);
        }
        wire.end()?;
        Ok(Self { nodes })
    }

    fn child(nodes: &[Path], parent: usize, key: Option<Vec<u8>>) -> Result<Path, DecodeError> {
        let above = &nodes[parent];
        if above.depth >= DEPTH_MAX {
            return Err(DecodeError("path is too deep"));
        }
        let mut name = above.name.clone();
        let mut json_key = Vec::new();
        match &key {
            None => name.extend_from_slice(b"[]"),
            Some(key) => {
                if parent != 0 {
                    name.push(b'.');
                }
                name.extend_from_slice(key);
                crate::value::json::put_string(&mut json_key, key);
                json_key.push(b':');
            }
        }
        let arrays = above.arrays + u32::from(key.is_none());
        let fixed = match (above.arrays, &key) {
            (0, Some(_)) => name.len(),
            _ => above.fixed,
        };
        Ok(Path { parent: parent as u32, key, json_key, name, arrays, fixed, depth: above.depth + 1 })
    }

    /// The paths that may have a value of this concrete name; true: all their values have it, false: it depends on positions.
    pub fn named(&self, name: &[u8]) -> Vec<(u32, bool)> {
        let mut found = Vec::new();
        for (number, path) in (0u32..).zip(&self.nodes).skip(1) {
            if path.arrays == 0 {
                if path.name == name {
                    found.push((number, true));
                }
            } else if name.strip_prefix(&path.name[..path.fixed]).is_some_and(|rest| rest.starts_with(b"[")) {
                found.push((number, false));
            }
        }
        found
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    pub fn memory_bytes(&self) -> usize {
        self.nodes.iter().map(|node| 160 + 2 * node.name.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_tree() {
        let nodes: [(u32, Option<&[u8]>); 5] =
            [(0, Some(b"a")), (1, None), (2, Some(b"b.c")), (0, Some(b"")), (4, Some(b"\"x"))];
        let mut out = Vec::new();
        put_paths(&mut out, &mut Compressor::new(), nodes.into_iter());
        let paths = Paths::read(&out).expect("paths");
        let names: Vec<_> = paths.nodes.iter().map(|node| String::from_utf8_lossy(&node.name).into_owned()).collect();
        assert_eq!(names, ["", "a", "a[]", "a[].b.c", "", ".\"x"]);
        assert_eq!(paths.nodes[5].json_key, b"\"\\\"x\":");
    }
}

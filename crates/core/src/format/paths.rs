//! The schema of a segment: every path that occurs, as a tree. Columns and shapes name a path by its number.
//!
//! Layout of the frame: a payload that holds the number of nodes after the root, then for each: the distance to its parent's number
//! (varint), the length of the key plus one, or 0 for the elements of an array, then the key. Node 0 is the event itself.
use super::frame::{Compressor, Payload};
use super::limits::{DEPTH_MAX, PATHS_MAX};
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;

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

/// One path of a segment. Its name is put together when it is asked for: kept for every path, one long key with many below it would
/// need memory without bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub parent: u32,
    /// The key in its parent object; None for the elements of an array.
    pub key: Option<Vec<u8>>,
    /// `"key":` ready for output.
    pub json_key: Vec<u8>,
    /// How many arrays the path goes through.
    pub arrays: u32,
    /// The path before the first array position; the path itself when there is none.
    pub fixed: u32,
    name_length: usize,
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
        if count > PATHS_MAX {
            return Err(DecodeError("more paths than a segment may have"));
        }
        let root = Path { parent: 0, key: None, json_key: Vec::new(), arrays: 0, fixed: 0, name_length: 0, depth: 0 };
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
        let mut json_key = Vec::new();
        let name_length = above.name_length
            + match &key {
                None => b"[]".len(),
                Some(key) => {
                    crate::value::json::put_string(&mut json_key, key);
                    json_key.push(b':');
                    key.len() + usize::from(parent != 0)
                }
            };
        let arrays = above.arrays + u32::from(key.is_none());
        let fixed = if arrays == 0 { nodes.len() as u32 } else { above.fixed };
        Ok(Path { parent: parent as u32, key, json_key, arrays, fixed, name_length, depth: above.depth + 1 })
    }

    /// The pieces of a path's name, last one first.
    fn pieces(&self, node: u32) -> impl Iterator<Item = &[u8]> {
        let mut at = node as usize;
        let mut dot = false;
        std::iter::from_fn(move || {
            if at == 0 {
                return None;
            }
            let path = &self.nodes[at];
            if dot {
                dot = false;
                at = path.parent as usize;
                return Some(&b"."[..]);
            }
            dot = path.key.is_some() && path.parent != 0;
            if !dot {
                at = path.parent as usize;
            }
            Some(path.key.as_deref().unwrap_or(b"[]"))
        })
    }

    /// The flattened name, with `[]` for each array position, in the caller's buffer.
    pub fn name<'a>(&self, node: u32, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        let mut end = self.nodes[node as usize].name_length;
        buffer.resize(end, 0);
        for piece in self.pieces(node) {
            buffer[end - piece.len()..end].copy_from_slice(piece);
            end -= piece.len();
        }
        buffer
    }

    /// Whether the flattened name is this.
    pub fn is_named(&self, node: u32, name: &[u8]) -> bool {
        let mut rest = name;
        self.nodes[node as usize].name_length == name.len()
            && self.pieces(node).all(|piece| {
                let before = rest.strip_suffix(piece);
                rest = before.unwrap_or_default();
                before.is_some()
            })
    }

    /// The paths that may have a value of this concrete name; true: all their values have it, false: it depends on positions.
    pub fn named(&self, name: &[u8]) -> Vec<(u32, bool)> {
        let mut found = Vec::new();
        for (number, path) in (0u32..).zip(&self.nodes).skip(1) {
            if path.arrays == 0 {
                if self.is_named(number, name) {
                    found.push((number, true));
                }
                continue;
            }
            let fixed = self.nodes[path.fixed as usize].name_length;
            if name.get(fixed) == Some(&b'[') && self.is_named(path.fixed, &name[..fixed]) {
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
        self.nodes.iter().map(|node| 160 + 2 * node.json_key.len()).sum()
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
        let mut buffer = Vec::new();
        let mut name = |node| String::from_utf8_lossy(paths.name(node, &mut buffer)).into_owned();
        let names: Vec<_> = (0..6).map(&mut name).collect();
        assert_eq!(names, ["", "a", "a[]", "a[].b.c", "", ".\"x"]);
        for (node, name) in (0..).zip(&names) {
            assert!(
                paths.is_named(node, name.as_bytes())
                    && !paths.is_named(node, b".")
                    && !paths.is_named(node, b"a[].b-c")
            );
        }
        assert_eq!(paths.named(b"a[7].b.c"), [(2, false), (3, false)]);
        assert_eq!(paths.named(b".\"x"), [(5, true)]);
        assert_eq!(paths.nodes[5].json_key, b"\"\\\"x\":");
    }
}

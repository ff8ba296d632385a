//! The tree of paths of the segment being built.
//!
//! Events of a source repeat their keys in the same order, so each path remembers which key followed it last time: the next key is
//! then known after one comparison.
use crate::format::column::Kind;
use crate::parse::event_time::NOT_A_TIME;
use crate::value::short::{NumberState, hash, is_same};
use std::collections::HashMap;

pub const NONE: u32 = u32::MAX;
pub const ROOT: u32 = 0;

pub struct Node {
    pub parent: u32,
    key_start: u32,
    key_length: u32,
    pub is_element: bool,
    /// The columns of the batch at this path, by kind.
    pub columns: [u32; 3],
    /// Position in the list of fields that may hold the event time, or `NOT_A_TIME`.
    pub time_rank: u8,
    first_child: u32,
    next_sibling: u32,
    element: u32,
}

#[derive(Default)]
pub struct PathTable {
    pub nodes: Vec<Node>,
    keys: Vec<u8>,
    by_key: HashMap<(u32, u64), u32, NumberState>,
    time_fields: Vec<Vec<u8>>,
}

impl PathTable {
    pub fn new() -> Self {
        let mut table = Self::default();
        table.push(ROOT, &[], false);
        table
    }

    /// Starts anew, with the same fields that hold the event time.
    pub fn forget(&mut self) {
        let time_fields = std::mem::take(&mut self.time_fields);
        *self = Self { time_fields, ..Self::new() };
    }

    /// Number of paths, the event itself not counted.
    pub fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory held, roughly: a path has an entry in the table and one in the map.
    pub fn memory_bytes(&self) -> usize {
        self.keys.capacity() + (size_of::<Node>() + 40) * self.nodes.capacity()
    }

    /// Length of all keys together.
    pub fn keys_bytes(&self) -> usize {
        self.keys.len()
    }

    /// The fields that hold the event time, best first, by flattened name.
    pub fn set_time_fields(&mut self, fields: &[Vec<u8>]) {
        if self.time_fields == fields {
            return;
        }
        self.time_fields = fields.to_vec();
        for node in 1..self.nodes.len() as u32 {
            self.nodes[node as usize].time_rank = self.rank(node);
        }
    }

    #[inline]
    pub fn key(&self, node: u32) -> &[u8] {
        let node = &self.nodes[node as usize];
        &self.keys[node.key_start as usize..(node.key_start + node.key_length) as usize]
    }

    /// The path of member `key` of `parent`; `before` is the member that came before it in this event, or NONE.
    #[inline]
    pub fn child(&mut self, parent: u32, before: u32, key: &[u8]) -> u32 {
        let guess = if before == NONE {
            self.nodes[parent as usize].first_child
        } else {
            self.nodes[before as usize].next_sibling
        };
        if guess != NONE && is_same(self.key(guess), key) {
            return guess;
        }
        self.child_by_hash(parent, before, key)
    }

    fn child_by_hash(&mut self, parent: u32, before: u32, key: &[u8]) -> u32 {
        let mut hash = hash(key);
        let node = loop {
            match self.by_key.get(&(parent, hash)) {
                Some(&node) if self.key(node) == key => break node,
                // Two keys with one hash: the second lives under the next free number.
                Some(_) => hash = hash.wrapping_add(1),
                None => {
                    let node = self.push(parent, key, false);
                    self.by_key.insert((parent, hash), node);
                    break node;
                }
            }
        };
        if before == NONE {
            self.nodes[parent as usize].first_child = node;
        } else {
            self.nodes[before as usize].next_sibling = node;
        }
        node
    }

    /// The path of the elements of the array at `parent`.
    #[inline]
    pub fn element(&mut self, parent: u32) -> u32 {
        match self.nodes[parent as usize].element {
            NONE => {
                let node = self.push(parent, &[], true);
                self.nodes[parent as usize].element = node;
                node
            }
            node => node,
        }
    }

    fn push(&mut self, parent: u32, key: &[u8], is_element: bool) -> u32 {
        let number = self.nodes.len() as u32;
        let key_start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.nodes.push(Node {
            parent,
            key_start,
            key_length: key.len() as u32,
            is_element,
            columns: [NONE; 3],
            time_rank: NOT_A_TIME,
            first_child: NONE,
            next_sibling: NONE,
            element: NONE,
        });
        if number != ROOT {
            self.nodes[number as usize].time_rank = self.rank(number);
        }
        number
    }

    fn rank(&self, node: u32) -> u8 {
        // The name costs its length, so it is looked at only when the key may end a field's name.
        let end: &[u8] = if self.nodes[node as usize].is_element { b"[]" } else { self.key(node) };
        if !self.time_fields.iter().any(|field| field.ends_with(end)) {
            return NOT_A_TIME;
        }
        let name = self.name(node);
        self.time_fields.iter().position(|field| *field == name).map_or(NOT_A_TIME, |at| at.min(254) as u8)
    }

    /// The name up to the first array on the way (all of it where there is none), and whether there is one.
    pub fn name_to_array(&self, node: u32) -> (Vec<u8>, bool) {
        let mut way = vec![node];
        while let Some(&last) = way.last().filter(|&&last| last != ROOT) {
            way.push(self.nodes[last as usize].parent);
        }
        let element = way.iter().rposition(|&node| self.nodes[node as usize].is_element);
        let last = element.map_or(node, |at| self.nodes[way[at] as usize].parent);
        (self.name(last), element.is_some())
    }

    fn name(&self, node: u32) -> Vec<u8> {
        let here = &self.nodes[node as usize];
        if node == ROOT {
            return Vec::new();
        }
        let mut name = self.name(here.parent);
        if here.is_element {
            name.extend_from_slice(b"[]");
        } else {
            if here.parent != ROOT {
                name.push(b'.');
            }
            name.extend_from_slice(self.key(node));
        }
        name
    }

    /// Parent and key of each path after the root, as the schema stores them.
    pub fn stored(&self) -> impl ExactSizeIterator<Item = (u32, Option<&[u8]>)> {
        (1..self.nodes.len() as u32).map(|number| {
            let node = &self.nodes[number as usize];
            (node.parent, if node.is_element { None } else { Some(self.key(number)) })
        })
    }

    /// The column of a kind at a path, or NONE.
    pub fn column(&self, node: u32, kind: Kind) -> u32 {
        self.nodes[node as usize].columns[kind.code() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_never_change_the_answer() {
        let mut table = PathTable::new();
        table.set_time_fields(&[b"a.t".to_vec()]);
        let a = table.child(ROOT, NONE, b"a");
        let b = table.child(ROOT, a, b"b");
        assert_eq!(table.child(ROOT, NONE, b"b"), b);
        assert_eq!(table.child(ROOT, b, b"a"), a);
        assert_eq!(table.child(ROOT, a, b"b"), b);
        let inner = table.child(a, NONE, b"t");
        assert_ne!(inner, table.child(ROOT, NONE, b"t"));
        assert_eq!(table.nodes[inner as usize].time_rank, 0);
        assert_eq!(table.element(b), table.element(b));
        assert_eq!(table.name(table.nodes.len() as u32 - 1), b"b[]");
    }
}

//! One of the segments that are merged: what is known of it while it is read, and what became of it.
use super::Moved;
use super::deletion::Deletion;
use crate::error::{CoreError, Result};
use crate::format::objects::{SourceObject, read_objects};
use crate::format::paths::Paths;
use crate::search::evaluate::Reach;
use crate::search::fetch::Fetched;
use crate::search::reader::SegmentReader;
use crate::write::paths::{NONE, PathTable, ROOT};
use std::collections::HashSet;
use std::sync::Arc;

/// What is known of an input's events while they are read.
#[derive(Default)]
pub struct Opened {
    pub paths: Arc<Paths>,
    pub objects: Vec<SourceObject>,
    /// By object: its number in the output, or NONE.
    pub numbers: Vec<u32>,
    /// By path: its number in the output, or NONE where no row had it so far.
    pub nodes: Vec<u32>,
    /// By deletion: on which paths its leaves fall.
    pub reaches: Vec<Vec<Reach>>,
}

pub struct Input {
    pub reader: Arc<SegmentReader>,
    dead: HashSet<u32>,
    pub deletions: Vec<Deletion>,
    pub opened: Opened,
    pub moved: Moved,
    pub deleted_events: u64,
    pub kept_events: u64,
}

impl Input {
    pub fn new(reader: Arc<SegmentReader>, dead: &[u32], deletions: Vec<Deletion>) -> Self {
        Self {
            reader,
            dead: dead.iter().copied().collect(),
            deletions,
            opened: Opened::default(),
            moved: Moved { first: 0, dropped: Vec::new() },
            deleted_events: 0,
            kept_events: 0,
        }
    }

    /// Reads what all its groups need, and gives the objects that are left their numbers.
    pub fn open(&mut self, fetched: &Fetched, index: &str, objects: &mut Vec<SourceObject>) -> Result<()> {
        let located = self.reader.schema_location();
        let paths = match self.reader.paths() {
            Some(paths) => paths,
            None => {
                let read = Paths::read(fetched.frame("schema", &located)?);
                Arc::new(read.map_err(|error| error.at("schema", located.offset))?)
            }
        };
        let located = self.reader.objects_location();
        let (own_index, own) =
            read_objects(fetched.frame("objects", &located)?).map_err(|error| error.at("objects", located.offset))?;
        if own_index != index {
            return Err(CoreError::Usage(format!("segment of index '{own_index}' in a merge of index '{index}'")));
        }
        self.moved.first = objects.len() as u32;
        let mut numbers = Vec::with_capacity(own.len());
        for (number, object) in (0u32..).zip(&own) {
            if object.is_aborted || self.dead.contains(&number) {
                self.moved.dropped.push(number);
                numbers.push(NONE);
            } else {
                numbers.push(objects.len() as u32);
                objects.push(SourceObject { events: 0, ..object.clone() });
            }
        }
        let reach = |deletion: &Deletion| deletion.filter.leaves.iter().map(|leaf| Reach::of(leaf, &paths)).collect();
        let reaches = self.deletions.iter().map(reach).collect();
        let nodes = vec![NONE; paths.len()];
        self.opened = Opened { paths, objects: own, numbers, nodes, reaches };
        Ok(())
    }

    /// Lets go of what only its groups needed.
    pub fn close(&mut self) {
        self.opened = Opened::default();
        self.deletions = Vec::new();
    }

    /// Of the bytes that its events came from, those of the events that were kept, in proportion.
    pub fn raw_bytes(&self) -> u64 {
        let address = &self.reader.address;
        let kept = u128::from(address.raw_bytes) * u128::from(self.kept_events.min(address.events));
        kept.checked_div(u128::from(address.events)).unwrap_or(0) as u64
    }
}

impl Opened {
    /// The number of a path in the output, which gets the path when it does not have it.
    pub fn node(&mut self, node: u32, table: &mut PathTable) -> u32 {
        let mut way = Vec::new();
        let mut at = node;
        while at != ROOT && self.nodes[at as usize] == NONE {
            way.push(at);
            at = self.paths.nodes[at as usize].parent;
        }
        let mut number = if at == ROOT { ROOT } else { self.nodes[at as usize] };
        for at in way.into_iter().rev() {
            number = match &self.paths.nodes[at as usize].key {
                Some(key) => table.child(number, NONE, key),
                None => table.element(number),
            };
            self.nodes[at as usize] = number;
        }
        number
    }
}

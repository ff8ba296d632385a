//! The segment being built: groups already encoded, tokens still in memory, source objects.
use super::batch::Batch;
use super::group::put_group;
use super::layout::PageLimits;
use super::tokens::{TokenEntries, TokenSet};
use crate::format::address::{Address, GroupEntry, MAGIC};
use crate::format::frame::{Compressor, FrameRef};
use crate::format::objects::{SourceObject, put_objects};
use crate::format::paths::put_paths;

/// A finished file and what the catalog keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub data: Vec<u8>,
    /// See `format::address`.
    pub address: Vec<u8>,
    pub facts: SegmentFacts,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentFacts {
    pub events: u64,
    pub raw_bytes: u64,
    pub pages: usize,
    pub min_time_ns: i64,
    pub max_time_ns: i64,
    pub objects: Vec<SourceObject>,
}

pub struct SegmentWriter {
    file: Vec<u8>,
    address: Address,
    tokens: TokenSet,
    entries: TokenEntries,
    pub objects: Vec<SourceObject>,
    compressor: Compressor,
}

impl Default for SegmentWriter {
    fn default() -> Self {
        Self {
            file: MAGIC.to_vec(),
            address: Address::default(),
            tokens: TokenSet::default(),
            entries: TokenEntries::default(),
            objects: Vec::new(),
            compressor: Compressor::new(),
        }
    }
}

impl SegmentWriter {
    /// Encodes the batch as the next group and clears it.
    pub fn put_batch(&mut self, batch: &mut Batch, limits: PageLimits) {
        if batch.rows.is_empty() {
            return batch.clear();
        }
        batch.settle();
        let group = put_group(&mut self.file, batch, limits, &mut self.tokens, &mut self.compressor);
        self.end_group(group, batch.rows.iter().map(|row| row.facts.object));
        batch.clear();
    }

    /// Adds a group that `encode` appends to the file, with its tokens; `objects` has the source object of each row.
    pub fn put_encoded<E>(
        &mut self,
        objects: &[u32],
        encode: impl FnOnce(&mut Vec<u8>, &mut TokenSet, &mut Compressor) -> Result<GroupEntry, E>,
    ) -> Result<(), E> {
        let group = encode(&mut self.file, &mut self.tokens, &mut self.compressor)?;
        self.end_group(group, objects.iter().copied());
        Ok(())
    }

    fn end_group(&mut self, mut group: GroupEntry, objects: impl Iterator<Item = u32>) {
        group.first_page = self.address.pages() as u32;
        self.tokens.drain_into(&mut self.entries, group.first_page);
        for object in objects {
            self.objects[object as usize].events += 1;
            self.address.events += 1;
        }
        self.address.groups.push(group);
    }

    pub fn is_empty(&self) -> bool {
        self.address.groups.is_empty()
    }

    /// Bytes of memory held by what is encoded and by its tokens.
    pub fn memory_bytes(&self) -> usize {
        self.file.capacity() + self.entries.memory_bytes()
    }

    /// Bytes of memory held between groups to work with.
    pub fn working_bytes(&self) -> usize {
        self.tokens.memory_bytes()
    }

    /// Ends the file; the writer is then empty.
    pub fn finish(&mut self, batch: &Batch, index: &str, raw_bytes: u64) -> Segment {
        let mut file = std::mem::replace(&mut self.file, MAGIC.to_vec());
        let mut address = std::mem::take(&mut self.address);
        let objects = std::mem::take(&mut self.objects);
        address.raw_bytes = raw_bytes;
        address.terms_offset = file.len() as u64;
        address.bucket_lengths = self.entries.finish(&mut file, address.pages());
        let start = file.len();
        put_paths(&mut file, &mut self.compressor, batch.paths.stored());
        address.schema = FrameRef::of(&file[start..]);
        let start = file.len();
        put_objects(&mut file, &mut self.compressor, index, &objects);
        address.objects = FrameRef::of(&file[start..]);
        let stored = address.write(&mut self.compressor);
        file.extend_from_slice(&stored);
        file.extend_from_slice(&(stored.len() as u32).to_le_bytes());
        file.extend_from_slice(&MAGIC);
        let facts = SegmentFacts {
            events: address.events,
            raw_bytes,
            pages: address.pages(),
            min_time_ns: address.groups.iter().map(|group| group.min_time_ns()).min().unwrap_or(0),
            max_time_ns: address.groups.iter().map(|group| group.max_time_ns()).max().unwrap_or(0),
            objects,
        };
        Segment { data: file, address: stored, facts }
    }
}

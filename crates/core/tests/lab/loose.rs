//! A segment taken apart, so that any structure in it can be changed and the whole put together again with right checksums: what
//! somebody could upload who knows the format. The fuzz targets use this file too.
use lakebed_core::format::address::{Address, GroupEntry, MAGIC, PageEntry};
use lakebed_core::format::column::{Column, Kind, put_column};
use lakebed_core::format::directory::{Directory, DirectoryWriter, GroupBounds, Place, Placement, Stamp};
use lakebed_core::format::frame::{Compressor, FrameRef, checksum};
use lakebed_core::format::objects::{put_objects, read_objects};
use lakebed_core::format::paths::{Paths, put_paths};
use lakebed_core::format::rows::{RowFacts, Rows, put_rows};
use lakebed_core::format::shape::{Shapes, put_shapes};

/// Chooses a number below its argument.
pub type Choose<'a> = dyn FnMut(usize) -> usize + 'a;

#[derive(Clone)]
pub struct Loose {
    groups: Vec<Group>,
    /// Without their checksums.
    buckets: Vec<Vec<u8>>,
    schema: Vec<u8>,
    objects: Vec<u8>,
    /// How the finished directories, and the address, are changed: which group (the number behind the last is the address), and
    /// what is done.
    later: Vec<(usize, Change)>,
}

#[derive(Clone)]
struct Group {
    shape_count: usize,
    shapes: Vec<u8>,
    rows: Vec<u8>,
    columns: Vec<LooseColumn>,
    pages: Vec<PageEntry>,
}

#[derive(Clone)]
struct LooseColumn {
    node: u32,
    kind: Kind,
    stamp: Stamp,
    place: LoosePlace,
}

#[derive(Clone)]
enum LoosePlace {
    Inline(Vec<u8>),
    Strip(Vec<u8>),
    Pages(Vec<Vec<u8>>),
}

/// Nothing is compressed, so that a changed byte is a changed value.
fn plain() -> Compressor {
    let mut compressor = Compressor::new();
    compressor.store_only = true;
    compressor
}

impl Loose {
    /// Takes a whole segment apart.
    pub fn of(file: &[u8], address: &[u8]) -> Self {
        let address = Address::read(address).expect("an address");
        let slice = |offset: u64, frame: FrameRef| &file[offset as usize..offset as usize + frame.length as usize];
        let paths = Paths::read(slice(address.schema_offset(), address.schema)).expect("a schema");
        let (index, list) = read_objects(slice(address.objects_offset(), address.objects)).expect("objects");
        let (mut schema, mut objects) = (Vec::new(), Vec::new());
        let nodes: Vec<_> = paths.nodes.iter().skip(1).map(|node| (node.parent, node.key.as_deref())).collect();
        put_paths(&mut schema, &mut plain(), nodes.into_iter());
        put_objects(&mut objects, &mut plain(), &index, &list);
        let mut at = address.terms_offset as usize;
        let mut bucket = |&length: &u32| {
            at += length as usize;
            file[at - length as usize + 4..at].to_vec()
        };
        let buckets = address.bucket_lengths.iter().map(&mut bucket).collect();
        let groups = address.groups.iter().map(|group| Group::of(file, group, paths.len())).collect();
        Self { groups, buckets, schema, objects, later: Vec::new() }
    }

    /// The file and its address.
    pub fn put_together(&self) -> (Vec<u8>, Vec<u8>) {
        let mut file = MAGIC.to_vec();
        let mut address = Address { events: 0, raw_bytes: 1, ..Address::default() };
        for (number, group) in self.groups.iter().enumerate() {
            let changes = self.later.iter().filter(|(group, _)| *group == number).map(|(_, change)| change);
            let entry = group.put(&mut file, changes);
            address.groups.push(entry);
        }
        for bucket in &self.buckets {
            file.extend_from_slice(&checksum(bucket).to_le_bytes());
            file.extend_from_slice(bucket);
            address.bucket_lengths.push(bucket.len() as u32 + 4);
        }
        address.schema = FrameRef::of(&self.schema);
        address.objects = FrameRef::of(&self.objects);
        file.extend_from_slice(&self.schema);
        file.extend_from_slice(&self.objects);
        let mut stored = address.write(&mut plain());
        stored.truncate(stored.len() - 4);
        let behind = self.groups.len();
        self.later.iter().filter(|(group, _)| *group == behind).for_each(|(_, change)| change.apply(&mut stored));
        stored.extend_from_slice(&checksum(&stored).to_le_bytes());
        file.extend_from_slice(&stored);
        file.extend_from_slice(&(stored.len() as u32).to_le_bytes());
        file.extend_from_slice(&MAGIC);
        (file, stored)
    }

    /// Changes one thing.
    pub fn change(&mut self, choose: &mut Choose<'_>) {
        let groups = self.groups.len();
        match choose(12) {
            0 => Change::chosen(self.schema.len(), choose).apply(&mut self.schema),
            1 => Change::chosen(self.objects.len(), choose).apply(&mut self.objects),
            2 => {
                let number = choose(self.buckets.len());
                if let Some(bucket) = self.buckets.get_mut(number) {
                    // Most of what can go wrong is in the counts at its start.
                    let reach = if choose(2) == 0 { bucket.len().min(4) } else { bucket.len() };
                    Change::chosen(reach, choose).apply(bucket);
                }
            }
            3 => self.later.push((groups, Change::chosen(200, choose))),
            4 => self.later.push((choose(groups), Change::chosen(2000, choose))),
            _ => {
                let number = choose(groups);
                if let Some(group) = self.groups.get_mut(number) {
                    group.change(choose);
                }
            }
        }
    }
}

impl Group {
    fn of(file: &[u8], entry: &GroupEntry, nodes: usize) -> Self {
        let slice = |offset: u64, frame: FrameRef| &file[offset as usize..offset as usize + frame.length as usize];
        let bodies: Vec<u32> = entry.pages.iter().map(|page| page.body_length).collect();
        let bounds = GroupBounds {
            strips_offset: entry.strips_offset(),
            strips_length: u64::from(entry.strips_length),
            bodies: &bodies,
            nodes,
        };
        let directory = Directory::read(slice(entry.offset, entry.directory), &bounds).expect("a directory");
        let frame = slice(directory.shapes.offset, directory.shapes.frame);
        let count = directory.shape_count;
        let stored = Shapes::read(frame, count, entry.rows(), nodes).expect("shapes");
        let ids: Vec<u32> = (0..entry.rows()).map(|row| stored.ids.get(row) as u32).collect();
        let (mut shapes, mut rows) = (Vec::new(), Vec::new());
        let steps: Vec<&[u32]> = (0..count).map(|shape| stored.steps(shape)).collect();
        put_shapes(&mut shapes, &mut plain(), steps.into_iter(), &ids);
        let stored = Rows::read(slice(directory.rows.offset, directory.rows.frame), entry.rows()).expect("rows");
        let lists =
            [stored.times(), stored.objects(), stored.records(), stored.origin_ids()].map(|list| list.expect("a list"));
        let facts: Vec<RowFacts> = (0..entry.rows())
            .map(|row| RowFacts {
                time_ns: lists[0][row],
                object: lists[1][row] as u32,
                record: lists[2][row] as u64,
                origin: lists[3][row] as u32,
            })
            .collect();
        put_rows(&mut rows, &mut plain(), &stored.origins, &facts);
        let columns = directory.columns.iter().map(|column| {
            let place = match &column.place {
                Place::Inline(frame) => LoosePlace::Inline(frame.to_vec()),
                Place::Strip(strip) => LoosePlace::Strip(reopened(
                    column.kind,
                    slice(strip.offset, strip.frame),
                    column.stamp.count as usize,
                )),
                // How many values a page has is in the shapes; these frames stay as they are.
                Place::Pages(pages) => {
                    LoosePlace::Pages(pages.iter().map(|page| slice(page.offset, page.frame).to_vec()).collect())
                }
            };
            LooseColumn { node: column.node, kind: column.kind, stamp: column.stamp, place }
        });
        Self { shape_count: count, shapes, rows, columns: columns.collect(), pages: entry.pages.clone() }
    }

    fn put<'a>(&self, file: &mut Vec<u8>, changes: impl Iterator<Item = &'a Change>) -> GroupEntry {
        let mut strips = [&self.shapes[..], &self.rows].concat();
        let mut bodies = vec![Vec::new(); self.pages.len()];
        let frames = (FrameRef::of(&self.shapes), FrameRef::of(&self.rows));
        let mut directory = DirectoryWriter::new(self.shape_count, frames.0, frames.1, self.columns.len());
        let mut before = 0;
        for column in &self.columns {
            // The writer takes paths in order only; other orders come from changes of the finished bytes.
            before = before.max(column.node);
            match &column.place {
                LoosePlace::Inline(frame) => {
                    directory.column(before, column.kind, column.stamp, &Placement::Inline(frame))
                }
                LoosePlace::Strip(frame) => {
                    strips.extend_from_slice(frame);
                    directory.column(before, column.kind, column.stamp, &Placement::Strip(FrameRef::of(frame)));
                }
                LoosePlace::Pages(frames) => {
                    let reference =
                        |frame: &Vec<u8>| if frame.is_empty() { FrameRef::default() } else { FrameRef::of(frame) };
                    let references: Vec<FrameRef> = frames.iter().map(reference).collect();
                    directory.column(before, column.kind, column.stamp, &Placement::Pages(&references));
                    bodies.iter_mut().zip(frames).for_each(|(body, frame)| body.extend_from_slice(frame));
                }
            }
        }
        let mut directory = directory.finish(&mut plain());
        changes.for_each(|change| change.apply(&mut directory));
        let offset = file.len() as u64;
        file.extend_from_slice(&directory);
        file.extend_from_slice(&strips);
        bodies.iter().for_each(|body| file.extend_from_slice(body));
        let page = |(page, body): (&PageEntry, &Vec<u8>)| PageEntry { body_length: body.len() as u32, ..page.clone() };
        GroupEntry {
            offset,
            directory: FrameRef::of(&directory),
            strips_length: strips.len() as u32,
            first_page: 0,
            pages: self.pages.iter().zip(&bodies).map(page).collect(),
        }
    }

    fn change(&mut self, choose: &mut Choose<'_>) {
        let number = choose(self.columns.len());
        match choose(10) {
            0 => Change::chosen(self.shapes.len(), choose).apply(&mut self.shapes),
            1 => Change::chosen(self.rows.len(), choose).apply(&mut self.rows),
            2 => self.shape_count = odd_number(self.shape_count as u64, choose) as usize,
            3 => {
                let page = choose(self.pages.len());
                match choose(4) {
                    0 => self.pages.push(self.pages[page].clone()),
                    1 => drop(self.pages.remove(page)),
                    2 => self.pages[page].rows = odd_number(u64::from(self.pages[page].rows), choose) as u32,
                    _ => self.pages[page].min_time_ns = odd_number(0, choose) as i64,
                }
                if self.pages.is_empty() {
                    self.pages.push(PageEntry { rows: 1, body_length: 0, min_time_ns: 0, max_time_ns: 0 });
                }
            }
            _ if self.columns.is_empty() => {}
            4 => drop(self.columns.remove(number)),
            5 => {
                let column = self.columns[number].clone();
                self.columns.insert(number, column);
            }
            6 => self.columns[number].change_stamp(choose),
            _ => self.columns[number].change_values(choose),
        }
    }
}

impl LooseColumn {
    fn change_stamp(&mut self, choose: &mut Choose<'_>) {
        match choose(5) {
            0 => self.stamp.count = odd_number(u64::from(self.stamp.count), choose) as u32,
            1 => self.stamp.longest = odd_number(u64::from(self.stamp.longest), choose) as u32,
            2 => self.stamp.classes = odd_number(0, choose) as u16,
            3 => self.kind = Kind::ALL[choose(3)],
            _ => self.node = choose(40) as u32,
        }
    }

    fn change_values(&mut self, choose: &mut Choose<'_>) {
        let frame = match &mut self.place {
            LoosePlace::Inline(frame) | LoosePlace::Strip(frame) => frame,
            LoosePlace::Pages(frames) => {
                let page = choose(frames.len());
                &mut frames[page]
            }
        };
        // Tags and counts stand at the start.
        let reach = if choose(2) == 0 { frame.len().min(6) } else { frame.len() };
        Change::chosen(reach, choose).apply(frame);
    }
}

/// The same column with nothing in it compressed.
fn reopened(kind: Kind, frame: &[u8], count: usize) -> Vec<u8> {
    let column = Column::read(frame, kind, count).expect("a column");
    let mut out = Vec::new();
    if let Ok(Some(values)) = column.bools() {
        let ids: Vec<u32> = values.iter().map(|&value| u32::from(value)).collect();
        put_column(&mut out, &mut plain(), kind, &ids, |_| b"");
        return out;
    }
    let Ok(decoded) = column.decode() else { return frame.to_vec() };
    decoded.ids.prepare().expect("ids");
    let mut texts = Vec::new();
    for number in 0..decoded.texts.len() {
        texts.push(decoded.texts.get(number, &mut Vec::new()).expect("a text").to_vec());
    }
    let ids: Vec<u32> = (0..count).map(|at| decoded.ids.get().map_or(at, |ids| ids.get(at)) as u32).collect();
    put_column(&mut out, &mut plain(), kind, &ids, |id| &texts[id as usize]);
    out
}

/// A number that is likely to be a special case somewhere.
fn odd_number(number: u64, choose: &mut Choose<'_>) -> u64 {
    match choose(8) {
        0 => 0,
        1 => number.wrapping_add(1),
        2 => number.wrapping_sub(1),
        3 => number.wrapping_mul(2),
        4 => u64::from(u32::MAX),
        5 => 1 << 20,
        6 => 1 << 31,
        _ => u64::MAX >> choose(40),
    }
}

/// A change of bytes.
#[derive(Clone)]
struct Change {
    at: usize,
    what: What,
}

#[derive(Clone)]
enum What {
    Flip(u8),
    Set(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Cut,
    Repeat(usize),
}

impl Change {
    fn chosen(reach: usize, choose: &mut Choose<'_>) -> Self {
        let at = choose(reach);
        let what = match choose(8) {
            0 | 1 => What::Flip(1 << choose(8)),
            2 => What::Set([0, 1, 0x7f, 0x80, 0xff][choose(5)]),
            3 => What::Set(choose(256) as u8),
            // A number as large as a varint says.
            4 => What::Insert([&[0xff; 9][..choose(10)], &[choose(128) as u8]].concat()),
            5 => What::Remove(1 + choose(4)),
            6 => What::Repeat(1 + choose(16)),
            _ => What::Cut,
        };
        Self { at, what }
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.at % bytes.len();
        match &self.what {
            What::Flip(bit) => bytes[at] ^= bit,
            What::Set(byte) => bytes[at] = *byte,
            What::Insert(more) => drop(bytes.splice(at..at + 1, more.iter().copied())),
            What::Remove(count) => drop(bytes.drain(at..(at + count).min(bytes.len()))),
            What::Repeat(count) => {
                let piece = bytes[at..(at + count).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            What::Cut => bytes.truncate(at),
        }
    }
}

//! The directory of a row group: every place that it names lies inside the group.
use crate::{take_count, with_counts};
use lakebed_core::format::column::Kind;
use lakebed_core::format::directory::{Directory, DirectoryWriter, GroupBounds, Located, Place, Placement, Stamp};
use lakebed_core::format::frame::{Compressor, FrameRef};

const STRIPS_OFFSET: u64 = 1000;
const NODES: usize = 50;

pub fn run(mut data: &[u8]) {
    let strips_length = take_count(&mut data, 60_000) as u64;
    let bodies = [take_count(&mut data, 60_000) as u32, 700];
    let bounds = GroupBounds { strips_offset: STRIPS_OFFSET, strips_length, bodies: &bodies, nodes: NODES };
    let Ok(directory) = Directory::read(data, &bounds) else { return };
    let end = STRIPS_OFFSET + strips_length + bodies.iter().map(|&length| u64::from(length)).sum::<u64>();
    let check = |place: &Located| {
        assert!(place.frame.length == 0 || place.offset >= STRIPS_OFFSET);
        assert!(place.frame.length == 0 || place.offset + u64::from(place.frame.length) <= end);
    };
    check(&directory.shapes);
    check(&directory.rows);
    for column in &directory.columns {
        match &column.place {
            Place::Inline(_) => {}
            Place::Strip(place) => check(place),
            Place::Pages(places) => places.iter().for_each(check),
        }
        assert!((column.node as usize) < NODES);
        let _ = directory.find(column.node, column.kind);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let frame = FrameRef { length: 300, checksum: 5 };
    let mut writer = DirectoryWriter::new(3, frame, frame, 3);
    let stamp = Stamp { count: 900, longest: 20, classes: 3 };
    writer.column(4, Kind::Text, stamp, &Placement::Inline(b"\x01same"));
    writer.column(9, Kind::Number, stamp, &Placement::Strip(frame));
    writer.column(12, Kind::Text, stamp, &Placement::Pages(&[frame, FrameRef::default()]));
    vec![with_counts(&[1200, 900], &writer.finish(&mut Compressor::new()))]
}

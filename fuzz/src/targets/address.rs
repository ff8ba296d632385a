//! What the catalog keeps of a segment, and the tail of a file in which it is found when the catalog is lost.
use lakebed_core::format::address::{Address, GroupEntry, PageEntry};
use lakebed_core::format::frame::{Compressor, FrameRef, checksum};

pub fn run(data: &[u8]) {
    let _ = Address::from_tail(data);
    // a wrong checksum is refused at once; before a right one anything may stand
    let stored = [data, &checksum(data).to_le_bytes()].concat();
    if let Ok(address) = Address::read(&stored) {
        // what was read can be written, and says the same again
        let stored = address.write(&mut Compressor::new());
        assert!(Address::read(&stored).is_ok());
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let frame = FrameRef { length: 900, checksum: 7 };
    let page = PageEntry { rows: 8192, body_length: 70_000, min_time_ns: 1_000_000_000, max_time_ns: 9_000_000_000 };
    let group =
        GroupEntry { offset: 8, directory: frame, strips_length: 5000, first_page: 0, pages: vec![page.clone(), page] };
    let address = Address {
        events: 16_384,
        raw_bytes: 9_000_000,
        groups: vec![group],
        terms_offset: 0,
        bucket_lengths: vec![8000, 8100],
        schema: frame,
        objects: frame,
    };
    let mut stored = address.write(&mut Compressor::new());
    stored.truncate(stored.len() - 4);
    vec![stored]
}

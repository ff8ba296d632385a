//! One object through the builder, whatever it holds, and everything that comes out again.
use super::search::{Answer, Ask, How, run};
use lakebed_core::search::reader::SegmentReader;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectReport, ObjectStart};
use lakebed_core::write::segment::Segment;
use std::io::Write;
use std::sync::Arc;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub fn start(url: &str) -> ObjectStart {
    ObjectStart {
        url: url.to_string(),
        modified_ns: 1_768_000_000_000_000_000,
        received_ns: 1_768_000_001_000_000_000,
        ..ObjectStart::default()
    }
}

/// What became of an object, and the segments made of it.
pub struct Indexed {
    pub report: ObjectReport,
    pub segments: Vec<Segment>,
    /// The most memory that the builder held between two feeds.
    pub memory_bytes: usize,
}

/// Indexes one object, fed in parts of 64 KiB, as from a store.
pub fn index(object: &[u8], options: BuilderOptions) -> Indexed {
    let mut builder = Builder::new("test", options);
    let (mut segments, mut memory_bytes) = (Vec::new(), 0);
    builder.begin_object(start("object")).expect("no object is open");
    for part in object.chunks(64 << 10) {
        let is_full = builder.feed(part).expect("an object is open");
        memory_bytes = memory_bytes.max(builder.memory_bytes());
        if is_full {
            segments.extend(builder.take_segment());
        }
    }
    let report = builder.end_object().expect("an object is open");
    segments.extend(builder.take_segment());
    Indexed { report, segments, memory_bytes }
}

pub fn search(segment: &Segment, ask: &Ask) -> Answer {
    let reader = Arc::new(SegmentReader::new(&segment.address, "test").expect("an address"));
    run(ask.plan(), &reader, &segment.data, How::default()).expect("a whole segment")
}

/// All events in order of their records, as JSON.
pub fn events(segments: &[Segment]) -> Vec<String> {
    let mut rows: Vec<_> = segments.iter().flat_map(|segment| search(segment, &Ask::default()).rows).collect();
    rows.sort_by_key(|row| row.record);
    assert!(rows.iter().zip(0..).all(|(row, record)| row.record == record), "every record once");
    rows.into_iter().map(|row| String::from_utf8(row.json).expect("UTF-8")).collect()
}

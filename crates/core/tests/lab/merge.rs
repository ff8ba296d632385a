//! Merges of files in memory.
use super::index::start;
use super::world::{Making, Part};
use lakebed_core::error::Result;
use lakebed_core::merge::deletion::Deletion;
use lakebed_core::merge::{Merge, Moved};
use lakebed_core::parse::registry::Format;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::search::fetch::Buffer;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use lakebed_core::write::segment::Segment;

/// A merge that asks more often than this goes round in circles.
const ROUNDS_MAX: usize = 10_000;

/// So much of an object is looked at before its first event is told.
const HEAD_BYTES: usize = 16 << 10;

#[derive(Clone)]
pub struct Input<'a> {
    pub part: &'a Part,
    pub dead: Vec<u32>,
    pub deletions: Vec<String>,
}

impl<'a> Input<'a> {
    pub fn of(part: &'a Part) -> Self {
        Self { part, dead: Vec::new(), deletions: Vec::new() }
    }
}

/// What a merge gives.
#[derive(Debug)]
pub struct Merged {
    pub segment: Option<Segment>,
    pub moved: Vec<Moved>,
    pub deleted_events: u64,
}

pub fn merge(inputs: &[Input<'_>], making: &Making) -> Result<Merged> {
    let options =
        BuilderOptions { page_bytes: making.page_bytes, page_rows: making.page_rows, ..BuilderOptions::default() };
    let mut merge = Merge::new("test", options);
    for input in inputs {
        let deletions = input.deletions.iter().map(|json| Deletion::parse(json.as_bytes())).collect::<Result<_>>()?;
        merge.add(input.part.reader.clone(), &input.dead, deletions);
    }
    let files: Vec<&[u8]> = inputs.iter().map(|input| input.part.segment.data.as_slice()).collect();
    run(merge, &files)
}

/// Feeds a merge from files; a range that a file does not have is given as far as it goes, as stores do.
pub fn run(mut merge: Merge, files: &[&[u8]]) -> Result<Merged> {
    for round in 0.. {
        let needs = merge.needs();
        if needs.is_empty() {
            break;
        }
        assert!(round < ROUNDS_MAX, "the merge does not come to an end");
        let part = |&(input, offset, length): &(usize, u64, u64)| -> Buffer {
            let end = (offset.saturating_add(length) as usize).min(files[input].len());
            Box::new(files[input][(offset as usize).min(end)..end].to_vec())
        };
        merge.feed(needs.iter().map(part).collect())?;
    }
    let segment = merge.finish()?;
    Ok(Merged { segment, moved: merge.moved(), deleted_events: merge.deleted_events() })
}

/// One object, of which so many lines stand in each segment.
pub fn parts_of(text: &str, lines: usize) -> Vec<Part> {
    let mut builder = Builder::new("test", BuilderOptions { segment_bytes: 1, ..BuilderOptions::default() });
    let settings = SourceSettings::of_format(Format::by_name("json"));
    builder.begin_object(ObjectStart { settings, ..start("s3://bucket/object.json") }).expect("no object is open");
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let mut segments = Vec::new();
    for lines in all.chunks(lines) {
        // Blank lines, as the parser holds back so much of an object to look at.
        let text = lines.concat() + &"\n".repeat(HEAD_BYTES);
        builder.feed(text.as_bytes()).expect("an object is open");
        segments.extend(builder.take_segment());
    }
    builder.end_object().expect("an object is open");
    segments.extend(builder.take_segment());
    segments.into_iter().map(|segment| Part::of(segment, Vec::new())).collect()
}

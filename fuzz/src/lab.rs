//! A small segment with a bit of everything in it, and searches over it.
use lakebed_core::error::Result;
use lakebed_core::merge::Merge;
use lakebed_core::merge::deletion::Deletion;
use lakebed_core::parse::registry::Format;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::search::fetch::Buffer;
use lakebed_core::search::leaf::{LeafSearch, OutputRow};
use lakebed_core::search::partial::Partial;
use lakebed_core::search::plan::Plan;
use lakebed_core::search::reader::SegmentReader;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use lakebed_core::write::segment::Segment;
use std::sync::{Arc, LazyLock};

pub static SAMPLE: LazyLock<Segment> = LazyLock::new(build);

/// Words and columns of the sample's events, and some that are in none.
pub const WORDS: [&str; 16] = [
    "alice",
    "bob",
    "Alice",
    "10.0.0.7",
    "PutObject",
    "object",
    "deadbeef01234567",
    "4",
    "17",
    "true",
    "2026-01-15T10:00:07Z",
    "nowhere",
    "a",
    "-",
    "",
    "user-3",
];
pub const COLUMNS: [&str; 10] =
    ["user.name", "n", "action", "tags[0]", "tags[1]", "ip", "time", "ok", "not.there", "@lb.record"];

/// One segment of objects in small pages.
pub fn build_segment(objects: &[&[u8]], format: Option<&str>) -> Option<Segment> {
    let options = BuilderOptions { page_bytes: 3000, page_rows: 16, ..BuilderOptions::default() };
    let mut builder = Builder::new("fuzz", options);
    for (number, object) in objects.iter().enumerate() {
        let start = ObjectStart {
            url: format!("memory://logs/{number}"),
            modified_ns: 1_768_000_000_000_000_000,
            received_ns: 1_768_000_001_000_000_000,
            settings: SourceSettings::of_format(format.and_then(Format::by_name)),
        };
        builder.begin_object(start).expect("no object is open");
        builder.feed(object).expect("an object is open");
        builder.end_object().expect("an object is open");
    }
    builder.take_segment()
}

fn build() -> Segment {
    let mut text = String::new();
    for n in 0..120u64 {
        let name = ["alice", "bob", "user-3", "ALICE smith"][(n % 4) as usize];
        let action = ["PutObject", "GetObject", "put", "a-b"][(n % 5 % 4) as usize];
        text += &format!(
            r#"{{"time":"2026-01-15T10:{:02}:{:02}Z","user":{{"name":"{name}"}},"n":{},"action":"{action}","ip":"10.0.{}.{}","tags":["t{}",{}],"ok":{},"id":"{:016x}"}}"#,
            n / 60,
            n % 60,
            if n % 7 == 0 { format!("{n}.50") } else { n.to_string() },
            n % 3,
            n % 11,
            n % 13,
            n % 2,
            n % 3 == 0,
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        text.push('\n');
    }
    text += "not json deadbeef01234567\n";
    let other = "{\"time\":\"2026-01-15T09:00:00Z\",\"only\":\"here\",\"n\":4}\n";
    build_segment(&[text.as_bytes(), other.as_bytes()], None).expect("it holds events")
}

/// What a search gives: its rows, or its finished table.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer(pub Vec<String>);

/// The whole answer of one plan over a file, which is not necessarily what the address was made for.
pub fn search(plan: &str, file: &[u8], address: &[u8]) -> Result<Answer> {
    let plan = Plan::parse(plan.as_bytes())?;
    let (rows, partial) = run(plan.clone(), file, address)?;
    let show = |row: OutputRow| {
        format!("{} {} {} {}", row.time_ns, row.object, row.record, String::from_utf8_lossy(&row.json))
    };
    let mut answer: Vec<String> = rows.into_iter().map(show).collect();
    if let Some(aggregate) = &plan.aggregate {
        let table = Partial::load(aggregate, &partial)?.finish(None)?;
        answer.push(String::from_utf8_lossy(&table).into_owned());
    }
    Ok(Answer(answer))
}

/// The rows of a plan.
pub fn rows(plan: &str, file: &[u8], address: &[u8]) -> Result<Vec<OutputRow>> {
    Ok(run(Plan::parse(plan.as_bytes())?, file, address)?.0)
}

fn run(plan: Plan, file: &[u8], address: &[u8]) -> Result<(Vec<OutputRow>, Vec<u8>)> {
    let reader = Arc::new(SegmentReader::new(address, "sample")?);
    let mut leaf = LeafSearch::new(plan, reader, &[], None)?;
    let mut rows = Vec::new();
    loop {
        let needs = leaf.needs();
        if needs.is_empty() {
            break;
        }
        let inside = |&(offset, length): &(u64, u64)| -> Option<Buffer> {
            let (start, end) = (usize::try_from(offset).ok()?, usize::try_from(offset.checked_add(length)?).ok()?);
            Some(Box::new(file.get(start..end)?.to_vec()))
        };
        // a range behind the end of the file is what a store refuses
        let Some(buffers) = needs.iter().map(inside).collect::<Option<Vec<_>>>() else { break };
        leaf.feed(buffers)?;
        rows.extend(leaf.take_rows());
    }
    rows.extend(leaf.take_rows());
    Ok((rows, leaf.partial()))
}

/// The merge of files, each with its address; `deletion` is a filter of which no event is kept. None: no event is left.
pub fn merge(inputs: &[(&[u8], &[u8])], deletion: Option<&str>) -> Result<Option<Segment>> {
    let options = BuilderOptions { page_bytes: 2000, page_rows: 24, ..BuilderOptions::default() };
    let mut merge = Merge::new("fuzz", options);
    for (_, address) in inputs {
        let deletions = deletion.iter().map(|json| Deletion::parse(json.as_bytes())).collect::<Result<_>>()?;
        merge.add(Arc::new(SegmentReader::new(address, "sample")?), &[], deletions);
    }
    loop {
        let needs = merge.needs();
        if needs.is_empty() {
            return merge.finish();
        }
        // a range behind the end of the file is given as far as the file goes
        let part = |&(input, offset, length): &(usize, u64, u64)| -> Buffer {
            let file = inputs[input].0;
            let end = usize::try_from(offset.saturating_add(length)).map_or(file.len(), |end| end.min(file.len()));
            Box::new(file[usize::try_from(offset).map_or(end, |start| start.min(end))..end].to_vec())
        };
        merge.feed(needs.iter().map(part).collect())?;
    }
}

/// A plan around a filter, which is JSON.
pub fn plan(filter: &str, aggregate: &str, limit: &str, use_index: bool) -> String {
    format!(
        r#"{{"version":2,"filter":{filter},"since_ns":null,"until_ns":null,"newest_first":true,"limit":{limit},"columns":null,"aggregate":{aggregate},"use_index":{use_index}}}"#
    )
}

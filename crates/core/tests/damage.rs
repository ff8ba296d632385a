//! Damaged segments: whichever byte is changed or cut off, a search gives the right answer or an error that says where the damage
//! is; never a wrong answer, a panic, or a search without end.
mod lab;

use lab::merge::run as run_merge;
use lab::sample::{NEEDLE, OBJECT_EVENTS, sample};
use lab::search::{Answer, Ask, How, run, table};
use lakebed_core::error::{CoreError, Result};
use lakebed_core::format::address::{Address, MAGIC};
use lakebed_core::format::column::Kind;
use lakebed_core::format::directory::{Directory, GroupBounds, Place};
use lakebed_core::format::frame::FrameRef;
use lakebed_core::format::paths::Paths;
use lakebed_core::format::wire::Wire;
use lakebed_core::merge::Merge;
use lakebed_core::search::plan::Plan;
use lakebed_core::search::reader::SegmentReader;
use lakebed_core::write::builder::BuilderOptions;
use lakebed_core::write::segment::Segment;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Plans that between them read every section in every way.
fn plans() -> Vec<Plan> {
    let has =
        |column: serde_json::Value, parts: &[&str]| json!({"op": "has", "column": column, "pattern": {"parts": parts}});
    let asks = [
        Ask { filter: has(json!(null), &[NEEDLE]), ..Ask::default() },
        Ask { filter: has(json!(null), &["nowhere"]), ..Ask::default() },
        Ask { filter: has(json!({"parts": ["user.name"]}), &["bob"]), limit: Some(5), ..Ask::default() },
        Ask { filter: has(json!({"parts": ["tags[0]"]}), &["t3"]), newest_first: false, ..Ask::default() },
        Ask { filter: json!({"op": "regex", "column": {"parts": ["note"]}, "regex": "padding 1.$"}), ..Ask::default() },
        Ask {
            aggregate: Some(json!({"by": ["user.name", "ok"], "functions": [
                {"name": "count"}, {"name": "sum", "columns": ["size"]}, {"name": "avg", "columns": ["ratio"]},
                {"name": "countdistinct", "columns": ["role"]}, {"name": "max", "columns": ["seen"]}, {"name": "min", "columns": ["ts"]},
            ]})),
            ..Ask::default()
        },
        Ask {
            columns: Some(["eventTime", "user.id", "job", "token", "@lb.object"].map(str::to_string).to_vec()),
            since_ns: Some(1_768_471_500_000_000_000),
            ..Ask::default()
        },
        Ask::default(),
    ];
    asks.iter().map(Ask::plan).collect()
}

/// Rows, or the finished table.
fn answer(plan: &Plan, file: &[u8], address: &[u8]) -> Result<(Answer, String)> {
    let reader = Arc::new(SegmentReader::new(address, "sample")?);
    let answer = run(plan.clone(), &reader, file, How::default())?;
    let finished =
        if plan.aggregate.is_some() { table(plan, std::slice::from_ref(&answer.partial))? } else { String::new() };
    // In a partial, groups stand in no order.
    Ok((Answer { partial: Vec::new(), ..answer }, finished))
}

/// The sections in which a byte may be; empty for bytes that no search looks at.
fn sections_at(address: &Address, at: u64) -> &'static [&'static str] {
    for group in &address.groups {
        let end = group.body_offset(group.pages.len());
        match at {
            _ if at < group.offset => return &[],
            _ if at < group.strips_offset() => return &["directory"],
            _ if at < group.body_offset(0) => return &["shapes", "rows", "column"],
            _ if at < end => return &["page"],
            _ => {}
        }
    }
    match at {
        _ if at < address.schema_offset() => &["terms"],
        _ if at < address.objects_offset() => &["schema"],
        _ if at < address.objects_offset() + u64::from(address.objects.length) => &["objects"],
        _ => &[],
    }
}

fn check_error(error: &CoreError, sections: &[&str], at: u64) {
    let CoreError::Corrupt { section, offset, reason } = error else { panic!("byte {at}: {error}") };
    assert!(sections.contains(section) && *offset <= at, "byte {at} of {sections:?}: {error}");
    assert!(reason.ends_with("(segment 'sample')"), "{error}");
}

/// Calls `check` with every number below `end`, on all cores.
fn for_each(end: usize, check: impl Fn(usize) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let check = &check;
            scope.spawn(move || (thread..end).step_by(threads).for_each(check));
        }
    });
}

#[test]
fn any_byte_of_the_file_changed() {
    let (segment, plans) = (sample(), plans());
    let address = Address::read(&segment.address).expect("an address");
    let right: Vec<_> =
        plans.iter().map(|plan| answer(plan, &segment.data, &segment.address).expect("whole")).collect();
    assert!(right.iter().enumerate().all(|(nth, (answer, _))| answer.rows.is_empty() == [1, 5].contains(&nth)));
    let reached: Vec<_> = (0..segment.data.len()).map(|_| std::sync::atomic::AtomicBool::default()).collect();
    for_each(segment.data.len(), |at| {
        let sections = sections_at(&address, at as u64);
        for (nth, plan) in plans.iter().enumerate() {
            let mut file = segment.data.clone();
            // Each plan sees another bit of the byte changed, the next byte's turn begins with the next bit.
            file[at] ^= [1 << ((at + nth) % 8), 0xff][usize::from(nth == 0)];
            match answer(plan, &file, &segment.address) {
                Ok(found) => assert!(found == right[nth], "byte {at} changes the answer of plan {nth}"),
                Err(error) => {
                    check_error(&error, sections, at as u64);
                    reached[at].store(true, std::sync::atomic::Ordering::Relaxed);
                }
            }
        }
    });
    let missed: Vec<usize> = (0..segment.data.len())
        .filter(|&at| {
            reached[at].load(std::sync::atomic::Ordering::Relaxed) == sections_at(&address, at as u64).is_empty()
        })
        .collect();
    assert_eq!(missed, [0; 0], "bytes that no plan reads, or that should not matter");
}

/// A merge copies groups as they are, or takes them apart: with pages of 5 rows, and with large ones.
#[test]
fn any_byte_changed_or_missing_is_seen_by_a_merge() {
    let segment = sample();
    let address = Address::read(&segment.address).expect("an address");
    for page_rows in [5, 8192] {
        let merged = |file: &[u8]| {
            let options = BuilderOptions { page_rows, ..BuilderOptions::default() };
            let mut merge = Merge::new("sample", options);
            merge.add(Arc::new(SegmentReader::new(&segment.address, "sample")?), &[], Vec::new());
            run_merge(merge, &[file]).map(|done| done.segment)
        };
        let right = merged(&segment.data).expect("whole");
        let facts = right.as_ref().map(|right| (right.facts.events, &right.facts.objects));
        assert_eq!(facts, Some((segment.facts.events, &segment.facts.objects)));
        for_each(segment.data.len(), |at| {
            let sections = sections_at(&address, at as u64);
            let is_read = !sections.is_empty() && sections != ["terms"];
            let mut file = segment.data.clone();
            file[at] ^= 1 << (at % 8);
            match merged(&file) {
                Ok(found) => assert!(!is_read && found == right, "byte {at} of {sections:?} changes what is written"),
                Err(error) => check_error(&error, sections, at as u64),
            }
            if at % 97 == 0 {
                match merged(&segment.data[..at]) {
                    Ok(found) => assert!(at as u64 >= address.objects_offset() && found == right, "cut at {at}"),
                    Err(CoreError::Corrupt { section, .. }) => assert_eq!(section, "file", "cut at {at}"),
                    Err(error) => panic!("cut at {at}: {error}"),
                }
            }
        });
    }
}

#[test]
fn any_byte_of_the_address_changed_or_missing() {
    let segment = sample();
    for at in 0..segment.address.len() {
        for bit in 0..8 {
            let mut address = segment.address.clone();
            address[at] ^= 1 << bit;
            let error = SegmentReader::new(&address, "sample").err().expect("damage is seen");
            check_error(&error, &["address"], at as u64);
        }
        assert!(SegmentReader::new(&segment.address[..at], "sample").is_err());
    }
}

#[test]
fn a_file_cut_off_anywhere() {
    let (segment, plans) = (sample(), plans());
    let right: Vec<_> =
        plans.iter().map(|plan| answer(plan, &segment.data, &segment.address).expect("whole")).collect();
    for_each(segment.data.len(), |length| {
        for (plan, right) in plans.iter().zip(&right) {
            match answer(plan, &segment.data[..length], &segment.address) {
                Ok(found) => assert!(found == *right),
                Err(error) => {
                    let CoreError::Corrupt { section: "file", offset, .. } = error else { panic!("{error}") };
                    assert!(offset as usize >= length);
                }
            }
        }
    });
}

#[test]
fn the_address_is_found_at_the_end_of_a_whole_file_only() {
    let Segment { data, address, .. } = sample();
    assert_eq!(Address::from_tail(&data), Ok(address.clone()));
    let tail = &data[data.len() - address.len() - 12..];
    assert_eq!(Address::from_tail(tail), Ok(address));
    for short in [0, 11, 12, tail.len() - 1] {
        let wanted = if short < 12 { 12 } else { tail.len() };
        assert_eq!(Address::from_tail(&tail[tail.len() - short..]), Err(CoreError::Usage(wanted.to_string())));
    }
    for at in 0..tail.len() {
        let mut damaged = tail.to_vec();
        damaged[at] ^= 0x20;
        assert!(Address::from_tail(&damaged).is_err(), "byte {at}");
    }
    assert!(data.starts_with(&MAGIC) && data.ends_with(&MAGIC));
}

/// The sample is only worth something if it has everything.
#[test]
fn the_sample_has_every_encoding() {
    let segment = sample();
    let address = Address::read(&segment.address).expect("an address");
    assert_eq!(address.groups.iter().map(|group| group.pages.len()).collect::<Vec<_>>(), [12, 12, 1]);
    assert_eq!(address.events, 2 * OBJECT_EVENTS + 3);
    let slice = |offset: u64, frame: FrameRef| &segment.data[offset as usize..offset as usize + frame.length as usize];
    let paths = Paths::read(slice(address.schema_offset(), address.schema)).expect("paths");
    let mut found = BTreeSet::new();
    for group in &address.groups {
        let bodies: Vec<u32> = group.pages.iter().map(|page| page.body_length).collect();
        let bounds = GroupBounds {
            strips_offset: group.strips_offset(),
            strips_length: u64::from(group.strips_length),
            bodies: &bodies,
            nodes: paths.len(),
        };
        let directory = Directory::read(slice(group.offset, group.directory), &bounds).expect("a directory");
        for column in &directory.columns {
            let (place, frame) = match &column.place {
                Place::Inline(frame) => ("inline", &frame[..]),
                Place::Strip(located) => ("strip", slice(located.offset, located.frame)),
                Place::Pages(pages) => ("paged", slice(pages[0].offset, pages[0].frame)),
            };
            found.insert(format!("{place} {}", encoding(column.kind, frame)));
        }
    }
    let wanted = [
        "inline bools",
        "inline constant",
        "inline dictionary integers",
        "inline dictionary plain",
        "inline row epoch",
        "inline row time",
        "paged direct plain",
        "strip dictionary templates",
        "strip direct integers",
        "strip direct iso",
        "strip direct own templates",
        "strip direct templates",
    ];
    assert!(wanted.iter().all(|name| found.contains(*name)), "{found:#?}");
}

fn encoding(kind: Kind, frame: &[u8]) -> String {
    let mut wire = Wire::new(frame);
    let tag = wire.byte().expect("a tag");
    let list = match tag {
        0 => return "constant".to_string(),
        1 => return "bools".to_string(),
        4 => return "row time".to_string(),
        5 => return "row epoch".to_string(),
        2 => {
            wire.varint().expect("a count");
            "dictionary"
        }
        _ => "direct",
    };
    let texts = match wire.byte().expect("a tag") {
        0 => "plain",
        1 if wire.byte().expect("a flag") == 1 => "own templates",
        1 => "templates",
        2 => "iso",
        _ => "integers",
    };
    assert!(texts != "integers" || kind == Kind::Number);
    format!("{list} {texts}")
}

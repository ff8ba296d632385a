//! Segments that somebody made to do harm: everything in them may be wrong but the checksums. A search over one gives an error or
//! some answer; it does not panic, comes to an end, and takes no more memory than its size explains.
mod lab;

use lab::dice::Dice;
use lab::loose::Loose;
use lab::merge::run as run_merge;
use lab::sample::{NEEDLE, sample};
use lab::search::{Ask, How, run, table};
use lakebed_core::error::Result;
use lakebed_core::merge::Merge;
use lakebed_core::merge::deletion::Deletion;
use lakebed_core::search::plan::Plan;
use lakebed_core::search::reader::SegmentReader;
use lakebed_core::write::builder::BuilderOptions;
use lakebed_core::write::segment::Segment;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Segments tried; `HOSTILE_SEGMENTS` asks for more, `HOSTILE_SEED` for others.
const SEGMENTS: u64 = 3000;

/// Far more than any of the searches needs, whatever the machine is doing besides.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Address space of the process that searches: the test itself needs some hundred megabytes of it.
const MEMORY_KB_MAX: u64 = 1_200_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn plans() -> Vec<Plan> {
    let has =
        |column: serde_json::Value, parts: &[&str]| json!({"op": "has", "column": column, "pattern": {"parts": parts}});
    let aggregate = json!({"by": ["user.name", "tags[1]"], "functions": [
        {"name": "count"}, {"name": "sum", "columns": ["size"]}, {"name": "countdistinct", "columns": ["role"]}]});
    let columns = ["eventTime", "user.id", "tags[0]", "@lb.object"].map(str::to_string).to_vec();
    let asks = [
        Ask::default(),
        Ask { filter: has(json!(null), &[NEEDLE]), ..Ask::default() },
        Ask { filter: has(json!(null), &["", "padding 1", ""]), limit: Some(7), ..Ask::default() },
        Ask {
            filter: has(json!({"parts": ["tags", {"star": 2}]}), &["t3"]),
            columns: Some(columns),
            newest_first: false,
            ..Ask::default()
        },
        Ask { aggregate: Some(aggregate), since_ns: Some(1_768_471_500_000_000_000), ..Ask::default() },
    ];
    asks.iter().map(Ask::plan).collect()
}

/// A merge of a whole segment and another one, with a deletion; what is written can be searched.
fn merge(whole: &Segment, file: &[u8], address: &[u8], page_rows: usize) -> Result<()> {
    let deletion = json!({"op": "exists", "column": {"parts": ["rare"]}}).to_string();
    let mut merge = Merge::new("sample", BuilderOptions { page_rows, ..BuilderOptions::default() });
    for address in [&whole.address, address] {
        let deletions = vec![Deletion::parse(deletion.as_bytes())?];
        merge.add(Arc::new(SegmentReader::new(address, "hostile")?), &[], deletions);
    }
    let segment = run_merge(merge, &[&whole.data, file])?.segment.expect("the whole segment has events");
    plans().iter().for_each(|plan| search(plan, &segment.data, &segment.address).expect("what a merge wrote"));
    Ok(())
}

fn search(plan: &Plan, file: &[u8], address: &[u8]) -> Result<()> {
    let reader = Arc::new(SegmentReader::new(address, "hostile")?);
    let answer = run(plan.clone(), &reader, file, How::default())?;
    if plan.aggregate.is_some() {
        table(plan, &[answer.partial])?;
    }
    Ok(())
}

#[test]
fn taking_apart_and_putting_together_changes_nothing() {
    let segment = sample();
    let (file, address) = Loose::of(&segment.data, &segment.address).put_together();
    for plan in plans().into_iter().filter(|plan| plan.aggregate.is_none()) {
        let rows = |file: &[u8], address: &[u8]| {
            let reader = Arc::new(SegmentReader::new(address, "sample").expect("an address"));
            run(plan.clone(), &reader, file, How::default()).expect("whole").rows
        };
        assert!(rows(&file, &address) == rows(&segment.data, &segment.address));
    }
}

/// Runs the test below in a process of its own, whose memory is limited.
#[test]
#[cfg(unix)]
fn changed_structures_do_no_harm() {
    let own = std::env::current_exe().expect("a program");
    let limited = format!("ulimit -v {MEMORY_KB_MAX} && exec \"$0\" --exact in_little_memory --ignored --nocapture");
    let output = Command::new("sh").arg("-c").arg(limited).arg(own).output().expect("a shell");
    let text = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = text.lines().rev().take(20).collect();
    assert!(output.status.success(), "{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[test]
#[ignore = "changed_structures_do_no_harm runs it with little memory"]
fn in_little_memory() {
    let segment = sample();
    let whole = Loose::of(&segment.data, &segment.address);
    let plans = plans();
    let seed = number("HOSTILE_SEED", 1);
    let (mut refused, mut merges_refused) = (0, 0);
    for nth in 0..number("HOSTILE_SEGMENTS", SEGMENTS) {
        // Said before, as a process without memory says nothing.
        eprintln!("segment {nth} of seed {seed}");
        let mut dice = Dice(seed ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut loose = whole.clone();
        for _ in 0..=dice.below(3) {
            loose.change(&mut |end| dice.below(end));
        }
        let (file, address) = loose.put_together();
        for (number, plan) in plans.iter().enumerate() {
            let start = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| search(plan, &file, &address)));
            let result = ended.unwrap_or_else(|_| panic!("plan {number} panics on segment {nth} of seed {seed}"));
            refused += u64::from(result.is_err());
            assert!(start.elapsed() < TIME_MAX, "plan {number} takes too long on segment {nth} of seed {seed}");
        }
        let start = Instant::now();
        let page_rows = [5, 8192][dice.below(2)];
        let ended = catch_unwind(AssertUnwindSafe(|| merge(&segment, &file, &address, page_rows)));
        let result = ended.unwrap_or_else(|_| panic!("a merge panics on segment {nth} of seed {seed}"));
        merges_refused += u64::from(result.is_err());
        assert!(start.elapsed() < TIME_MAX, "a merge takes too long with segment {nth} of seed {seed}");
    }
    assert!(merges_refused > 0, "no merge was refused");
    assert!(refused > SEGMENTS, "only {refused} searches were refused: the changes do not reach the structures");
}

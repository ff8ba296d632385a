//! Plans, and searches over a file in memory.
use lakebed_core::error::{CoreError, Result};
use lakebed_core::search::fetch::Buffer;
use lakebed_core::search::leaf::{Cost, LeafSearch, OutputRow};
use lakebed_core::search::partial::{Partial, merge_all};
use lakebed_core::search::plan::Plan;
use lakebed_core::search::reader::SegmentReader;
use serde_json::{Value, json};
use std::sync::Arc;

/// A search that asks more often than this goes round in circles.
const ROUNDS_MAX: u64 = 10_000;

/// A plan in the making.
#[derive(Debug, Clone)]
pub struct Ask {
    pub filter: Value,
    pub since_ns: Option<i64>,
    pub until_ns: Option<i64>,
    pub newest_first: bool,
    pub limit: Option<u64>,
    pub columns: Option<Vec<String>>,
    pub aggregate: Option<Value>,
    pub use_index: bool,
    /// Not of the plan: numbers of source objects whose rows do not count, as bits.
    pub dead: u32,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            filter: json!({"op": "all", "of": []}),
            since_ns: None,
            until_ns: None,
            newest_first: true,
            limit: None,
            columns: None,
            aggregate: None,
            use_index: true,
            dead: 0,
        }
    }
}

impl Ask {
    pub fn plan(&self) -> Plan {
        let plan = json!({
            "version": 2,
            "filter": self.filter,
            "since_ns": self.since_ns,
            "until_ns": self.until_ns,
            "newest_first": self.newest_first,
            "limit": self.limit,
            "columns": self.columns,
            "aggregate": self.aggregate,
            "use_index": self.use_index,
        });
        Plan::parse(plan.to_string().as_bytes()).expect("a plan")
    }
}

/// What a search gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub rows: Vec<OutputRow>,
    pub partial: Vec<u8>,
    pub cost: Cost,
    /// What was read of the file, in order: offset and length.
    pub ranges: Vec<(u64, u64)>,
}

/// How a search is run, besides its plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    pub groups: Option<(usize, usize)>,
    /// After so many rounds, rows behind this time are no longer wanted.
    pub narrow: Option<(u64, i64)>,
    pub dead: u32,
}

/// Runs a search to its end. A range that the file does not have is given as far as it goes, as stores do.
pub fn run(plan: Plan, reader: &Arc<SegmentReader>, file: &[u8], how: How) -> Result<Answer> {
    let dead: Vec<u32> = (0..u32::BITS).filter(|bit| how.dead >> bit & 1 == 1).collect();
    let mut leaf = LeafSearch::new(plan, reader.clone(), &dead, how.groups)?;
    let (mut rows, mut ranges) = (Vec::new(), Vec::new());
    for round in 0.. {
        if let Some((_, floor_ns)) = how.narrow.filter(|(when, _)| *when == round) {
            leaf.narrow(floor_ns);
        }
        rows.extend(leaf.take_rows());
        let needs = leaf.needs();
        if needs.is_empty() {
            break;
        }
        assert!(round < ROUNDS_MAX, "the search does not come to an end");
        let part = |&(offset, length): &(u64, u64)| -> Buffer {
            let end = (offset.saturating_add(length) as usize).min(file.len());
            Box::new(file[(offset as usize).min(end)..end].to_vec())
        };
        let buffers = needs.iter().map(part).collect();
        ranges.extend(needs);
        leaf.feed(buffers)?;
    }
    Ok(Answer { rows, partial: leaf.partial(), cost: leaf.cost(), ranges })
}

/// The finished table of an aggregate, from the partials of its parts.
pub fn table(plan: &Plan, partials: &[Vec<u8>]) -> Result<String> {
    let aggregate = plan.aggregate.as_ref().ok_or_else(|| CoreError::Plan("no aggregate".to_string()))?;
    let merged = merge_all(aggregate, partials.iter().map(Vec::as_slice))?;
    // One more trip through bytes, as between workers.
    let merged = Partial::load(aggregate, &merged.dump())?;
    Ok(String::from_utf8_lossy(&merged.finish(None)?).into_owned())
}

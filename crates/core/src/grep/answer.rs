//! What becomes of events that pass: their text, rows of whole events, or a segment in memory for all else that a plan asks.
use super::judge::EventFacts;
use super::tape::Tape;
use crate::error::{CoreError, Result};
use crate::format::objects::SourceObject;
use crate::format::rows::TimeSource;
use crate::parse::sink::RecordFacts;
use crate::search::fetch::Buffer;
use crate::search::leaf::{LeafSearch, OutputRow};
use crate::search::plan::Plan;
use crate::search::reader::SegmentReader;
use crate::write::batch::{Batch, ObjectContext};
use crate::write::builder::BuilderOptions;
use crate::write::layout::PageLimits;
use crate::write::segment::SegmentWriter;
use std::sync::Arc;

/// Events that wait in memory, as JSON, until a leaf search looks at them together.
const WAITING_BYTES: usize = 8 << 20;

/// The same as a number of events, and of their paths: small events cost memory too.
const WAITING_ROWS: usize = 50_000;
const WAITING_PATHS: usize = 100_000;

/// Rounds of reads that a leaf search over memory may take: one that asks for ever must not hang.
const ROUNDS_MAX: usize = 1_000_000;

/// Collects events that pass, and gives what the plan makes of them.
pub struct Summary {
    plan: Plan,
    batch: Batch,
    rows: Vec<OutputRow>,
    partials: Vec<Vec<u8>>,
}

impl Summary {
    /// The order and the limit of the plan are the caller's: rows come in the order of the source.
    pub fn new(plan: &Plan) -> Self {
        let mut plan = plan.clone();
        (plan.limit, plan.newest_first, plan.use_index) = (None, false, false);
        Self { plan, batch: Batch::new(), rows: Vec::new(), partials: Vec::new() }
    }

    /// Takes an event; `source` is the object that all events since the last `flush` are from.
    pub fn add(
        &mut self,
        tape: &Tape,
        facts: &EventFacts,
        record_facts: RecordFacts,
        source: &SourceObject,
    ) -> Result<()> {
        let object = &mut self.batch.object;
        object.next_record = facts.record;
        if object.source_type != facts.source_type {
            object.source_type = facts.source_type.to_string();
        }
        // The time was found when the event was read.
        self.batch.told_time = Some((facts.time_ns, TimeSource::of(facts.time_source)));
        tape.tell(record_facts, &mut self.batch);
        let is_full = self.batch.size_bytes() > WAITING_BYTES
            || self.batch.rows.len() > WAITING_ROWS
            || self.batch.paths.len() > WAITING_PATHS;
        if is_full { self.flush(source) } else { Ok(()) }
    }

    /// Looks at what waits. To be called before events of another object come.
    pub fn flush(&mut self, source: &SourceObject) -> Result<()> {
        if self.batch.rows.is_empty() {
            return Ok(());
        }
        let limits = BuilderOptions::default();
        let mut writer = SegmentWriter::default();
        writer.objects.push(source.clone());
        writer.put_batch(&mut self.batch, PageLimits { bytes: limits.page_bytes, rows: limits.page_rows });
        let segment = writer.finish(&self.batch, "", 0);
        self.batch.begin_object_context(ObjectContext::default());
        self.batch.begin_segment();
        let reader = Arc::new(SegmentReader::new(&segment.address, &source.url)?);
        let mut search = LeafSearch::new(self.plan.clone(), reader, &[], None)?;
        let mut rows = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let needs = search.needs();
            if needs.is_empty() {
                rows.append(&mut search.take_rows());
                if self.plan.aggregate.is_some() {
                    self.partials.push(search.partial());
                }
                rows.sort_by_key(|row| row.record);
                self.rows.append(&mut rows);
                return Ok(());
            }
            let buffers = needs.iter().map(|&(offset, length)| {
                let range = segment.data.get(offset as usize..(offset + length) as usize).unwrap_or_default();
                Box::new(range.to_vec()) as Buffer
            });
            search.feed(buffers.collect())?;
            rows.append(&mut search.take_rows());
        }
        Err(CoreError::Limit(format!("a search in memory asked for more than {ROUNDS_MAX} rounds of reads")))
    }

    pub fn take_rows(&mut self) -> Vec<OutputRow> {
        std::mem::take(&mut self.rows)
    }

    pub fn take_partials(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.partials)
    }
}

/// Appends a record as one line: as it stands in the source, or, when it has several lines there, as JSON.
pub fn put_line(out: &mut Vec<u8>, text: &[u8], tape: &Tape) {
    if memchr::memchr(b'\n', text).is_some() {
        tape.put_json(out);
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'\n');
}

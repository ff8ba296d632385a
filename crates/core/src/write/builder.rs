//! From source objects to segments: decompress, parse, collect, encode. One segment in memory at a time.
use super::batch::{Batch, ObjectContext};
use super::layout::PageLimits;
use super::segment::{Segment, SegmentWriter};
use crate::decompress::{Damage, Decompressor, Limits};
use crate::error::{CoreError, Result};
use crate::format::limits::{GROUP_ROWS_MAX, PAYLOAD_BYTES_MAX};
use crate::format::objects::SourceObject;
use crate::parse::Statistics;
use crate::parse::encoding::TextDecoder;
use crate::parse::event_time::{EventTimes, TimeCounts};
use crate::parse::settings::SourceSettings;
use crate::parse::source::SourceParser;
use std::sync::Arc;

/// Pages of a group; more would make its shared columns heavier to fetch with one event, fewer would repeat their dictionaries.
const GROUP_PAGES: usize = 12;

/// A group of so many values ends, whatever their size: each costs memory of its own.
const GROUP_VALUES: usize = 4_000_000;

/// A group of so many rows ends, however large the pages are to be: half of what the format allows, as more may be on their way.
const GROUP_ROWS: usize = GROUP_ROWS_MAX / 2;

/// A group whose events are this large ends, however large the pages are to be.
const GROUP_BYTES: usize = PAYLOAD_BYTES_MAX / 4;

/// A segment with more paths, or longer keys, is closed early: they are kept in memory until the segment ends.
pub(crate) const PATHS: usize = 200_000;
pub(crate) const KEYS_BYTES: usize = PAYLOAD_BYTES_MAX / 4;

/// A segment of more objects is closed early: objects may be empty, and still have a name.
pub(crate) const OBJECTS: usize = 100_000;

/// Text goes to the parser in steps of this size, so that a group's size does not depend on how much is fed at once.
const STEP_BYTES: usize = 256 << 10;

/// A segment whose finished groups and tokens hold more memory than this is closed early.
const SEGMENT_MEMORY_BYTES_MAX: usize = 192 << 20;

/// How large things become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuilderOptions {
    /// Uncompressed bytes of source that make a segment full.
    pub segment_bytes: usize,
    /// Size of a page's events as JSON: what is fetched and looked at to verify a match.
    pub page_bytes: usize,
    pub page_rows: usize,
}

impl Default for BuilderOptions {
    fn default() -> Self {
        Self { segment_bytes: 512 << 20, page_bytes: 2 << 20, page_rows: 8192 }
    }
}

/// What is said of a source object when it begins.
#[derive(Debug, Clone, Default)]
pub struct ObjectStart {
    pub url: String,
    pub modified_ns: i64,
    pub received_ns: i64,
    pub settings: Arc<SourceSettings>,
}

/// What became of a source object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectReport {
    pub statistics: Statistics,
    pub raw_bytes: u64,
    /// Of the first member that had any text; empty when there was none.
    pub format: &'static str,
    pub source_type: String,
    pub compression: &'static str,
    pub damage: Option<Damage>,
    /// Where the times of events are from.
    pub time_sources: TimeCounts,
    /// Of the first member that had any text.
    pub encoding: &'static str,
}

impl ObjectReport {
    /// The report of an object of which `member` is the next part.
    fn and(self, member: Self) -> Self {
        // They are counted over the whole object.
        let time_sources = member.time_sources;
        let (named, other) = if self.raw_bytes > 0 { (self, member) } else { (member, self) };
        Self {
            statistics: named.statistics.and(other.statistics),
            raw_bytes: named.raw_bytes + other.raw_bytes,
            damage: named.damage.or(other.damage),
            time_sources,
            encoding: named.encoding,
            format: named.format,
            source_type: named.source_type,
            compression: named.compression,
        }
    }
}

struct Current {
    start: ObjectStart,
    decompressor: Decompressor,
    decoder: TextDecoder,
    parser: SourceParser,
    damage: Option<Damage>,
    /// What became of the members before this one.
    before: Option<ObjectReport>,
}

pub struct Builder {
    index: String,
    options: BuilderOptions,
    batch: Batch,
    writer: SegmentWriter,
    raw_bytes: u64,
    current: Option<Current>,
}

impl Builder {
    pub fn new(index: &str, options: BuilderOptions) -> Self {
        Self {
            index: index.to_string(),
            options,
            batch: Batch::new(),
            writer: SegmentWriter::default(),
            raw_bytes: 0,
            current: None,
        }
    }

    fn limits(&self) -> PageLimits {
        PageLimits { bytes: self.options.page_bytes, rows: self.options.page_rows }
    }

    /// Uncompressed bytes that the segment in memory came from.
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// Memory held for the segment being built, roughly: what is encoded, its tokens, and the events that are not encoded yet.
    pub fn memory_bytes(&self) -> usize {
        self.writer.memory_bytes() + self.writer.working_bytes() + self.batch.memory_bytes()
    }

    pub fn begin_object(&mut self, start: ObjectStart) -> Result<()> {
        if self.current.is_some() {
            return Err(CoreError::Usage("an object begins before the one before it ended".to_string()));
        }
        let context = ObjectContext {
            number: self.writer.objects.len() as u32,
            times: EventTimes::new(start.settings.times.clone(), start.modified_ns),
            ..ObjectContext::default()
        };
        self.batch.begin_object_context(context);
        self.writer.objects.push(source_object(&start));
        let decompressor = Decompressor::new(Limits::default());
        let parser = SourceParser::new(start.settings.clone(), start.modified_ns);
        let decoder = TextDecoder::default();
        self.current = Some(Current { start, decompressor, decoder, parser, damage: None, before: None });
        Ok(())
    }

    /// Takes the next bytes of the object as stored. True: the segment is full, call `take_segment`.
    pub fn feed(&mut self, data: &[u8]) -> Result<bool> {
        let limits = self.limits();
        let Some(current) = &mut self.current else { return Err(CoreError::Usage("no object has begun".to_string())) };
        if current.damage.is_none() {
            let Current { decompressor, decoder, parser, .. } = current;
            let (batch, writer, raw_bytes) = (&mut self.batch, &mut self.writer, &mut self.raw_bytes);
            let taken = decompressor.feed(data, |piece| {
                *raw_bytes += piece.len() as u64;
                decoder.feed(piece, |text| parse(text, parser, batch, writer, limits));
            });
            current.damage = taken.err();
        }
        Ok(self.is_full())
    }

    fn is_full(&self) -> bool {
        self.raw_bytes >= self.options.segment_bytes as u64
            || self.writer.memory_bytes() > SEGMENT_MEMORY_BYTES_MAX
            || self.batch.paths.len() > PATHS
            || self.batch.paths.keys_bytes() > KEYS_BYTES
            || self.writer.objects.len() > OBJECTS
    }

    /// What is fed from here on is a text of its own, as a member of an archive is, read as `settings` say; its events
    /// are of the same object.
    pub fn begin_member(&mut self, settings: Arc<SourceSettings>) -> Result<()> {
        let (start, report) = self.end_member()?;
        self.batch.begin_member(settings.times.clone());
        let parser = SourceParser::new(settings, start.modified_ns);
        let decompressor = Decompressor::new(Limits::default());
        let decoder = TextDecoder::default();
        self.current = Some(Current { start, decompressor, decoder, parser, damage: None, before: Some(report) });
        Ok(())
    }

    pub fn end_object(&mut self) -> Result<ObjectReport> {
        self.end_member().map(|(_, report)| report)
    }

    /// Ends the text that is being fed; the report is of all members of the object so far.
    fn end_member(&mut self) -> Result<(ObjectStart, ObjectReport)> {
        let limits = self.limits();
        let Some(mut current) = self.current.take() else {
            return Err(CoreError::Usage("no object has begun".to_string()));
        };
        let Current { decompressor, decoder, parser, damage, .. } = &mut current;
        let (batch, writer, raw_bytes) = (&mut self.batch, &mut self.writer, &mut self.raw_bytes);
        if damage.is_none() {
            let ended = decompressor.finish(|piece| {
                *raw_bytes += piece.len() as u64;
                decoder.feed(piece, |text| parse(text, parser, batch, writer, limits));
            });
            *damage = ended.err();
        }
        decoder.finish(|text| parse(text, parser, batch, writer, limits));
        current.parser.finish(&mut self.batch);
        flush_if_full(&mut self.batch, &mut self.writer, limits);
        let member = ObjectReport {
            statistics: current.decoder.and_statistics(current.parser.statistics()),
            raw_bytes: current.decompressor.bytes_out(),
            format: current.parser.format_name(),
            source_type: current.parser.source_type().to_string(),
            compression: current.decompressor.compression(),
            damage: current.damage,
            time_sources: self.batch.object.times.counts,
            encoding: current.decoder.encoding().name(),
        };
        let report = match current.before {
            Some(before) => before.and(member),
            None => member,
        };
        Ok((current.start, report))
    }

    /// Drops what the object has put into the segment in memory. Rows that are encoded already stay, and are never shown.
    pub fn abort_object(&mut self) {
        if self.current.take().is_some() {
            self.batch.drop_object_rows();
            self.writer.objects[self.batch.object.number as usize].is_aborted = true;
        }
    }

    /// Closes the segment in memory and starts the next; None when it holds no event.
    pub fn take_segment(&mut self) -> Option<Segment> {
        let limits = self.limits();
        self.writer.put_batch(&mut self.batch, limits);
        if self.writer.is_empty() {
            // Objects without events leave no trace in a segment, but the one at work must keep its number.
            self.writer.objects.clear();
            self.begin_segment();
            return None;
        }
        let segment = self.writer.finish(&self.batch, &self.index, self.raw_bytes);
        self.begin_segment();
        Some(segment)
    }

    fn begin_segment(&mut self) {
        self.raw_bytes = 0;
        self.batch.begin_segment();
        if let Some(current) = &self.current {
            self.writer.objects.push(source_object(&current.start));
        }
    }
}

fn source_object(start: &ObjectStart) -> SourceObject {
    SourceObject {
        url: start.url.clone(),
        modified_ns: start.modified_ns,
        received_ns: start.received_ns,
        events: 0,
        is_aborted: false,
    }
}

/// Parses text in steps.
fn parse(text: &[u8], parser: &mut SourceParser, batch: &mut Batch, writer: &mut SegmentWriter, limits: PageLimits) {
    for step in text.chunks(STEP_BYTES) {
        parser.feed(step, batch);
        flush_if_full(batch, writer, limits);
    }
}

/// Encodes the batch as a group when it is large enough; true: it was.
pub(crate) fn flush_if_full(batch: &mut Batch, writer: &mut SegmentWriter, limits: PageLimits) -> bool {
    let (bytes, rows) = group_limits(limits);
    let is_full = batch.size_bytes() >= bytes || batch.rows.len() >= rows || batch.values() >= GROUP_VALUES;
    if is_full {
        writer.put_batch(batch, limits);
    }
    is_full
}

/// Bytes of events and rows at which a group ends.
pub(crate) fn group_limits(limits: PageLimits) -> (usize, usize) {
    let bytes = limits.bytes.saturating_mul(GROUP_PAGES).min(GROUP_BYTES);
    (bytes, limits.rows.saturating_mul(GROUP_PAGES).min(GROUP_ROWS))
}

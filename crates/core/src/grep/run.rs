//! One plan over source objects, one after the other: bytes in, what passes out.
//!
//! *Quiet text*: as long as an object's text holds nothing that the filter requires, it is only searched and kept back. What holds
//! nothing to its end is never parsed, unless its format tells values otherwise than they are written. Once it does, all of it is:
//! only a parser knows where a record begins.
use super::lines::LineFeeder;
use super::output::Output;
use super::required::Required;
use crate::decompress::{Damage, Decompressor, Limits};
use crate::error::{CoreError, Result};
use crate::parse::Statistics;
use crate::parse::encoding::TextDecoder;
use crate::parse::settings::SourceSettings;
use crate::parse::source::SourceParser;
use crate::search::leaf::OutputRow;
use crate::search::plan::Plan;
use crate::write::builder::ObjectStart;
use std::sync::Arc;

/// Quiet text that is kept back: more than most objects of logs have. Longer ones are parsed from here on.
const QUIET_BYTES_MAX: usize = 16 << 20;

/// So many first bytes are looked at for a zero byte, which no text has.
const BINARY_HEAD_BYTES: usize = 4096;

/// What is wanted of the events that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Only how many there are.
    Count,
    /// The records as they stand in the source, one a line.
    Text,
    /// What the plan asks for: whole events or chosen columns as rows, or mergeable partials.
    Plan,
}

/// What became of a source object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrepReport {
    pub matched: u64,
    pub raw_bytes: u64,
    pub compression: &'static str,
    /// Empty when the object was not parsed.
    pub format: &'static str,
    pub statistics: Statistics,
    /// The object is no text, and was left out.
    pub is_binary: bool,
    pub damage: Option<Damage>,
}

impl GrepReport {
    /// The report of an object of which `member` is the next part.
    fn and(self, member: Self) -> Self {
        let (named, other) = if self.raw_bytes > 0 { (self, member) } else { (member, self) };
        Self {
            matched: named.matched.max(other.matched),
            raw_bytes: named.raw_bytes + other.raw_bytes,
            compression: named.compression,
            format: named.format,
            statistics: named.statistics.and(other.statistics),
            is_binary: named.is_binary || other.is_binary,
            damage: named.damage.or(other.damage),
        }
    }
}

pub struct Grep {
    required: Option<Required>,
    takes_binary: bool,
    current: Option<Current>,
    feeder: LineFeeder,
    out: Output,
    /// Memory for quiet text, kept from one object to the next.
    spare: Vec<u8>,
}

struct Current {
    modified_ns: i64,
    decompressor: Decompressor,
    decoder: TextDecoder,
    parser: SourceParser,
    /// What became of the members before this one.
    before: Option<GrepReport>,
    /// Quiet text so far; nothing of it has been parsed.
    quiet: Vec<u8>,
    /// Text goes to the parser as it comes.
    is_parsed: bool,
    /// Whether its format makes text of its own; None: not known yet.
    makes_text: Option<bool>,
    is_binary: bool,
    damage: Option<Damage>,
}

impl Grep {
    /// `limit`: most events of one object. `takes_binary`: objects that are no text are read as if they were.
    pub fn new(plan: &Plan, wanted: Wanted, limit: Option<u64>, takes_binary: bool) -> Result<Self> {
        let out = Output::new(plan, wanted, limit)?;
        let feeder = LineFeeder::new(if out.is_free_of_place() { Required::of(&plan.filter) } else { None });
        Ok(Self { feeder, required: Required::of(&plan.filter), takes_binary, current: None, out, spare: Vec::new() })
    }

    pub fn begin_object(&mut self, start: ObjectStart) -> Result<()> {
        if self.current.is_some() {
            return Err(CoreError::Usage("an object begins before the one before it ended".to_string()));
        }
        let (modified_ns, settings) = (start.modified_ns, start.settings.clone());
        self.out.start_object(start);
        self.start(modified_ns, settings, None);
        Ok(())
    }

    /// What is fed from here on is a text of its own, as a member of an archive is, read as `settings` say; its events
    /// are of the same object. Its first text decides anew whether it is looked at.
    pub fn begin_member(&mut self, settings: Arc<SourceSettings>) -> Result<()> {
        let (modified_ns, report) = self.end_member(!self.out.is_free_of_place())?;
        self.out.start_member(&settings);
        self.start(modified_ns, settings, Some(report));
        self.out.check()
    }

    fn start(&mut self, modified_ns: i64, settings: Arc<SourceSettings>, before: Option<GrepReport>) {
        self.current = Some(Current {
            modified_ns,
            decompressor: Decompressor::new(Limits::default()),
            decoder: TextDecoder::default(),
            parser: SourceParser::new(settings, modified_ns),
            before,
            quiet: std::mem::take(&mut self.spare),
            is_parsed: false,
            makes_text: None,
            is_binary: false,
            damage: None,
        });
    }

    /// Takes the next bytes of the object as stored. True: no more of it is wanted.
    pub fn feed(&mut self, data: &[u8]) -> Result<bool> {
        let Some(current) = &mut self.current else { return Err(no_object()) };
        let Current { decompressor, damage, .. } = current;
        if damage.is_some() {
            return Ok(true);
        }
        let mut decompressor = std::mem::replace(decompressor, Decompressor::new(Limits::default()));
        let fed = decompressor.feed(data, |piece| {
            current.decode(piece, self.required.as_ref(), self.takes_binary, &mut self.feeder, &mut self.out);
        });
        current.decompressor = decompressor;
        current.damage = fed.err();
        let is_done = current.damage.is_some() || current.is_binary || self.out.is_done();
        self.out.check().map(|()| is_done)
    }

    /// Tells what has come so far as if no more came soon: for a pipe that is slower than its reader.
    pub fn settle(&mut self) -> Result<()> {
        let Some(current) = &mut self.current else { return Err(no_object()) };
        let mut decoder = std::mem::take(&mut current.decoder);
        decoder.settle(|text| {
            current.take(text, self.required.as_ref(), self.takes_binary, &mut self.feeder, &mut self.out);
        });
        current.decoder = decoder;
        if current.is_parsed && !current.is_binary && !self.out.is_done() {
            self.feeder.flush(&mut current.parser, &mut self.out);
            current.parser.settle(&mut self.out);
        }
        self.out.check()
    }

    /// Ends the object, whether all of it was fed or not.
    pub fn end_object(&mut self) -> Result<GrepReport> {
        let (_, report) = self.end_member(false)?;
        self.out.finish_object();
        self.out.check().map(|()| report)
    }

    /// Ends the text that is being fed; the report is of all members of the object so far. `counts`: the events of text that was
    /// only searched must be counted, as others follow whose numbers are asked for.
    fn end_member(&mut self, counts: bool) -> Result<(i64, GrepReport)> {
        let Some(mut current) = self.current.take() else { return Err(no_object()) };
        if current.damage.is_none() && !current.is_binary && !self.out.is_done() {
            let mut decompressor = std::mem::replace(&mut current.decompressor, Decompressor::new(Limits::default()));
            let ended = decompressor.finish(|piece| {
                current.decode(piece, self.required.as_ref(), self.takes_binary, &mut self.feeder, &mut self.out);
            });
            current.decompressor = decompressor;
            current.damage = ended.err();
        }
        current.end_text(self.required.as_ref(), self.takes_binary, &mut self.feeder, &mut self.out);
        let makes_text = || current.parser.makes_text(&current.quiet, true) == Some(true);
        if !current.is_parsed && !current.is_binary && (counts || makes_text()) {
            current.speak(&mut self.feeder, &mut self.out);
        }
        if current.is_parsed && !current.is_binary {
            self.feeder.flush(&mut current.parser, &mut self.out);
            current.parser.finish(&mut self.out);
        }
        self.feeder.forget();
        current.quiet.clear();
        self.spare = current.quiet;
        let member = GrepReport {
            matched: self.out.matched,
            raw_bytes: current.decompressor.bytes_out(),
            compression: current.decompressor.compression(),
            format: if current.is_parsed { current.parser.format_name() } else { "" },
            statistics: current.decoder.and_statistics(current.parser.statistics()),
            is_binary: current.is_binary,
            damage: current.damage,
        };
        let report = match current.before {
            Some(before) => before.and(member),
            None => member,
        };
        Ok((current.modified_ns, report))
    }

    /// Events of the object that passed so far.
    pub fn matched(&self) -> u64 {
        self.out.matched
    }

    /// The lines found since the last call.
    pub fn take_text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out.text)
    }

    /// The rows found since the last call, in the order of the source; of chosen columns only when the object has ended.
    pub fn take_rows(&mut self) -> Vec<OutputRow> {
        let mut rows = std::mem::take(&mut self.out.rows);
        rows.append(&mut self.out.summary.take_rows());
        rows
    }

    /// Partials of the plan's aggregate since the last call; those of an object are complete when it has ended.
    pub fn take_partials(&mut self) -> Vec<Vec<u8>> {
        self.out.summary.take_partials()
    }
}

fn no_object() -> CoreError {
    CoreError::Usage("no object has begun".to_string())
}

impl Current {
    /// Takes the next bytes, decompressed.
    fn decode(
        &mut self,
        piece: &[u8],
        required: Option<&Required>,
        takes_binary: bool,
        feeder: &mut LineFeeder,
        out: &mut Output,
    ) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.feed(piece, |text| self.take(text, required, takes_binary, feeder, out));
        self.decoder = decoder;
    }

    /// No more bytes come.
    fn end_text(&mut self, required: Option<&Required>, takes_binary: bool, feeder: &mut LineFeeder, out: &mut Output) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.finish(|text| self.take(text, required, takes_binary, feeder, out));
        self.decoder = decoder;
    }

    /// Takes the next piece of text.
    fn take(
        &mut self,
        piece: &[u8],
        required: Option<&Required>,
        takes_binary: bool,
        feeder: &mut LineFeeder,
        out: &mut Output,
    ) {
        let is_first = !self.is_parsed && self.quiet.is_empty();
        if is_first && !takes_binary && memchr::memchr(0, &piece[..piece.len().min(BINARY_HEAD_BYTES)]).is_some() {
            self.is_binary = true;
        }
        if self.is_binary || out.is_done() {
            return;
        }
        let Some(required) = required.filter(|_| !self.is_parsed) else {
            self.is_parsed = true;
            return feeder.feed(piece, &mut self.parser, out);
        };
        let from = self.quiet.len().saturating_sub(required.overlap_bytes());
        self.quiet.extend_from_slice(piece);
        if self.makes_text.is_none() {
            self.makes_text = self.parser.makes_text(&self.quiet, false);
        }
        let is_long = self.quiet.len() > QUIET_BYTES_MAX;
        if is_long || self.makes_text == Some(true) || required.may_be_in_source(&self.quiet[from..]) {
            self.speak(feeder, out);
        }
    }

    /// Has what was held back so far parsed.
    fn speak(&mut self, feeder: &mut LineFeeder, out: &mut Output) {
        self.is_parsed = true;
        let mut quiet = std::mem::take(&mut self.quiet);
        feeder.feed(&quiet, &mut self.parser, out);
        quiet.clear();
        self.quiet = quiet;
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;

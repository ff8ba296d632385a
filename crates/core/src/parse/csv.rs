//! `csv`: tables as text with a line of names, parted by commas, tabs, semicolons or bars.
//!
//! *Recognised*: first lines that have the same number of fields, at least two, the first of them names: distinct, beginning with a letter, `_`
//! or `@`, no numbers. Of three columns and more, one record of four may have another number of fields. A text without such a line is read with `format: csv` and the names declared as `columns`; a first line
//! that has just these names is a header all the same.
//!
//! *Fields*: named as in the header; a name that comes again gets `_2`, one that is empty `column_` and its number. Values are text, or numbers
//! where JSON can write them as they stand (`007` is text); an empty field is left out. The text of events that Windows' Event Viewer puts
//! behind its last column is `Message`. Fields may be quoted, with line ends in them
//! and `""` for a quote. A header that comes again is skipped. The event time is the field with one of the usual names
//! (`eventTime`, `timestamp`, `time`, …), else `date` and `time` together.
//!
//! *Kept raw*: a record with more or fewer fields than the header has its fields, and the record itself as `message`, and says so. A quote
//! that is not closed within 1 MiB, or is closed in another line by what is no closing quote (text follows, or the number of fields is
//! wrong), swallows nothing: the line becomes `message`, and those behind it are read one by one as far as the record went.
mod record;
mod sniff;

use super::date_and_time::parse_date_and_time;
use super::registry::{Head, Parser};
use super::settings::SourceContext;
use super::sink::{Certainty, EventSink, RecordFacts};
use super::statistics::{Statistics, piece_end};
use super::utf8::{BYTE_ORDER_MARK, Utf8Filter};
use crate::value::decimal::is_number;
use memchr::memchr;
use record::{End, Record};

/// Longest record, and longest line. A quote that is not closed within it was none.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// Input is taken in steps of this size, so that the buffer does not depend on how much is fed at once.
const STEP_BYTES: usize = 256 * 1024;

/// Where tables of logs keep their time, the most telling names first.
const TIME_FIELDS: [&str; 22] = [
    "eventTime",
    "@timestamp",
    "timestamp",
    "Timestamp",
    "_time",
    "time",
    "Time",
    "ts",
    "datetime",
    "event_time",
    "eventtime",
    "TimeGenerated",
    "TimeCreated",
    "Date (UTC)",
    "Date and Time",
    "CreationDate",
    "CreationTime",
    "Event Time",
    "event_timestamp",
    "created_at",
    "createdAt",
    "Created At",
];

const WRONG_COUNT: &str = "number of fields is not that of the header";
const OPEN_QUOTE: &str = "quote is not closed";
const TOO_LONG: &str = "line is longer than 1 MiB";

/// A streaming parser.
#[derive(Debug)]
pub struct CsvParser {
    filter: Utf8Filter,
    /// Text that is not told yet: at most one record, or one step.
    buffer: Vec<u8>,
    /// An incomplete record is tried again when the buffer has this length: twice what it had.
    retry_bytes: usize,
    is_started: bool,
    in_long_line: bool,
    /// Up to this place of the buffer a record is a line: an earlier look went so far and found a quote that misled it.
    single_lines_until: usize,
    separator: u8,
    header: Option<Header>,
    record: Record,
    statistics: Statistics,
}

#[derive(Debug)]
struct Header {
    /// As they stand.
    written: Vec<Vec<u8>>,
    /// Distinct and not empty.
    names: Vec<Vec<u8>>,
    /// Places of `date` and `time`.
    date_and_time: Option<(usize, usize)>,
}

impl Default for CsvParser {
    fn default() -> Self {
        Self {
            filter: Utf8Filter::default(),
            buffer: Vec::new(),
            retry_bytes: 0,
            is_started: false,
            in_long_line: false,
            single_lines_until: 0,
            separator: b',',
            header: None,
            record: Record::default(),
            statistics: Statistics::default(),
        }
    }
}

impl Parser for CsvParser {
    const NAME: &'static str = "csv";
    const SIGN: &'static str = "a line of names, and lines with as many fields";
    const TIME_FIELDS: &'static [&'static str] = &TIME_FIELDS;

    fn looks_like(head: &Head) -> bool {
        sniff::looks_like(head)
    }

    fn source_type(_head: &Head) -> &'static str {
        "csv"
    }

    fn configure(&mut self, context: SourceContext, head: &Head) {
        self.separator = sniff::separator(head);
        let columns = &context.settings.columns;
        if !columns.is_empty() {
            self.header = Some(Header::new(columns.iter().map(|name| name.clone().into_bytes()).collect()));
        }
    }

    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        for step in data.chunks(STEP_BYTES) {
            self.filter.feed(step, &mut self.buffer);
            if self.buffer.len() >= self.retry_bytes {
                self.read(false, sink);
            }
        }
    }

    fn finish<S: EventSink>(&mut self, sink: &mut S) {
        self.filter.finish(&mut self.buffer);
        self.read(true, sink);
        (self.is_started, self.in_long_line, self.single_lines_until, self.header) = (false, false, 0, None);
    }

    fn statistics(&self) -> Statistics {
        Statistics { invalid_utf8: self.filter.replaced(), ..self.statistics }
    }
}

impl CsvParser {
    fn read<S: EventSink>(&mut self, is_last: bool, sink: &mut S) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut at = 0;
        if !self.is_started && !buffer.is_empty() {
            self.is_started = true;
            at = if buffer.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        }
        while at < buffer.len()
            && let Some(length) = self.step(&buffer[at..], at, is_last, sink)
        {
            at += length;
        }
        buffer.drain(..at);
        self.single_lines_until = self.single_lines_until.saturating_sub(at);
        self.retry_bytes = (buffer.len() * 2).min(buffer.len() + STEP_BYTES);
        self.buffer = buffer;
    }

    /// Reads one record of the text, which is not empty and stands at `at` in the buffer; the answer is its length, None when more text is needed.
    fn step<S: EventSink>(&mut self, text: &[u8], at: usize, is_last: bool, sink: &mut S) -> Option<usize> {
        let line_end = memchr(b'\n', text).or(is_last.then_some(text.len()));
        let line = &text[..line_end.unwrap_or(text.len())];
        if line.len() > RECORD_BYTES_MAX || self.in_long_line {
            return self.long_line(line, line_end.is_some(), sink).map(|told| (told + 1).min(text.len()));
        }
        let line_end = line_end?;
        let length = (line_end + 1).min(text.len());
        if self.record.read_unquoted(line, self.separator) {
            self.tell(trimmed(line), sink);
            return Some(length);
        }
        let is_single = at < self.single_lines_until;
        let window = if is_single { &text[..length] } else { &text[..text.len().min(RECORD_BYTES_MAX)] };
        let is_all = is_single || (is_last && window.len() == text.len());
        let (looked_at, reason) = match self.record.read_quoted(window, self.separator, is_all) {
            End::At(end) if end <= length || self.is_as_the_header_wants() => {
                self.tell(trimmed(&text[..end]), sink);
                return Some(end);
            }
            End::At(end) if self.record.has_text_behind_quote() => (end, OPEN_QUOTE),
            End::At(end) => (end, WRONG_COUNT),
            End::Missing if is_all || text.len() > RECORD_BYTES_MAX => (window.len(), OPEN_QUOTE),
            End::Missing => return None,
        };
        self.single_lines_until = self.single_lines_until.max(at + looked_at);
        self.statistics.message(trimmed(line), RecordFacts::unparsed(reason), sink);
        Some(length)
    }

    /// Tells the pieces of a line that is too long, and its rest once its end is there; the answer is how much was told.
    fn long_line<S: EventSink>(&mut self, line: &[u8], is_ended: bool, sink: &mut S) -> Option<usize> {
        let facts = RecordFacts::unparsed(TOO_LONG);
        let mut told = 0;
        while line.len() - told > RECORD_BYTES_MAX {
            let piece = &line[told..];
            let piece = &piece[..piece_end(piece, RECORD_BYTES_MAX)];
            self.statistics.message(piece, facts, sink);
            told += piece.len();
        }
        self.in_long_line = !is_ended;
        if is_ended {
            let rest = trimmed(&line[told..]);
            if !rest.trim_ascii().is_empty() {
                self.statistics.message(rest, facts, sink);
            }
            return Some(line.len());
        }
        // One byte less: the caller adds that of the line end.
        told.checked_sub(1)
    }

    /// Whether a record of several lines is one.
    fn is_as_the_header_wants(&self) -> bool {
        let is_right = self.header.as_ref().is_none_or(|header| header.names.len() == self.record.len());
        is_right && !self.record.has_text_behind_quote()
    }

    /// Tells what the record that was read is; `raw` is its text.
    fn tell<S: EventSink>(&mut self, raw: &[u8], sink: &mut S) {
        if raw.trim_ascii().is_empty() {
            return;
        }
        let record = &self.record;
        let Some(header) = &self.header else {
            self.header = Some(Header::new((0..record.len()).map(|at| record.field(raw, at).to_vec()).collect()));
            return;
        };
        let is_of_names = record.len() == header.written.len();
        let is_right = is_of_names || record.len() == header.names.len();
        if is_of_names && header.written.iter().enumerate().all(|(at, name)| is_name(at, record.field(raw, at), name)) {
            return;
        }
        sink.begin_event();
        sink.begin_object();
        for (at, name) in header.names.iter().enumerate().take(record.len()) {
            let value = record.field(raw, at);
            // The record itself is the message of one that does not fit.
            if value.is_empty() || (!is_right && name == b"message") {
                continue;
            }
            sink.key(name);
            if is_number(value) { sink.number(value) } else { sink.string(value) }
        }
        if !is_right {
            sink.key(b"message");
            sink.string(raw);
        }
        sink.end_object();
        sink.source_text(raw);
        let time = header.date_and_time.filter(|(date, time)| *date.max(time) < record.len());
        let time =
            time.and_then(|(date, time)| parse_date_and_time(record.field(raw, date), record.field(raw, time), b""));
        let parse_error = (!is_right).then_some(WRONG_COUNT);
        sink.end_event(RecordFacts { parse_error, ..RecordFacts::timed(time.map(|ns| (ns, Certainty::ZoneAssumed))) });
        self.statistics.events += 1;
        self.statistics.unparsed_lines += u64::from(!is_right);
    }
}

impl Header {
    fn new(written: Vec<Vec<u8>>) -> Self {
        let mut names: Vec<Vec<u8>> = Vec::with_capacity(written.len());
        let mut taken: std::collections::HashSet<Vec<u8>> = written.iter().cloned().collect();
        let mut seen = std::collections::HashMap::new();
        for (at, name) in written.iter().enumerate() {
            let name = if name.is_empty() { format!("column_{}", at + 1).into_bytes() } else { name.clone() };
            let count: &mut usize = seen.entry(name.clone()).or_default();
            *count += 1;
            let mut distinct = name.clone();
            while *count > 1 {
                distinct = [&name[..], format!("_{count}").as_bytes()].concat();
                if taken.insert(distinct.clone()) {
                    break;
                }
                *count += 1;
            }
            names.push(distinct);
        }
        if sniff::has_unnamed_message(&written) {
            names.push(b"Message".to_vec());
        }
        let place = |wanted: &[u8]| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let date_and_time = place(b"date").zip(place(b"time"));
        Self { written, names, date_and_time }
    }
}

/// Without the line end.
fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Whether a field is that name of the header; files that were put together may have a byte order mark where one begins.
fn is_name(at: usize, field: &[u8], name: &[u8]) -> bool {
    let plain = field.strip_prefix(BYTE_ORDER_MARK).filter(|_| at == 0);
    field == name || plain.is_some_and(|plain| plain == name || unquoted(plain) == Some(name))
}

fn unquoted(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

#[cfg(test)]
mod tests;

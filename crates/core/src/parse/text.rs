//! `text`: any text, one event per line, stack traces with the line before them.
//!
//! *Recognised*: what no other format recognises. Lines end with `\n` or `\r\n`; empty ones are skipped.
//!
//! *Fields*: `message`, the line. The event time is that at the start of the line, after `[` if there is one, in any form
//! that is no count since 1970: ISO 8601, `2023/07/10 11:45:07`, `Mon Jul 10 11:45:07 2023`, …; a date alone does not count. Lines of
//! glog and klog (`I0710 11:45:07.123456`) tell no year: it is of the latest one that is not later than a day after the object was written.
//!
//! When the first line starts with such a time, and few of the next lines neither do nor look like a part of a stack
//! trace, then lines that continue belong to the event before them: indented ones, and those of stack traces of Java
//! (`at …`, `Caused by: …`, `... 12 more`), Python (`Traceback …`), Go (`goroutine 1 [running]:` …), JavaScript and .NET. `message`
//! has all of the lines then, parted by `\n`.
//!
//! *Kept raw*: everything but empty lines. A line longer than `LINE_BYTES_MAX` (1 MiB) becomes several events, and so
//! does a trace longer than `EVENT_LINES_MAX` (5,000) or `EVENT_BYTES_MAX` (256 KiB). Of text that is read while it is
//! written, a trace is cut where it pauses.
mod continues;
mod glog;

use super::lines::{Line, Lines};
use super::registry::{Head, Parser, Skippable};
use super::settings::SourceContext;
use super::sink::{Certainty, EventSink, RecordFacts};
use super::statistics::Statistics;
use crate::value::syslog_time::SyslogTimes;
use crate::value::time_forms::read_leading_time;
use continues::continues;

/// Lines of an event; the deepest stacks of Java have 1,024 of each cause.
const EVENT_LINES_MAX: usize = 5_000;

/// Bytes of an event of several lines.
const EVENT_BYTES_MAX: usize = 256 * 1024;

/// Of the first lines, one of so many may be neither an event's first nor a part of a trace.
const STRANGE_LINES: usize = 4;

/// A line is an event, or continues one.
#[derive(Debug, Default)]
pub struct TextParser {
    lines: Lines,
    joins: bool,
    /// The event whose next line may still come.
    held: Vec<u8>,
    held_lines: usize,
    times: SyslogTimes,
    statistics: Statistics,
}

impl Parser for TextParser {
    const NAME: &'static str = "text";
    const SIGN: &'static str = "nothing that another format would know";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(_head: &Head) -> bool {
        true
    }

    fn source_type(_head: &Head) -> &'static str {
        "text"
    }

    fn configure(&mut self, context: SourceContext, head: &Head) {
        self.times = SyslogTimes::new(context.modified_ns);
        self.joins = starts_with_times(head, &self.times);
    }

    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.feed(data, |line| self.take(line, sink));
        self.lines = lines;
    }

    fn settle<S: EventSink>(&mut self, sink: &mut S) {
        self.release(sink);
    }

    fn finish<S: EventSink>(&mut self, sink: &mut S) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.finish(|line| self.take(line, sink));
        self.lines = lines;
        self.release(sink);
    }

    fn statistics(&self) -> Statistics {
        Statistics { invalid_utf8: self.lines.invalid_utf8(), ..self.statistics }
    }

    fn skippable(&self) -> Option<Skippable> {
        // A line that starts with a digit never continues an event, whatever is held.
        let skippable = if self.joins { Skippable::Records } else { Skippable::Any };
        self.lines.is_at_start().then_some(skippable)
    }
}

impl TextParser {
    fn take<S: EventSink>(&mut self, line: Line, sink: &mut S) {
        let (text, is_whole) = match line {
            Line::Whole(text) => (text, self.joins),
            Line::Piece(text) => (text, false),
        };
        let fits = self.held_lines < EVENT_LINES_MAX && self.held.len() + text.len() < EVENT_BYTES_MAX;
        if is_whole && !self.held.is_empty() && fits && continues(text) {
            self.held.push(b'\n');
            self.held.extend_from_slice(text);
            self.held_lines += 1;
            return;
        }
        self.release(sink);
        if is_whole {
            self.held.extend_from_slice(text);
            self.held_lines = 1;
        } else {
            self.statistics.message(text, RecordFacts::timed(leading_time(text, &self.times)), sink);
        }
    }

    fn release<S: EventSink>(&mut self, sink: &mut S) {
        if !self.held.is_empty() {
            let time = leading_time(&self.held, &self.times);
            self.statistics.message(&self.held, RecordFacts::timed(time), sink);
            self.held.clear();
        }
    }
}

/// Whether lines begin with times, but those of traces.
fn starts_with_times(head: &Head, times: &SyslogTimes) -> bool {
    let has_time = |line: &[u8]| leading_time(line, times).is_some();
    let strange = head.lines().filter(|line| !has_time(line) && !continues(line)).count();
    head.lines().next().is_some_and(has_time) && strange * STRANGE_LINES <= head.lines().count()
}

fn leading_time(text: &[u8], times: &SyslogTimes) -> Option<(i64, Certainty)> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let Some((time, _)) = read_leading_time(text) else {
        return Some((glog::leading_time(text, times)?, Certainty::YearInferred));
    };
    Some((time.ns, if time.is_local { Certainty::ZoneAssumed } else { Certainty::Certain }))
}

#[cfg(test)]
#[path = "text/text_tests.rs"]
mod tests;

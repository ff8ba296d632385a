//! Text that is not JSON: kept as `message`, and where to go on.
use super::salvage::{balanced_end, line_end, neighbour_end};
use super::walk::{Fault, Stop};
use super::{JsonParser, Place, RAW_BYTES_MAX, RECORD_BYTES_MAX, Step, Text};
use crate::parse::sink::EventSink;
use crate::parse::statistics::piece_end;

/// Where to go on after a raw line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Top,
    Array,
    Records,
}

impl JsonParser {
    /// Waits for the rest of an incomplete record, or keeps the text of a broken one.
    pub(super) fn stopped<S: EventSink>(&mut self, text: Text, at: usize, stop: Stop, sink: &mut S) -> Step {
        let end = text.bytes.len();
        let fault = match stop {
            Stop::Malformed(fault) => fault,
            _ if text.is_last => Fault { at: end, reason: "ends in the middle of a record", in_string: false },
            _ if end - at >= RECORD_BYTES_MAX => {
                Fault { at: end, reason: "record is longer than 64 MiB", in_string: false }
            }
            _ => return Step::Wait,
        };
        let depth = self.walker.depth();
        let (raw_end, after) = match self.place {
            Place::Array => (element_end(text.bytes, at, fault, depth), After::Array),
            Place::Records => (element_end(text.bytes, at, fault, depth), After::Records),
            _ => (top_end(text.bytes, at, fault, depth), After::Top),
        };
        if after == After::Top {
            // Also of an envelope that is broken between its members.
            self.tell_members(sink);
        }
        match raw_end {
            Some(raw_end) => {
                self.tell_raw(&text.bytes[at..raw_end], fault.reason, sink);
                self.place = after.into();
                Step::To(raw_end)
            }
            None if text.is_last => {
                self.tell_raw(&text.bytes[at..], fault.reason, sink);
                Step::To(end)
            }
            None if end - at < RAW_BYTES_MAX => Step::Wait,
            None => {
                self.place = Place::Raw(fault.reason, after);
                Step::To(at)
            }
        }
    }

    /// Keeps pieces of a long raw line until its end.
    pub(super) fn raw_line<S: EventSink>(
        &mut self,
        text: Text,
        at: usize,
        reason: &'static str,
        after: After,
        sink: &mut S,
    ) -> Step {
        let end = line_end(text.bytes, at);
        if let Some(end) = end.or(text.is_last.then_some(text.bytes.len())) {
            self.tell_raw(&text.bytes[at..end], reason, sink);
            self.place = after.into();
            return Step::To(end);
        }
        let rest = &text.bytes[at..];
        if rest.len() <= RAW_BYTES_MAX {
            return Step::Wait;
        }
        let piece = piece_end(rest, RAW_BYTES_MAX);
        self.tell_raw(&rest[..piece], reason, sink);
        Step::To(at + piece)
    }

    fn tell_raw<S: EventSink>(&mut self, raw: &[u8], reason: &'static str, sink: &mut S) {
        self.statistics.unparsed(raw, reason, RAW_BYTES_MAX, sink);
    }
}

impl From<After> for Place {
    fn from(after: After) -> Self {
        match after {
            After::Top => Place::Top,
            After::Array => Place::Array,
            After::Records => Place::Records,
        }
    }
}

/// The end of a broken record that is no element: that of its line, unless it is one of several objects on it.
fn top_end(text: &[u8], at: usize, fault: Fault, depth: usize) -> Option<usize> {
    let line = line_end(text, at);
    let limit = line.unwrap_or(text.len());
    if text[at] == b'{'
        && fault.at < limit
        && let Some(end) = neighbour_end(&text[..limit], fault, depth)
    {
        return Some(end);
    }
    line
}

/// The end of a broken element: where its brackets balance, else that of the line of the fault.
fn element_end(text: &[u8], at: usize, fault: Fault, depth: usize) -> Option<usize> {
    let limit = text.len().min(at + RAW_BYTES_MAX);
    let balanced = balanced_end(&text[..limit], fault, depth).map(|end| end.max(at + 1));
    balanced.or_else(|| if limit < text.len() { line_end(text, fault.at) } else { None })
}

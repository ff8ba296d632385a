//! Text that is not JSON: kept as `message`, and where to go on.
use super::salvage::{balanced_end, balanced_end_in_line, line_end, neighbour_end};
use super::walk::{Fault, Stop};
use super::{JsonParser, Place, RAW_BYTES_MAX, RECORD_BYTES_MAX, Step, Text};
use crate::parse::sink::EventSink;
use crate::parse::statistics::piece_end;

/// A line that is not JSON and too long for one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawLine {
    reason: &'static str,
    after: After,
    /// Line ends among so many bytes belong to it.
    skip: usize,
}

/// Where to go on after a raw line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Top,
    Array,
    Elements,
}

/// Most text of one object that is looked at twice: lines behind the first one of a broken record, read again as records of
/// their own, and text searched in vain for the end of a broken element. Beyond it, recovery is coarser, so that text made to be
/// slow to read costs a constant only.
const REREAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Searching for an opening is so much faster than looking at every byte.
const SEARCH_SPEEDUP: usize = 16;

impl JsonParser {
    /// Waits for the rest of an incomplete record, or keeps the text of a broken one.
    pub(super) fn stopped<S: EventSink>(&mut self, text: Text, at: usize, stop: Stop, sink: &mut S) -> Step {
        let end = text.bytes.len();
        match stop {
            Stop::Malformed(fault) => self.broken(text, at, fault, sink),
            _ if text.is_last => {
                let fault = Fault { at: end, reason: "ends in the middle of a record", in_string: false };
                self.broken(text, at, fault, sink)
            }
            _ if end - at > RECORD_BYTES_MAX => {
                self.start_raw_line(at, RECORD_BYTES_MAX, "record is longer than 64 MiB", sink)
            }
            _ => Step::Wait,
        }
    }

    fn broken<S: EventSink>(&mut self, text: Text, at: usize, fault: Fault, sink: &mut S) -> Step {
        let end = text.bytes.len();
        let limit = end.min(fault.at + RAW_BYTES_MAX);
        let window = Text { bytes: &text.bytes[..limit], is_last: text.is_last || limit < end };
        let raw_end = match self.place {
            Place::Array | Place::Elements => self.element_end(window, at, fault),
            _ => self.top_end(window.bytes, at, fault),
        };
        match raw_end {
            Some(raw_end) => {
                self.leave_envelope(sink);
                self.tell_raw(&text.bytes[at..raw_end], fault.reason, sink);
                Step::To(raw_end)
            }
            None if limit < end => self.start_raw_line(at, fault.at - at, fault.reason, sink),
            None if text.is_last => {
                self.leave_envelope(sink);
                self.tell_raw(&text.bytes[at..], fault.reason, sink);
                Step::To(end)
            }
            None => Step::Wait,
        }
    }

    /// What is broken between the members of an envelope ends the envelope.
    fn leave_envelope<S: EventSink>(&mut self, sink: &mut S) {
        if self.place == Place::Members {
            self.tell_members(sink);
            self.place = Place::Top;
        }
    }

    /// The end of a broken record that is no element: that of its first line, unless it is one of several objects on it.
    fn top_end(&mut self, text: &[u8], at: usize, fault: Fault) -> Option<usize> {
        let Some(first_line) = line_end(&text[..fault.at], at) else {
            let neighbour = neighbour_end(text, fault, self.walker.depth());
            return neighbour.filter(|_| text[at] == b'{').or_else(|| line_end(text, fault.at));
        };
        match self.may_reread(fault.at - first_line) {
            true => Some(first_line),
            false => line_end(text, fault.at),
        }
    }

    /// The end of a broken element: where its brackets balance, or before that, where the next element begins. `window.is_last`:
    /// more text than this is not looked at.
    fn element_end(&mut self, window: Text, at: usize, fault: Fault) -> Option<usize> {
        let text = window.bytes;
        let depth = self.walker.depth();
        if self.reread_bytes > REREAD_BYTES_MAX {
            return balanced_end_in_line(text, fault, depth)
                .map(|end| end.max(at + 1))
                .or_else(|| line_end(text, fault.at));
        }
        // A record that is cut off may have taken the next ones for its own.
        let is_cut_off = fault.at == text.len();
        let next = self.opening.next(text, if is_cut_off { at + 1 } else { fault.at });
        let balanced = balanced_end(&text[..next.unwrap_or(text.len())], fault, depth);
        let balanced = balanced.map(|end| end.max(at + 1));
        match (next, balanced) {
            // Outside of brackets every comma balances, so the next element is the better end.
            (Some(next), _) if depth == 0 || balanced.is_none() => Some(next),
            (None, Some(_)) if depth == 0 && !window.is_last => None,
            (None, balanced) => {
                let searched = text.len() - fault.at;
                self.reread_bytes += if balanced.is_some() { searched / SEARCH_SPEEDUP } else { searched };
                balanced
            }
            (_, balanced) => balanced,
        }
    }

    fn may_reread(&mut self, bytes: usize) -> bool {
        let may = self.reread_bytes + bytes <= REREAD_BYTES_MAX;
        if may {
            self.reread_bytes += bytes;
        }
        may
    }

    /// What starts here is not JSON up to a line end that is at least `skip` bytes away, and too long for one piece.
    fn start_raw_line<S: EventSink>(&mut self, at: usize, skip: usize, reason: &'static str, sink: &mut S) -> Step {
        self.leave_envelope(sink);
        let after = match self.place {
            Place::Array => After::Array,
            Place::Elements => After::Elements,
            _ => After::Top,
        };
        self.place = Place::Raw(RawLine { reason, after, skip });
        Step::To(at)
    }

    /// Keeps pieces of a long raw line until its end.
    pub(super) fn raw_line<S: EventSink>(&mut self, text: Text, at: usize, raw: RawLine, sink: &mut S) -> Step {
        let end = line_end(text.bytes, at + raw.skip);
        if let Some(end) = end.or(text.is_last.then_some(text.bytes.len())) {
            let rest = text.bytes[at..end].trim_ascii_end();
            self.statistics.unparsed_piece(rest, raw.reason, RAW_BYTES_MAX, sink);
            self.place = raw.after.into();
            return Step::To(end);
        }
        let rest = &text.bytes[at..];
        if rest.len() <= RAW_BYTES_MAX {
            return Step::Wait;
        }
        let piece = piece_end(rest, RAW_BYTES_MAX);
        self.statistics.unparsed_piece(&rest[..piece], raw.reason, RAW_BYTES_MAX, sink);
        self.place = Place::Raw(RawLine { skip: raw.skip.saturating_sub(piece), ..raw });
        Step::To(at + piece)
    }

    fn tell_raw<S: EventSink>(&mut self, raw: &[u8], reason: &'static str, sink: &mut S) {
        let is_element = matches!(self.place, Place::Array | Place::Elements);
        let end = raw.trim_ascii_end();
        let raw = if is_element { end.strip_suffix(b",").unwrap_or(end) } else { raw };
        self.statistics.unparsed(raw, reason, RAW_BYTES_MAX, sink);
    }
}

impl From<After> for Place {
    fn from(after: After) -> Self {
        match after {
            After::Top => Place::Top,
            After::Array => Place::Array,
            After::Elements => Place::Elements,
        }
    }
}

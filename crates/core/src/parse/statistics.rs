//! What every parser counts.
use super::sink::{EventSink, RecordFacts};

/// Counts over one source object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events told to the sink, those kept as `message` only included.
    pub events: u64,
    /// Events that are a piece of text which did not parse.
    pub unparsed_lines: u64,
    /// Byte sequences that were not UTF-8; their bytes became characters of Windows-1252.
    pub invalid_utf8: u64,
    /// Members whose name had already stood in the same object.
    pub duplicate_keys: u64,
    /// Events that were kept as they came, since a step of the source's transform could not be done.
    pub transform_errors: u64,
    /// Events that the source's transform left out; they are not among the events.
    pub discarded: u64,
}

impl Statistics {
    /// The counts of both.
    pub fn and(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            unparsed_lines: self.unparsed_lines + other.unparsed_lines,
            invalid_utf8: self.invalid_utf8 + other.invalid_utf8,
            duplicate_keys: self.duplicate_keys + other.duplicate_keys,
            transform_errors: self.transform_errors + other.transform_errors,
            discarded: self.discarded + other.discarded,
        }
    }

    /// Tells the sink an event that is `{"message": text}`.
    pub(super) fn message<S: EventSink>(&mut self, text: &[u8], facts: RecordFacts, sink: &mut S) {
        sink.begin_event();
        sink.begin_object();
        sink.key(b"message");
        sink.string(text);
        sink.end_object();
        sink.source_text(text);
        sink.end_event(facts);
        self.events += 1;
        self.unparsed_lines += u64::from(facts.parse_error.is_some());
    }

    /// Tells the sink text that did not parse, without the white space at its end, in pieces of at most `piece_bytes_max`.
    /// `text` is UTF-8 and is cut between characters. Text that is all white space is nothing.
    pub(super) fn unparsed<S: EventSink>(
        &mut self,
        text: &[u8],
        reason: &'static str,
        piece_bytes_max: usize,
        sink: &mut S,
    ) {
        self.unparsed_piece(text.trim_ascii(), reason, piece_bytes_max, sink);
    }

    /// As `unparsed`, with the white space at its ends: there may be more of the text before and behind it.
    pub(super) fn unparsed_piece<S: EventSink>(
        &mut self,
        text: &[u8],
        reason: &'static str,
        piece_bytes_max: usize,
        sink: &mut S,
    ) {
        let facts = RecordFacts::unparsed(reason);
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(piece_end(rest, piece_bytes_max));
            self.message(piece, facts, sink);
            rest = after;
        }
    }
}

/// Where to cut UTF-8 text so that the piece has at most `bytes_max` (at least 4) bytes and ends between characters.
pub(super) fn piece_end(text: &[u8], bytes_max: usize) -> usize {
    if text.len() <= bytes_max {
        return text.len();
    }
    let is_continuation = |at: &usize| text[*at] & 0xc0 == 0x80;
    let back = (bytes_max.saturating_sub(3)..=bytes_max).rev().find(|at| !is_continuation(at));
    back.filter(|&at| at > 0).unwrap_or(bytes_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_between_characters() {
        assert_eq!(piece_end(b"abc", 4), 3);
        assert_eq!(piece_end(b"abcde", 4), 4);
        assert_eq!(piece_end("abc€".as_bytes(), 4), 3);
        assert_eq!(piece_end("a😀😀".as_bytes(), 8), 5);
        assert_eq!(piece_end(&[0x80; 10], 4), 4);
    }
}

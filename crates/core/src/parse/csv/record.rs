//! The fields of one record: where they stand in its text, or, of those with a doubled quote, their text.
use memchr::{memchr, memchr_iter, memchr2};
use std::ops::Range;

/// Where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Behind its line end.
    At(usize),
    /// Not in this text.
    Missing,
}

#[derive(Debug, Clone)]
enum Place {
    Raw(Range<usize>),
    /// In `copied`.
    Copied(Range<usize>),
}

/// Keeps its buffers from one record to the next.
#[derive(Debug, Default)]
pub struct Record {
    places: Vec<Place>,
    copied: Vec<u8>,
    /// A field has text behind its closing quote.
    has_text_behind_quote: bool,
}

impl Record {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether a field has text behind its closing quote: in a record of several lines, the quote that opened it was none.
    pub fn has_text_behind_quote(&self) -> bool {
        self.has_text_behind_quote
    }

    /// A field; `raw` is the text that the record was read from.
    #[inline]
    pub fn field<'a>(&'a self, raw: &'a [u8], at: usize) -> &'a [u8] {
        match &self.places[at] {
            Place::Raw(range) => &raw[range.clone()],
            Place::Copied(range) => &self.copied[range.clone()],
        }
    }

    /// Reads a line, without its line feed, that has no quotes; false: it has some.
    pub fn read_unquoted(&mut self, line: &[u8], separator: u8) -> bool {
        if memchr(b'"', line).is_some() {
            return false;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.places.clear();
        let mut start = 0;
        for end in memchr_iter(separator, line) {
            self.places.push(Place::Raw(start..end));
            start = end + 1;
        }
        self.places.push(Place::Raw(start..line.len()));
        true
    }

    /// Reads the record at the start of the text. `is_all`: the end of the text ends the record too.
    pub fn read_quoted(&mut self, text: &[u8], separator: u8, is_all: bool) -> End {
        self.places.clear();
        self.copied.clear();
        self.has_text_behind_quote = false;
        let mut at = 0;
        loop {
            let Some(after) = self.next_field(text, at, separator) else { return End::Missing };
            match text.get(after) {
                Some(&byte) if byte == separator => at = after + 1,
                Some(_) => return End::At(after + 1),
                None if is_all => return End::At(after),
                None => return End::Missing,
            }
        }
    }

    /// Reads the field that starts at `at`; the answer is where the separator, the line feed or the end of the text is behind it, None when its
    /// quote is not closed.
    fn next_field(&mut self, text: &[u8], at: usize, separator: u8) -> Option<usize> {
        if text.get(at) != Some(&b'"') {
            let end = plain_end(text, at, separator);
            self.places.push(Place::Raw(at..without_return(text, at, end)));
            return Some(end);
        }
        let start = at + 1;
        let mut close = start + memchr(b'"', &text[start..])?;
        let end = plain_end(text, close + 1, separator);
        if without_return(text, close + 1, end) == close + 1 {
            self.places.push(Place::Raw(start..close));
            return Some(end);
        }
        // A doubled quote, or text behind the closing one.
        let copied = self.copied.len();
        let mut from = start;
        loop {
            self.copied.extend_from_slice(&text[from..close]);
            if text.get(close + 1) != Some(&b'"') {
                break;
            }
            self.copied.push(b'"');
            from = close + 2;
            close = from + memchr(b'"', &text[from..])?;
        }
        let end = plain_end(text, close + 1, separator);
        let behind = &text[close + 1..without_return(text, close + 1, end)];
        self.has_text_behind_quote |= !behind.is_empty();
        self.copied.extend_from_slice(behind);
        self.places.push(Place::Copied(copied..self.copied.len()));
        Some(end)
    }
}

/// The first separator or line feed at `at` or later, or the end of the text.
fn plain_end(text: &[u8], at: usize, separator: u8) -> usize {
    memchr2(separator, b'\n', &text[at..]).map_or(text.len(), |length| at + length)
}

/// The end of a field without the carriage return before a line feed, or before the end of the text.
fn without_return(text: &[u8], start: usize, end: usize) -> usize {
    let is_line_end = text.get(end).is_none_or(|&byte| byte == b'\n');
    if is_line_end && end > start && text[end - 1] == b'\r' { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};
    use proptest::prelude::*;

    /// The fields of the first record as csv-core reads it.
    fn judged(text: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = ReaderBuilder::new().terminator(Terminator::Any(b'\n')).build();
        let (mut out, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 2]);
        let (mut text, mut written, mut ended) = (text, 0, 0);
        loop {
            let (result, taken, put, fields) = reader.read_record(text, &mut out[written..], &mut ends[ended..]);
            (text, written, ended) = (&text[taken..], written + put, ended + fields);
            if matches!(result, ReadRecordResult::Record | ReadRecordResult::End) {
                break;
            }
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(&ends[..ended]).map(|(start, &end)| out[start..end].to_vec()).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_another_reader(text in "[ab,\"\n]{1,20}") {
            let text = text.trim_start_matches('\n').as_bytes();
            let mut record = Record::default();
            if let End::At(_) = record.read_quoted(text, b',', true) && !text.is_empty() {
                let fields: Vec<Vec<u8>> = (0..record.len()).map(|at| record.field(text, at).to_vec()).collect();
                prop_assert_eq!(fields, judged(text));
            }
        }
    }

    #[test]
    fn fields_are_where_they_end() {
        for (text, is_all, end, fields) in [
            ("a,b\r\nc", false, End::At(5), vec!["a", "b"]),
            ("\"a\nb\",\"c\"\"d\"\r\n", false, End::At(14), vec!["a\nb", "c\"d"]),
            ("\"a\"x,\"\"\r", true, End::At(8), vec!["ax", ""]),
            ("\"a\"\r", true, End::At(4), vec!["a"]),
            (",\"\"\n", false, End::At(4), vec!["", ""]),
            ("a,b", true, End::At(3), vec!["a", "b"]),
        ] {
            let mut record = Record::default();
            assert_eq!(record.read_quoted(text.as_bytes(), b',', is_all), end, "{text:?}");
            let found: Vec<&[u8]> = (0..record.len()).map(|at| record.field(text.as_bytes(), at)).collect();
            assert_eq!(found, fields.iter().map(|field| field.as_bytes()).collect::<Vec<_>>(), "{text:?}");
        }
        for (text, is_all) in [("a,b", false), ("\"a,b\n", true), ("\"a\"\"\n", true), ("\"a\"", false)] {
            assert_eq!(Record::default().read_quoted(text.as_bytes(), b',', is_all), End::Missing, "{text:?}");
        }
    }
}

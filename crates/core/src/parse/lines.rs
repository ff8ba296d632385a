//! Lines of text: for the formats whose record is a line.
//!
//! Lines end with `\n` or `\r\n`; lines of white space only are skipped. A byte order mark at the start is skipped. A byte that
//! is not UTF-8 has become its character in Windows-1252. A line that is longer than `LINE_BYTES_MAX` comes in pieces, so that memory stays bounded.
use super::statistics::piece_end;
use super::utf8::{BYTE_ORDER_MARK, Utf8Filter};
use memchr::memchr;

/// Longest line that comes whole, and length of the pieces of longer ones. No line format has such records; what is longer is
/// something else, and is kept for reading only.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Input is taken in steps of this size, so that the buffer does not depend on how much is fed at once.
const STEP_BYTES: usize = 256 * 1024;

/// Text without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    Whole(&'a [u8]),
    /// A piece of a line that is too long.
    Piece(&'a [u8]),
}

/// Cuts a stream into lines.
#[derive(Debug, Default)]
pub struct Lines {
    filter: Utf8Filter,
    buffer: Vec<u8>,
    /// The buffer holds no line end before this place.
    searched: usize,
    is_started: bool,
    in_long_line: bool,
}

impl Lines {
    pub fn feed(&mut self, data: &[u8], mut tell: impl FnMut(Line)) {
        for step in data.chunks(STEP_BYTES) {
            self.filter.feed(step, &mut self.buffer);
            self.read(&mut tell);
        }
    }

    /// The end of the data: what follows the last line end is a line too.
    pub fn finish(&mut self, mut tell: impl FnMut(Line)) {
        self.filter.finish(&mut self.buffer);
        self.buffer.push(b'\n');
        self.read(&mut tell);
        self.is_started = false;
    }

    /// Byte sequences that were not UTF-8.
    pub fn invalid_utf8(&self) -> u64 {
        self.filter.replaced()
    }

    /// Whether what comes now is the start of a line.
    pub fn is_at_start(&self) -> bool {
        self.is_started && self.buffer.is_empty() && !self.in_long_line && !self.filter.is_pending()
    }

    fn read(&mut self, tell: &mut impl FnMut(Line)) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut start = 0;
        self.is_started |= !buffer.is_empty();
        let mut from = self.searched;
        while let Some(length) = memchr(b'\n', &buffer[from..]) {
            self.pieces(&buffer[start..from + length], true, tell);
            start = from + length + 1;
            from = start;
        }
        start += self.pieces(&buffer[start..], false, tell);
        self.buffer = buffer;
        self.buffer.drain(..start);
        self.searched = self.buffer.len();
    }

    /// Tells a line, or, while its end is not known, its pieces that are full; the answer is how much was told.
    fn pieces(&mut self, line: &[u8], is_ended: bool, tell: &mut impl FnMut(Line)) -> usize {
        let mut told = 0;
        while line.len() - told > LINE_BYTES_MAX {
            let piece = &line[told..];
            let piece = &piece[..piece_end(piece, LINE_BYTES_MAX)];
            tell(Line::Piece(if self.in_long_line { piece } else { without_mark(piece) }));
            told += piece.len();
            self.in_long_line = true;
        }
        if !is_ended {
            return told;
        }
        let rest = &line[told..];
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        if !rest.trim_ascii().is_empty() {
            tell(if self.in_long_line { Line::Piece(rest) } else { Line::Whole(without_mark(rest)) });
        }
        self.in_long_line = false;
        line.len()
    }
}

/// The start of a line without a byte order mark, which stands where a file begins: of several that were put together too.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<(usize, bool, String)> {
        let mut lines = Lines::default();
        let mut told = Vec::new();
        let mut tell = |line: Line| {
            let (text, whole) = match line {
                Line::Whole(text) => (text, true),
                Line::Piece(text) => (text, false),
            };
            let start = String::from_utf8_lossy(&text[..text.len().min(10)]).into_owned();
            told.push((text.len(), whole, start));
        };
        parts.iter().for_each(|part| lines.feed(part, &mut tell));
        lines.finish(&mut tell);
        told
    }

    #[test]
    fn lines_end_with_or_without_carriage_return() {
        let text = "\u{feff}ab\r\n\n  \ncd \ne\rf\n\u{feff}g\u{feff}".as_bytes();
        let expected = [(2, true, "ab"), (3, true, "cd "), (3, true, "e\rf"), (4, true, "g\u{feff}")];
        let expected = expected.map(|(length, whole, start)| (length, whole, start.to_string()));
        assert_eq!(lines(&[text]), expected);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(lines(&bytes), expected);
        assert_eq!(lines(&[]), []);
        assert_eq!(lines(&[b"x"]), [(1, true, "x".to_string())]);
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let long = vec![b'x'; 2 * LINE_BYTES_MAX + 5];
        let text = [&long[..], b"\nshort\n"].concat();
        let xs = "x".repeat(10);
        let expected = [
            (LINE_BYTES_MAX, false, xs.clone()),
            (LINE_BYTES_MAX, false, xs.clone()),
            (5, false, "xxxxx".to_string()),
            (5, true, "short".to_string()),
        ];
        assert_eq!(lines(&[&text]), expected);
        let parts: Vec<&[u8]> = text.chunks(1000).collect();
        assert_eq!(lines(&parts), expected);
        assert_eq!(lines(&[&long[..LINE_BYTES_MAX]]), [(LINE_BYTES_MAX, true, xs)]);
    }
}

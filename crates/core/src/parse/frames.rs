//! Messages of syslog with their lengths before them, as they are sent over TCP (octet counting, RFC 6587): `34 <13>1 - …`.
//!
//! Such a message may hold line ends, and the next one may follow without any. A length is of bytes of the source, whatever
//! they are, so this stands before the lines and before what makes UTF-8 of them. It is believed when a priority follows it, and
//! when behind so many bytes there is another length, the end of a line, or the end of the text. Otherwise the line is a line as
//! any other: lengths are wrong where somebody has changed the line ends of a log.
use super::lines::LINE_BYTES_MAX;
use super::registry::{HEAD_LINES_MAX, Head};
use super::utf8::{BYTE_ORDER_MARK, Utf8Filter};
use memchr::memchr;

/// Digits of a length.
const LENGTH_DIGITS_MAX: usize = 7;

/// What has been cut.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A message with its length before it, as UTF-8, without a line end at its end.
    Message(&'a [u8]),
    /// Bytes of lines, as they stand there. They begin where a line does, or go on where the last such piece ended.
    Lines(&'a [u8]),
}

/// Cuts a stream into messages with their lengths, and lines.
#[derive(Debug, Default)]
pub struct Frames {
    pending: Vec<u8>,
    is_started: bool,
    in_line: bool,
    filter: Utf8Filter,
}

impl Frames {
    pub fn feed(&mut self, data: &[u8], mut tell: impl FnMut(Piece)) {
        self.pending.extend_from_slice(data);
        self.read(false, &mut tell);
    }

    /// Tells a message that has come whole, though what stands behind it has not: nothing more comes soon.
    pub fn settle(&mut self, mut tell: impl FnMut(Piece)) {
        if !self.in_line && frame(&self.pending, true) == Frame::Whole(self.pending.len()) {
            let pending = std::mem::take(&mut self.pending);
            self.message(&pending, &mut tell);
        }
    }

    /// The end of the data.
    pub fn finish(&mut self, mut tell: impl FnMut(Piece)) {
        self.read(true, &mut tell);
        (self.is_started, self.in_line) = (false, false);
    }

    /// Byte sequences of messages that were not UTF-8.
    pub fn invalid_utf8(&self) -> u64 {
        self.filter.replaced()
    }

    fn read(&mut self, is_end: bool, tell: &mut impl FnMut(Piece)) {
        let pending = std::mem::take(&mut self.pending);
        let mut at = 0;
        if !self.is_started && (is_end || pending.len() >= BYTE_ORDER_MARK.len()) {
            self.is_started = true;
            at = if pending.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        }
        while self.is_started && at < pending.len() {
            let rest = &pending[at..];
            let length = match self.in_line {
                true => None,
                false => match frame(rest, is_end) {
                    Frame::Unknown => break,
                    Frame::Whole(length) => Some(length),
                    Frame::No => None,
                },
            };
            if let Some(length) = length {
                self.message(&rest[..length], tell);
                at += length;
                continue;
            }
            let end = memchr(b'\n', rest);
            self.in_line = end.is_none();
            let line = &rest[..end.map_or(rest.len(), |end| end + 1)];
            tell(Piece::Lines(line));
            at += line.len();
        }
        self.pending = pending;
        self.pending.drain(..at);
    }

    fn message(&mut self, bytes: &[u8], tell: &mut impl FnMut(Piece)) {
        let mut text = Vec::with_capacity(bytes.len());
        self.filter.feed(bytes, &mut text);
        self.filter.finish(&mut text);
        let line = text.strip_suffix(b"\n").unwrap_or(&text);
        tell(Piece::Message(line.strip_suffix(b"\r").unwrap_or(line)));
    }
}

/// The first messages of a text, when it begins with one that has its length before it; the last may be cut short.
pub fn first_messages<'a>(head: &Head<'a>) -> Option<Vec<&'a [u8]>> {
    let mut rest = head.bytes();
    let mut found = Vec::new();
    while found.len() < HEAD_LINES_MAX {
        match frame(rest, head.is_whole()) {
            Frame::Whole(length) => {
                found.push(&rest[..length]);
                rest = rest[length..].trim_ascii_start();
            }
            Frame::Unknown if found.is_empty() && header(rest, false) == Some(Header::Is) => {
                found.push(rest);
                break;
            }
            _ => break,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether at least half of the first messages, or of the first lines where messages have no length, are so.
pub fn most_messages(head: &Head, is_so: impl Fn(&[u8]) -> bool) -> bool {
    match first_messages(head) {
        Some(messages) => messages.iter().filter(|message| is_so(message)).count() * 2 >= messages.len(),
        None => head.most_lines(is_so),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Frame {
    /// So many bytes, the length itself included.
    Whole(usize),
    No,
    /// More of the text must be known.
    Unknown,
}

/// What the text begins with.
fn frame(text: &[u8], is_end: bool) -> Frame {
    match header(text, is_end) {
        Some(Header::Is) => {}
        Some(Header::MayBe) => return Frame::Unknown,
        None => return Frame::No,
    }
    let digits = digits(text);
    let length = text[..digits].iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    let end = digits + 1 + length;
    if end > LINE_BYTES_MAX {
        return Frame::No;
    }
    let Some(after) = text.get(end..) else {
        return if is_end { Frame::No } else { Frame::Unknown };
    };
    match after {
        [b'\n', ..] | [b'\r', b'\n', ..] => Frame::Whole(end),
        [] | [b'\r'] if is_end => Frame::Whole(end),
        [] | [b'\r'] => Frame::Unknown,
        _ => match header(after, false) {
            Some(Header::Is) => Frame::Whole(end),
            Some(Header::MayBe) if is_end => Frame::Whole(end), // the next one was cut short
            Some(Header::MayBe) => Frame::Unknown,
            None => Frame::No,
        },
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Header {
    Is,
    /// So far; the text ends in it.
    MayBe,
}

/// Whether the text begins with a length and the start of a priority: `34 <`.
fn header(text: &[u8], is_end: bool) -> Option<Header> {
    let digits = digits(text);
    if digits > LENGTH_DIGITS_MAX || text.first() == Some(&b'0') {
        return None;
    }
    match &text[digits..] {
        [] | [b' '] if !is_end && !text.starts_with(b" ") => Some(Header::MayBe),
        [b' ', b'<', ..] if digits > 0 => Some(Header::Is),
        _ => None,
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take(LENGTH_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;

//! The `key=value` pairs of a line, and what else stands in it.
use crate::parse::sink::EventSink;
use crate::value::decimal::is_number;
use memchr::{memchr, memchr2};
use std::ops::Range;

/// Longest key; what is longer is something else, as base64 with `=` at its end is.
const KEY_BYTES_MAX: usize = 128;

/// There must be so many pairs for each flag.
const PAIRS_PER_FLAG: usize = 2;

/// A value as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Bare(&'a [u8]),
    /// Without its quotes.
    Quoted(&'a [u8]),
    /// The same, with backslashes in it.
    Escaped(&'a [u8]),
}

impl Value<'_> {
    /// A number where JSON can write it as it stands, true or false, or text; in quotes always text.
    pub fn tell<S: EventSink>(self, sink: &mut S) {
        match self {
            Self::Bare(b"true") => sink.boolean(true),
            Self::Bare(b"false") => sink.boolean(false),
            Self::Bare(text) if is_number(text) => sink.number(text),
            Self::Bare(text) | Self::Quoted(text) => sink.string(text),
            Self::Escaped(text) => sink.string(&unescape(text)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Bare,
    Quoted,
    Escaped,
}

#[derive(Debug)]
struct Pair {
    key: Range<usize>,
    value: Range<usize>,
    kind: Kind,
}

/// What was read of one line. Keeps its buffers from one line to the next.
#[derive(Debug, Default)]
pub struct Pairs {
    pairs: Vec<Pair>,
    words: Vec<Range<usize>>,
    /// There is a quote that is not closed, or text right behind one.
    is_broken: bool,
    /// Bytes of the pairs, a space behind each.
    pub bytes: usize,
}

impl Pairs {
    pub fn count(&self) -> usize {
        self.pairs.len()
    }

    pub fn read(&mut self, line: &[u8]) {
        self.pairs.clear();
        self.words.clear();
        (self.is_broken, self.bytes) = (false, 0);
        let mut at = 0;
        while let Some(start) = skip_space(line, at) {
            at = self.next(line, start);
        }
    }

    /// Reads the pair or the word that starts at `start`; the answer is where it ends.
    fn next(&mut self, line: &[u8], start: usize) -> usize {
        let key_end = start + line[start..].iter().take_while(|&&byte| is_key_byte(byte)).count();
        if line.get(key_end) != Some(&b'=') || !is_key(&line[start..key_end]) {
            let end = word_end(line, key_end);
            self.words.push(start..end);
            return end;
        }
        let value = key_end + 1;
        let (range, kind, end) = match line.get(value) {
            Some(b'"') => match quoted_end(line, value + 1) {
                Some((close, false)) => (value + 1..close, Kind::Quoted, close + 1),
                Some((close, true)) => (value + 1..close, Kind::Escaped, close + 1),
                None => {
                    self.is_broken = true;
                    (value + 1..line.len(), Kind::Quoted, line.len())
                }
            },
            _ => {
                let end = word_end(line, value);
                (value..end, Kind::Bare, end)
            }
        };
        self.pairs.push(Pair { key: start..key_end, value: range, kind });
        self.bytes += end - start + usize::from(end < line.len());
        if line.get(end).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.is_broken = true;
            return word_end(line, end);
        }
        end
    }

    pub fn iter<'a>(&'a self, line: &'a [u8]) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        self.pairs.iter().map(|pair| {
            let value = &line[pair.value.clone()];
            let value = match pair.kind {
                Kind::Bare => Value::Bare(value),
                Kind::Quoted => Value::Quoted(value),
                Kind::Escaped => Value::Escaped(value),
            };
            (&line[pair.key.clone()], value)
        })
    }

    /// The words that are no pairs.
    pub fn words<'a>(&'a self, line: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.words.iter().map(|word| &line[word.clone()])
    }

    /// The value of a key, as it stands.
    pub fn get<'a>(&self, line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
        let pair = self.pairs.iter().find(|pair| line[pair.key.clone()] == *key)?;
        Some(&line[pair.value.clone()])
    }

    /// Whether the line is nothing but pairs and flags, so that no more of it need be kept.
    pub fn is_whole(&self, line: &[u8]) -> bool {
        let is_few = self.words.len() * PAIRS_PER_FLAG <= self.pairs.len();
        !self.is_broken && is_few && self.words(line).all(is_key)
    }
}

/// Without its escapes; a backslash before another character stays, as in paths of Windows.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let undone = match rest.get(at + 1) {
            Some(b'"') => Some(b'"'),
            Some(b'\\') => Some(b'\\'),
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            _ => None,
        };
        out.push(undone.unwrap_or(b'\\'));
        rest = &rest[at + 1 + usize::from(undone.is_some())..];
    }
    out.extend_from_slice(rest);
    out
}

fn skip_space(line: &[u8], at: usize) -> Option<usize> {
    line.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace()).map(|length| at + length)
}

/// The first white space at `at` or later, or the end of the line.
fn word_end(line: &[u8], at: usize) -> usize {
    line[at..].iter().position(u8::is_ascii_whitespace).map_or(line.len(), |length| at + length)
}

/// Where the closing quote is, and whether there are backslashes before it.
fn quoted_end(line: &[u8], start: usize) -> Option<(usize, bool)> {
    let (mut at, mut has_escapes) = (start, false);
    loop {
        at += memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some((at, has_escapes));
        }
        has_escapes = true;
        at += 2;
    }
}

fn is_key(text: &[u8]) -> bool {
    let is_start = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@');
    text.len() <= KEY_BYTES_MAX && text.first().is_some_and(is_start) && text.iter().all(|&byte| is_key_byte(byte))
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/' | b':')
}

//! Feeds a parser, and leaves out lines of which none can pass, where the format lets a line be left out.
//!
//! *Objects*: a line of JSON can be left out only if reading it would have left the parser where it was: at the start of a line,
//! outside of everything. That is so when the line starts with `{` and ends with `}`, when the next line starts with `{`
//! (`}`, a line end and `{` stand together nowhere in JSON: a record that began before must be broken, and a broken record that
//! is no element ends with its first line), and when no array opens in it: `[` after `}`, or the array of an envelope. (After
//! 64 MiB of such broken records the parser gives up looking for the records behind them, which is not imitated here.)
use super::output::Output;
use super::required::Required;
use crate::parse::json::may_open_envelope;
use crate::parse::registry::Skippable;
use crate::parse::source::SourceParser;
use memchr::{memchr, memchr_iter, memrchr};

/// The parser gets so much, up to the end of a line, before it is asked again whether it is in the middle of something; doubled each time
/// that it is, up to the largest.
const STRIDE_BYTES_MIN: usize = 4 << 10;
const STRIDE_BYTES_MAX: usize = 256 << 10;

/// A line that is longer than this is not held, but parsed.
const LINE_BYTES_MAX: usize = 1 << 20;

pub struct LineFeeder {
    required: Option<Required>,
    /// Lines whose end, or the line behind them, has not come; the parser knows nothing of them.
    held: Vec<u8>,
    stride: usize,
    stride_min: usize,
}

impl LineFeeder {
    /// `required`: what a line that must not be left out holds; None: no line is left out.
    pub fn new(required: Option<Required>) -> Self {
        Self { required, held: Vec::new(), stride: STRIDE_BYTES_MIN, stride_min: STRIDE_BYTES_MIN }
    }

    /// With strides that begin so small.
    #[cfg(test)]
    pub fn with_stride(mut self, bytes: usize) -> Self {
        self.stride_min = bytes;
        self.stride = bytes;
        self
    }

    /// Takes the next text.
    pub fn feed(&mut self, text: &[u8], parser: &mut SourceParser, out: &mut Output) {
        self.held.extend_from_slice(text);
        let mut held = std::mem::take(&mut self.held);
        let taken = self.take(&held, parser, out);
        held.drain(..taken);
        self.held = held;
    }

    /// Gives the parser all that is held.
    pub fn flush(&mut self, parser: &mut SourceParser, out: &mut Output) {
        if !self.held.is_empty() && !out.is_done() {
            parser.feed(&self.held, out);
        }
        self.held.clear();
    }

    /// Another object comes.
    pub fn forget(&mut self) {
        self.held.clear();
        self.stride = self.stride_min;
    }

    /// Parses or leaves out text; the answer is how much of it, the rest is to be held.
    fn take(&mut self, text: &[u8], parser: &mut SourceParser, out: &mut Output) -> usize {
        let mut at = 0;
        while at < text.len() && !out.is_done() {
            let skippable = self.required.as_ref().and_then(|_| parser.skippable());
            let Some(skippable) = skippable else {
                at = self.stride_on(text, at, parser, out);
                continue;
            };
            self.stride = self.stride_min;
            let Some(end) = block_end(&text[at..], skippable).map(|length| at + length) else {
                if text.len() - at <= LINE_BYTES_MAX {
                    return at;
                }
                at = self.stride_on(text, at, parser, out);
                continue;
            };
            at = self.block(text, at, end, skippable, parser, out);
        }
        text.len()
    }

    /// Feeds the parser a stride; the answer is where it ends.
    fn stride_on(&mut self, text: &[u8], at: usize, parser: &mut SourceParser, out: &mut Output) -> usize {
        let step = if self.required.is_some() { self.stride } else { STRIDE_BYTES_MAX };
        self.stride = (self.stride * 2).min(STRIDE_BYTES_MAX);
        let reach = (at + step).min(text.len());
        let end = memchr(b'\n', &text[reach..]).map_or(text.len(), |length| reach + length + 1);
        for part in text[at..end].chunks(STRIDE_BYTES_MAX) {
            if !out.is_done() {
                parser.feed(part, out);
            }
        }
        end
    }

    /// Whole lines of `text`, which go from `at` to `end`: leaves out those that need not be parsed. The answer is where the
    /// parser is in the middle of something, or `end`.
    fn block(
        &self,
        text: &[u8],
        at: usize,
        end: usize,
        skippable: Skippable,
        parser: &mut SourceParser,
        out: &mut Output,
    ) -> usize {
        let Some(required) = &self.required else { return at };
        let block = &text[..end];
        let mut places = required.places(block);
        let mut from = at;
        while from < end && !out.is_done() {
            let (line, after) = match places.next(from) {
                Some(place) => {
                    let line = memrchr(b'\n', &block[from..place]).map_or(from, |length| from + length + 1);
                    (line, memchr(b'\n', &block[place..]).map_or(end, |length| place + length + 1))
                }
                None => (end, end),
            };
            if !self.may_skip(&block[from..line], text.get(line), skippable) {
                parser.feed(&block[from..line], out);
                if parser.skippable() != Some(skippable) {
                    return line;
                }
            }
            parser.feed(&block[line..after], out);
            from = after;
            if parser.skippable() != Some(skippable) {
                return from;
            }
        }
        end
    }

    /// Whether these lines may be left out; `next` is the first byte of the line behind them.
    fn may_skip(&self, lines: &[u8], next: Option<&u8>, skippable: Skippable) -> bool {
        let starts = || std::iter::once(0).chain(memchr_iter(b'\n', lines).map(|at| at + 1));
        match skippable {
            Skippable::Any => true,
            Skippable::NotHeaders => starts().all(|at| lines.get(at).is_none_or(|byte| !byte.is_ascii_lowercase())),
            Skippable::NotDirectives => starts().all(|at| lines.get(at) != Some(&b'#')),
            Skippable::Objects if lines.is_empty() => true,
            Skippable::Records => {
                let is_start = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_digit);
                is_start(lines.first()) && is_start(next)
            }
            Skippable::Objects => {
                let opens = |at: usize| lines[..at].trim_ascii_end().ends_with(b"}") || may_open_envelope(lines, at);
                starts().all(|at| lines.get(at).or(next) == Some(&b'{'))
                    && memchr_iter(b'\n', lines).all(|at| lines[..at].ends_with(b"}") || lines[..at].ends_with(b"}\r"))
                    && !memchr_iter(b'[', lines).any(opens)
            }
        }
    }
}

/// The end of the last line that can be judged: of objects and records one must know how the next line begins.
fn block_end(text: &[u8], skippable: Skippable) -> Option<usize> {
    let looks_on = matches!(skippable, Skippable::Objects | Skippable::Records);
    let known = if looks_on { text.len().saturating_sub(1) } else { text.len() };
    memrchr(b'\n', &text[..known]).map(|at| at + 1)
}

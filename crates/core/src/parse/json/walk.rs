//! One JSON value, read in a single pass and told to a sink as it goes by: no tree, no recursion, no copy but of strings
//! with escapes.
use super::envelopes::{Before, Envelope, is_member, opened};
use super::keys::{OpenKeys, OpenObject};
use super::string::{StringStop, plain_end, unescape};
use crate::parse::ignore::IgnoreSink;
use crate::parse::sink::EventSink;
use crate::value::decimal::number_end;

/// Deepest nesting that is read. Real logs stay below 30; what goes deeper is an attack on those who read it with recursion.
pub const DEPTH_MAX: usize = 512;

/// Most values, containers counted, of one record. Real ones have hundreds, a large export tens of thousands; each becomes a step of
/// the event's shape, and its key may be a new column, so that more would take memory out of proportion to the text.
pub const VALUES_MAX: usize = 1_000_000;

/// Why a value was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The text ends inside the value.
    Incomplete,
    Malformed(Fault),
    Envelope(Opened),
}

/// An object that turned out to be an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub envelope: &'static Envelope,
    /// Where the name of the member starts that made it one.
    pub key: usize,
    /// Where its first element starts.
    pub elements: usize,
}

/// Where and why the text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub reason: &'static str,
    pub in_string: bool,
}

fn malformed(at: usize, reason: &'static str) -> Stop {
    Stop::Malformed(Fault { at, reason, in_string: false })
}

impl From<StringStop> for Stop {
    fn from(stop: StringStop) -> Self {
        match stop {
            StringStop::Incomplete => Stop::Incomplete,
            StringStop::Malformed(at, reason) => Stop::Malformed(Fault { at, reason, in_string: true }),
        }
    }
}

/// Reads values. Keeps its buffers from one value to the next.
#[derive(Debug, Default)]
pub struct Walker {
    /// What is open, outermost first: an object with its names, or (None) an array.
    open: Vec<Option<OpenObject>>,
    keys: OpenKeys,
    unescaped: Vec<u8>,
    duplicates: u64,
    values: usize,
    /// The member that is read stands behind the array of an envelope.
    is_behind: bool,
}

impl Walker {
    /// How many objects and arrays were open where the last value stopped.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Duplicate keys in the last value.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Reads the value that starts at `at` (no white space before it) and tells it to the sink; the answer is the place after
    /// it. On a stop the sink has been told a part of it. With `TOP`, stops at the member that makes an object an envelope.
    pub fn value<S: EventSink, const TOP: bool>(
        &mut self,
        text: &[u8],
        at: usize,
        sink: &mut S,
    ) -> Result<usize, Stop> {
        self.open.clear();
        self.keys.clear();
        self.duplicates = 0;
        self.values = 0;
        let mut at = at;
        loop {
            self.values += 1;
            if self.values > VALUES_MAX {
                return Err(malformed(at, "more than 1000000 values in one record"));
            }
            let mut ended = true;
            match *text.get(at).ok_or(Stop::Incomplete)? {
                b'"' => at = self.string(text, at, |name| sink.string(name))?,
                b'{' => (at, ended) = self.enter_object::<S, TOP>(text, at, sink)?,
                b'[' => (at, ended) = self.enter_array(text, at, sink)?,
                b'-' | b'0'..=b'9' => at = number(text, at, sink)?,
                b't' => at = literal(text, at, b"true").inspect(|_| sink.boolean(true))?,
                b'f' => at = literal(text, at, b"false").inspect(|_| sink.boolean(false))?,
                b'n' => at = literal(text, at, b"null").inspect(|_| sink.null())?,
                _ => return Err(malformed(at, "a value was expected")),
            }
            if ended {
                match self.after_value::<S, TOP>(text, at, sink)? {
                    (end, true) => return Ok(end),
                    (next, false) => at = next,
                }
            }
        }
    }

    /// Reads a member behind the array of an envelope, name and value; the answer is the place after it.
    pub fn lone_member(&mut self, text: &[u8], at: usize) -> Result<usize, Stop> {
        self.open.clear();
        self.keys.clear();
        let object = self.keys.open();
        self.open.push(Some(object));
        self.is_behind = true;
        let value = self.member::<_, true>(text, at, object, &mut IgnoreSink);
        self.is_behind = false;
        let value = value?;
        self.value::<_, false>(text, value, &mut IgnoreSink)
    }

    /// Goes on after a value: closes what ends, up to the next value (false) or to the end of the outermost one (true).
    #[inline(always)]
    fn after_value<S: EventSink, const TOP: bool>(
        &mut self,
        text: &[u8],
        mut at: usize,
        sink: &mut S,
    ) -> Result<(usize, bool), Stop> {
        while let Some(&innermost) = self.open.last() {
            at = skip_space(text, at)?;
            match (text[at], innermost) {
                (b',', Some(object)) => {
                    let name = skip_space(text, at + 1)?;
                    return Ok((self.member::<S, TOP>(text, name, object, sink)?, false));
                }
                (b',', None) => return Ok((skip_space(text, at + 1)?, false)),
                (b'}', Some(object)) => {
                    self.keys.close(object);
                    sink.end_object();
                }
                (b']', None) => sink.end_array(),
                (_, Some(_)) => return Err(malformed(at, "',' or '}' was expected")),
                (_, None) => return Err(malformed(at, "',' or ']' was expected")),
            }
            self.open.pop();
            at += 1;
        }
        Ok((at, true))
    }

    /// Goes to the first value inside, or past an empty object (true).
    #[inline(always)]
    fn enter_object<S: EventSink, const TOP: bool>(
        &mut self,
        text: &[u8],
        at: usize,
        sink: &mut S,
    ) -> Result<(usize, bool), Stop> {
        self.check_depth(at)?;
        sink.begin_object();
        let object = self.keys.open();
        self.open.push(Some(object));
        let inside = skip_space(text, at + 1)?;
        if text[inside] == b'}' {
            self.open.pop();
            sink.end_object();
            return Ok((inside + 1, true));
        }
        Ok((self.member::<S, TOP>(text, inside, object, sink)?, false))
    }

    #[inline(always)]
    fn enter_array<S: EventSink>(&mut self, text: &[u8], at: usize, sink: &mut S) -> Result<(usize, bool), Stop> {
        self.check_depth(at)?;
        sink.begin_array();
        self.open.push(None);
        let inside = skip_space(text, at + 1)?;
        if text[inside] == b']' {
            self.open.pop();
            sink.end_array();
            return Ok((inside + 1, true));
        }
        Ok((inside, false))
    }

    fn check_depth(&self, at: usize) -> Result<(), Stop> {
        match self.open.len() < DEPTH_MAX {
            true => Ok(()),
            false => Err(malformed(at, "nested deeper than 512 levels")),
        }
    }

    /// Reads a name and its colon; the answer is the place of its value.
    #[inline(always)]
    fn member<S: EventSink, const TOP: bool>(
        &mut self,
        text: &[u8],
        at: usize,
        object: OpenObject,
        sink: &mut S,
    ) -> Result<usize, Stop> {
        if text[at] != b'"' {
            return Err(malformed(at, "a name in quotes was expected"));
        }
        let stop = text_stop(text, at + 1)?;
        let is_plain = text[stop] == b'"';
        let after = match is_plain {
            true => stop + 1,
            false => unescape(text, at + 1, stop, &mut self.unescaped)?,
        };
        let colon = skip_space(text, after)?;
        if text[colon] != b':' {
            return Err(malformed(colon, "':' was expected"));
        }
        let value = skip_space(text, colon + 1)?;
        let name = if is_plain { &text[at + 1..stop] } else { self.unescaped.as_slice() };
        if TOP
            && self.open.len() == 1
            && is_member(name)
            && let Some((elements, envelope)) =
                opened(name, text, value, Before { keys: &self.keys, object, is_unknown: self.is_behind })?
        {
            return Err(Stop::Envelope(Opened { envelope, key: at, elements }));
        }
        // Whether an envelope has other members is told by their names.
        if (TOP || S::COUNTS_NAMES) && self.keys.is_duplicate(object, name) {
            self.duplicates += 1;
        }
        sink.key(name);
        Ok(value)
    }

    /// Reads a string and gives it to `tell`.
    #[inline(always)]
    fn string(&mut self, text: &[u8], at: usize, tell: impl FnOnce(&[u8])) -> Result<usize, Stop> {
        let stop = text_stop(text, at + 1)?;
        if text[stop] == b'"' {
            tell(&text[at + 1..stop]);
            return Ok(stop + 1);
        }
        let after = unescape(text, at + 1, stop, &mut self.unescaped)?;
        tell(&self.unescaped);
        Ok(after)
    }
}

/// The first place at `at` or later that is not white space; it is inside the text.
#[inline(always)]
pub fn skip_space(text: &[u8], mut at: usize) -> Result<usize, Stop> {
    loop {
        match *text.get(at).ok_or(Stop::Incomplete)? {
            b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            _ => return Ok(at),
        }
    }
}

/// The closing quote or the first backslash of a string.
#[inline(always)]
fn text_stop(text: &[u8], start: usize) -> Result<usize, Stop> {
    let stop = plain_end(text, start).ok_or(Stop::Incomplete)?;
    match text[stop] {
        0..0x20 => Err(StringStop::Malformed(stop, "control character in a string").into()),
        _ => Ok(stop),
    }
}

#[inline(always)]
fn number<S: EventSink>(text: &[u8], at: usize, sink: &mut S) -> Result<usize, Stop> {
    match number_end(text, at) {
        Some(end) if end < text.len() => {
            sink.number(&text[at..end]);
            Ok(end)
        }
        // The next bytes may belong to it.
        Some(_) => Err(Stop::Incomplete),
        None if text[at..].iter().all(|byte| b"0123456789.eE+-".contains(byte)) => Err(Stop::Incomplete),
        None => Err(malformed(at, "a number was expected")),
    }
}

#[inline(always)]
fn literal(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Stop> {
    let rest = &text[at..];
    if rest.starts_with(word) {
        return Ok(at + word.len());
    }
    match word.starts_with(rest) {
        true => Err(Stop::Incomplete),
        false => Err(malformed(at, "a value was expected")),
    }
}

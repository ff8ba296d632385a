//! Values of OTLP told as what they mean: lists of attributes as objects, values wrapped in their type as themselves.
use super::{elements, expect, members, unlike};
use crate::parse::ignore::SkimSink;
use crate::parse::json::string::{plain_end, unescape};
use crate::parse::json::walk::{Stop, Walker};
use crate::parse::sink::EventSink;
use crate::value::decimal::is_number;

/// Deepest nesting of values in a body or an attribute; deeper ones are told as they stand.
const VALUES_DEPTH_MAX: usize = 32;

/// Tells parts of a text that is known to be JSON.
pub(super) struct Teller<'a, S: EventSink> {
    pub walker: &'a mut Walker,
    pub text: &'a [u8],
    pub sink: &'a mut S,
    pub buffer: Vec<u8>,
}

impl<S: EventSink> Teller<'_, S> {
    /// A resource or a scope, or the address of their schema.
    pub fn part(&mut self, at: usize) -> Result<usize, Stop> {
        if self.text[at] != b'{' {
            return self.walker.value::<_, false>(self.text, at, self.sink);
        }
        self.sink.begin_object();
        let end = self.members(at, false)?;
        self.sink.end_object();
        Ok(end)
    }

    /// The members of a log record (`has_body`), a resource or a scope.
    pub fn members(&mut self, at: usize, has_body: bool) -> Result<usize, Stop> {
        members(self.text, at, |name, value| match (name, self.text[value]) {
            (b"timeUnixNano" | b"observedTimeUnixNano", _) if is_zero(&self.text[value..]) => {
                self.walker.value::<_, false>(self.text, value, &mut SkimSink)
            }
            (b"attributes", b'[') => {
                self.sink.key(name);
                self.key_values(value, 0)
            }
            (b"body", b'{') if has_body => {
                self.sink.key(name);
                self.any_value(value, 0)
            }
            _ => {
                self.sink.key(name);
                self.walker.value::<_, false>(self.text, value, self.sink)
            }
        })
    }

    /// A list of keys and values, as an object.
    fn key_values(&mut self, at: usize, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        self.sink.begin_object();
        let end = elements(text, at, |at| {
            let mut has_value = None;
            let end = members(text, at, |name, value| match (name, has_value) {
                (b"key", None) => {
                    has_value = Some(false);
                    self.key(value)
                }
                (b"value", Some(false)) => {
                    has_value = Some(true);
                    self.any_value(value, depth + 1)
                }
                _ => Err(unlike(value)),
            })?;
            match has_value {
                Some(true) => Ok(end),
                Some(false) => {
                    self.sink.null();
                    Ok(end)
                }
                None => Err(unlike(at)),
            }
        })?;
        self.sink.end_object();
        Ok(end)
    }

    fn key(&mut self, at: usize) -> Result<usize, Stop> {
        let (key, end) = string(self.text, at, &mut self.buffer)?;
        self.sink.key(key);
        Ok(end)
    }

    /// A value wrapped in its type, as itself.
    fn any_value(&mut self, at: usize, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        if depth > VALUES_DEPTH_MAX {
            return Err(unlike(at));
        }
        let mut is_first = true;
        let end = members(text, at, |name, value| {
            if !std::mem::take(&mut is_first) {
                return Err(unlike(value));
            }
            match name {
                b"stringValue" | b"boolValue" | b"doubleValue" | b"bytesValue" => {
                    self.walker.value::<_, false>(text, value, self.sink)
                }
                b"intValue" if text[value] == b'"' => {
                    let (digits, end) = string(text, value, &mut self.buffer)?;
                    if is_number(digits) {
                        self.sink.number(digits)
                    } else {
                        self.sink.string(digits)
                    }
                    Ok(end)
                }
                b"intValue" => self.walker.value::<_, false>(text, value, self.sink),
                b"arrayValue" => self.array(value, depth),
                b"kvlistValue" => self.list(value, depth),
                _ => Err(unlike(value)),
            }
        })?;
        if is_first {
            self.sink.null();
        }
        Ok(end)
    }

    fn array(&mut self, at: usize, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        self.sink.begin_array();
        let end = members(text, at, |name, value| match name {
            b"values" => elements(text, value, |at| self.any_value(at, depth + 1)),
            _ => Err(unlike(value)),
        })?;
        self.sink.end_array();
        Ok(end)
    }

    fn list(&mut self, at: usize, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        let mut is_empty = true;
        let end = members(text, at, |name, value| match name {
            b"values" if std::mem::take(&mut is_empty) => self.key_values(value, depth + 1),
            _ => Err(unlike(value)),
        })?;
        if is_empty {
            self.sink.begin_object();
            self.sink.end_object();
        }
        Ok(end)
    }
}

/// A string, unescaped, and the place behind it.
fn string<'a>(text: &'a [u8], at: usize, buffer: &'a mut Vec<u8>) -> Result<(&'a [u8], usize), Stop> {
    expect(text, at, b'"')?;
    let stop = plain_end(text, at + 1).ok_or(Stop::Incomplete)?;
    if text[stop] == b'"' {
        return Ok((&text[at + 1..stop], stop + 1));
    }
    let end = unescape(text, at + 1, stop, buffer)?;
    Ok((buffer, end))
}

/// A time that nobody knows.
fn is_zero(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"\"").unwrap_or(value);
    matches!(digits, [b'0', after, ..] if !after.is_ascii_digit() && *after != b'.')
}

//! Log records of OpenTelemetry (OTLP as JSON): `resourceLogs[].scopeLogs[].logRecords[]`.
//!
//! An element of `resourceLogs` is held whole, as any record is, and read twice: once to find its log records, once to tell them. A
//! list of attributes becomes an object, a value that is wrapped in its type becomes itself. What does not look so is told
//! as it stands; an element that has other members than these is told as it stands, whole.
use super::JsonParser;
use super::copied::COPIED_BYTES_MAX;
use super::string::{plain_end, unescape};
use super::walk::{Fault, Stop, Walker, skip_space};
use crate::parse::ignore::SkimSink;
use crate::parse::sink::{EventSink, RecordFacts};
use crate::value::decimal::is_number;
use std::ops::Range;

/// Deepest nesting of values in a body or an attribute; deeper ones are told as they stand.
const VALUES_DEPTH_MAX: usize = 32;

/// The parts of an element of `resourceLogs`.
#[derive(Debug, Default)]
struct Found {
    resource: Option<Range<usize>>,
    schema_url: Option<Range<usize>>,
    scopes: Vec<Scope>,
    records: Vec<Range<usize>>,
    end: usize,
}

#[derive(Debug, Default)]
struct Scope {
    scope: Option<Range<usize>>,
    schema_url: Option<Range<usize>>,
    /// Of `Found::records`.
    records: Range<usize>,
}

impl JsonParser {
    /// Tells the log records of the element at `at`. As `event`.
    pub(super) fn resource_logs<S: EventSink>(&mut self, text: &[u8], at: usize, sink: &mut S) -> Result<usize, Stop> {
        let found = match find(&mut self.walker, text, at) {
            Ok(found) if !found.records.is_empty() => found,
            // The walker tells what is wrong with it, if anything is.
            _ => return self.event::<S, false>(text, at, sink),
        };
        let resource = self.copied_part(b"resource", text, found.resource, sink);
        let resource_url = self.copied_part(b"resourceSchemaUrl", text, found.schema_url, sink);
        for Scope { scope, schema_url, records } in found.scopes {
            let scope = self.copied_part(b"scope", text, scope, sink);
            let scope_url = self.copied_part(b"scopeSchemaUrl", text, schema_url, sink);
            let parts = [
                (&b"resource"[..], resource.clone()),
                (b"resourceSchemaUrl", resource_url.clone()),
                (b"scope", scope),
                (b"scopeSchemaUrl", scope_url),
            ];
            let is_wanted =
                |sink: &mut S| parts.iter().any(|(_, part)| part.clone().is_some_and(|part| sink.wants(&text[part])));
            let takes_all = sink.looks_ahead() && is_wanted(sink);
            for record in &found.records[records] {
                if sink.looks_ahead() && !takes_all && !sink.wants(&text[record.clone()]) {
                    sink.skip_event();
                    self.statistics.events += 1;
                    continue;
                }
                self.log_record(text, record.clone(), &parts, sink)?;
            }
        }
        Ok(found.end)
    }

    /// The part, when it is small enough to be copied; a larger one is told as an event of its own.
    fn copied_part<S: EventSink>(
        &mut self,
        name: &[u8],
        text: &[u8],
        part: Option<Range<usize>>,
        sink: &mut S,
    ) -> Option<Range<usize>> {
        let part = part?;
        if part.len() <= COPIED_BYTES_MAX {
            return Some(part);
        }
        let own = [b"{\"", name, b"\":", &text[part], b"}"].concat();
        let told = self.event::<S, false>(&own, 0, sink);
        debug_assert_eq!(told, Ok(own.len()));
        None
    }

    fn log_record<S: EventSink>(
        &mut self,
        text: &[u8],
        record: Range<usize>,
        parts: &[(&[u8], Option<Range<usize>>)],
        sink: &mut S,
    ) -> Result<usize, Stop> {
        sink.begin_event();
        sink.begin_object();
        let mut teller = Teller { walker: &mut self.walker, text, sink, buffer: Vec::new() };
        let mut told = teller.members(record.start, true);
        for (name, part) in parts {
            if let (Ok(_), Some(part)) = (told, part) {
                teller.sink.key(name);
                told = teller.part(part.start);
            }
        }
        if told.is_err() {
            sink.abort_event();
            return self.event::<S, false>(text, record.start, sink);
        }
        sink.end_object();
        sink.source_text(&text[record]);
        sink.end_event(RecordFacts::default());
        self.statistics.events += 1;
        told
    }
}

fn unlike(at: usize) -> Stop {
    Stop::Malformed(Fault { at, reason: "not as OTLP has it", in_string: false })
}

fn find(walker: &mut Walker, text: &[u8], at: usize) -> Result<Found, Stop> {
    let mut found = Found::default();
    found.end = members(text, at, |name, value| match name {
        b"scopeLogs" => elements(text, value, |at| {
            let mut scope = Scope { records: found.records.len()..found.records.len(), ..Scope::default() };
            let end = members(text, at, |name, value| match name {
                b"logRecords" => elements(text, value, |at| {
                    let end = object_end(walker, text, at)?;
                    found.records.push(at..end);
                    Ok(end)
                }),
                b"scope" if scope.scope.is_none() => {
                    let end = object_end(walker, text, value)?;
                    scope.scope = Some(value..end);
                    Ok(end)
                }
                b"schemaUrl" if scope.schema_url.is_none() => {
                    let end = text_end(walker, text, value)?;
                    scope.schema_url = Some(value..end);
                    Ok(end)
                }
                _ => Err(unlike(value)),
            })?;
            scope.records.end = found.records.len();
            found.scopes.push(scope);
            Ok(end)
        }),
        b"resource" if found.resource.is_none() => {
            let end = object_end(walker, text, value)?;
            found.resource = Some(value..end);
            Ok(end)
        }
        b"schemaUrl" if found.schema_url.is_none() => {
            let end = text_end(walker, text, value)?;
            found.schema_url = Some(value..end);
            Ok(end)
        }
        _ => Err(unlike(value)),
    })?;
    Ok(found)
}

fn object_end(walker: &mut Walker, text: &[u8], at: usize) -> Result<usize, Stop> {
    if text[at] != b'{' {
        return Err(unlike(at));
    }
    walker.value::<_, false>(text, at, &mut SkimSink)
}

fn text_end(walker: &mut Walker, text: &[u8], at: usize) -> Result<usize, Stop> {
    if text[at] != b'"' {
        return Err(unlike(at));
    }
    walker.value::<_, false>(text, at, &mut SkimSink)
}

/// Goes over the members of the object at `at`: `visit` gets a name and the place of its value, and answers where the value ends.
fn members(text: &[u8], at: usize, mut visit: impl FnMut(&[u8], usize) -> Result<usize, Stop>) -> Result<usize, Stop> {
    expect(text, at, b'{')?;
    let mut at = skip_space(text, at + 1)?;
    if text[at] == b'}' {
        return Ok(at + 1);
    }
    loop {
        let (name, value) = member_name(text, at)?;
        let end = skip_space(text, visit(name, value)?)?;
        match text[end] {
            b',' => at = skip_space(text, end + 1)?,
            b'}' => return Ok(end + 1),
            _ => return Err(unlike(end)),
        }
    }
}

/// Goes over the elements of the array at `at`: `visit` gets the place of one, and answers where it ends.
fn elements(text: &[u8], at: usize, mut visit: impl FnMut(usize) -> Result<usize, Stop>) -> Result<usize, Stop> {
    expect(text, at, b'[')?;
    let mut at = skip_space(text, at + 1)?;
    if text[at] == b']' {
        return Ok(at + 1);
    }
    loop {
        let end = skip_space(text, visit(at)?)?;
        match text[end] {
            b',' => at = skip_space(text, end + 1)?,
            b']' => return Ok(end + 1),
            _ => return Err(unlike(end)),
        }
    }
}

/// A name without escapes, and the place of the value.
fn member_name(text: &[u8], at: usize) -> Result<(&[u8], usize), Stop> {
    expect(text, at, b'"')?;
    let end = plain_end(text, at + 1).ok_or(Stop::Incomplete)?;
    expect(text, end, b'"')?;
    let colon = skip_space(text, end + 1)?;
    expect(text, colon, b':')?;
    Ok((&text[at + 1..end], skip_space(text, colon + 1)?))
}

fn expect(text: &[u8], at: usize, byte: u8) -> Result<(), Stop> {
    match text.get(at) {
        Some(&found) if found == byte => Ok(()),
        Some(_) => Err(unlike(at)),
        None => Err(Stop::Incomplete),
    }
}

/// Tells parts of a text that is known to be JSON.
struct Teller<'a, S: EventSink> {
    walker: &'a mut Walker,
    text: &'a [u8],
    sink: &'a mut S,
    buffer: Vec<u8>,
}

impl<S: EventSink> Teller<'_, S> {
    /// A resource or a scope, or the address of their schema.
    fn part(&mut self, at: usize) -> Result<usize, Stop> {
        if self.text[at] != b'{' {
            return self.walker.value::<_, false>(self.text, at, self.sink);
        }
        self.sink.begin_object();
        let end = self.members(at, false)?;
        self.sink.end_object();
        Ok(end)
    }

    /// The members of a log record (`has_body`), a resource or a scope.
    fn members(&mut self, at: usize, has_body: bool) -> Result<usize, Stop> {
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

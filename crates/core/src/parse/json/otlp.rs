//! Log records of OpenTelemetry (OTLP as JSON): `resourceLogs[].scopeLogs[].logRecords[]`.
//!
//! An element of `resourceLogs` is held whole, as any record is, and read twice: once to find its log records, once to tell them. A
//! list of attributes becomes an object, a value that is wrapped in its type becomes itself. What does not look so is told
//! as it stands; an element that has other members than these is told as it stands, whole.
mod teller;

use super::JsonParser;
use super::copied::COPIED_BYTES_MAX;
use super::string::plain_end;
use super::walk::{Fault, Stop, Walker, skip_space};
use crate::parse::ignore::SkimSink;
use crate::parse::sink::{EventSink, RecordFacts};
use std::ops::Range;
use teller::Teller;

/// The parts of an element of `resourceLogs`.
#[derive(Debug, Default)]
struct Found {
    resource: Part,
    scopes: Vec<Scope>,
    records: Vec<Range<usize>>,
    end: usize,
}

#[derive(Debug, Default)]
struct Scope {
    scope: Part,
    /// Of `Found::records`.
    records: Range<usize>,
}

/// A resource or a scope, and the schema of what it holds.
#[derive(Debug, Default)]
struct Part {
    itself: Option<Range<usize>>,
    schema_url: Option<Range<usize>>,
}

impl Part {
    /// Takes note of a member of what holds the part, which has it under `own` and each member once; answers where its value ends.
    fn take(&mut self, own: &[u8], name: &[u8], walker: &mut Walker, text: &[u8], value: usize) -> Result<usize, Stop> {
        let (place, opening) = match name {
            b"schemaUrl" => (&mut self.schema_url, b'"'),
            name if name == own => (&mut self.itself, b'{'),
            _ => return Err(unlike(value)),
        };
        if place.is_some() {
            return Err(unlike(value));
        }
        let end = value_end(walker, text, value, opening)?;
        *place = Some(value..end);
        Ok(end)
    }
}

impl JsonParser {
    /// Tells the log records of the element at `at`. As `event`.
    pub(super) fn resource_logs<S: EventSink>(&mut self, text: &[u8], at: usize, sink: &mut S) -> Result<usize, Stop> {
        let found = match find(&mut self.walker, text, at) {
            Ok(found) if !found.records.is_empty() => found,
            // The walker tells what is wrong with it, if anything is.
            _ => return self.event::<S, false>(text, at, sink),
        };
        let resource = self.copied_part(b"resource", text, found.resource.itself, sink);
        let resource_url = self.copied_part(b"resourceSchemaUrl", text, found.resource.schema_url, sink);
        for Scope { scope: part, records } in found.scopes {
            let scope = self.copied_part(b"scope", text, part.itself, sink);
            let scope_url = self.copied_part(b"scopeSchemaUrl", text, part.schema_url, sink);
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
            return self.as_it_stands(text, record, parts, sink);
        }
        sink.end_object();
        sink.source_text(&text[record]);
        sink.end_event(RecordFacts::default());
        self.statistics.events += 1;
        told
    }

    /// Tells a record that is not as OTLP has it, or is part of something that is not, with nothing of it changed.
    fn as_it_stands<S: EventSink>(
        &mut self,
        text: &[u8],
        record: Range<usize>,
        parts: &[(&[u8], Option<Range<usize>>)],
        sink: &mut S,
    ) -> Result<usize, Stop> {
        let end = record.end;
        let mut own = text[record.start..end - 1].to_vec();
        for (name, part) in parts {
            if let Some(part) = part {
                let is_first = own.trim_ascii_end().len() == 1;
                own.extend_from_slice(if is_first { b"\"" } else { b",\"" });
                own.extend_from_slice(name);
                own.extend_from_slice(b"\":");
                own.extend_from_slice(&text[part.clone()]);
            }
        }
        own.push(b'}');
        self.event::<S, false>(&own, 0, sink).map(|_| end)
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
                    let end = value_end(walker, text, at, b'{')?;
                    found.records.push(at..end);
                    Ok(end)
                }),
                name => scope.scope.take(b"scope", name, walker, text, value),
            })?;
            scope.records.end = found.records.len();
            found.scopes.push(scope);
            Ok(end)
        }),
        name => found.resource.take(b"resource", name, walker, text, value),
    })?;
    Ok(found)
}

/// Where the value at `at`, which must begin with `opening`, ends.
fn value_end(walker: &mut Walker, text: &[u8], at: usize, opening: u8) -> Result<usize, Stop> {
    expect(text, at, opening)?;
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

//! What every event of an envelope gets of the envelope's own members, and what a `message` that is JSON says.
use super::envelopes::Elements;
use super::walk::{Stop, Walker, skip_space};
use super::{JsonParser, Place};
use crate::parse::ignore::SkimSink;
use crate::parse::sink::{EventSink, RecordFacts};

/// Most text of members that is copied into every event of one envelope: real ones have a few hundred bytes, and an envelope may hold
/// a million events. Members beyond it become an event of their own.
pub(super) const COPIED_BYTES_MAX: usize = 4 * 1024;

/// Members that are copied: their names.
const COPIED_MEMBERS_MAX: usize = 32;

/// Members of an envelope, as they stand, each with a comma behind it.
#[derive(Debug, Default)]
pub(super) struct Copied {
    text: Vec<u8>,
    members: Vec<Member>,
    /// Some event has got them.
    is_told: bool,
    /// Whether the sink wants every event for what is copied into it; None: it was not asked.
    is_wanted: Option<bool>,
}

#[derive(Debug, Clone)]
struct Member {
    name: &'static str,
    start: usize,
    value: usize,
    end: usize,
}

impl Copied {
    /// Takes a member that has one of these names; false: it is none, or there is no place for it.
    pub fn add(&mut self, names: &'static [&'static str], member: &[u8]) -> bool {
        let quoted = |name: &str| member.strip_prefix(b"\"")?.strip_prefix(name.as_bytes())?.strip_prefix(b"\"");
        let Some((name, rest)) = names.iter().find_map(|name| Some((*name, quoted(name)?))) else { return false };
        let is_known = self.members.iter().any(|member| member.name == name);
        let is_full = self.members.len() == COPIED_MEMBERS_MAX || self.text.len() + member.len() > COPIED_BYTES_MAX;
        let colon = member.len() - rest.len();
        let Ok(value) = skip_space(member, colon).and_then(|colon| skip_space(member, colon + 1)) else { return false };
        if is_known || is_full {
            return false;
        }
        let start = self.text.len();
        self.text.extend_from_slice(member);
        self.members.push(Member { name, start, value: start + value, end: self.text.len() });
        self.text.push(b',');
        true
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members, when no event got them.
    pub fn untold(&self) -> impl Iterator<Item = &[u8]> {
        let members = self.members.iter().filter(|_| !self.is_told);
        members.map(|member| &self.text[member.start..member.end])
    }
}

/// Buffers that are kept from one event to the next.
#[derive(Debug, Default)]
pub(super) struct Copier {
    walker: Walker,
    message: Vec<u8>,
}

impl JsonParser {
    /// Tells the element at `at`, with what its envelope adds to it. As `event`.
    pub(super) fn element_event<S: EventSink>(&mut self, text: &[u8], at: usize, sink: &mut S) -> Result<usize, Stop> {
        let is_bare = self.copied.is_empty() && self.elements == Elements::Events;
        if self.place != Place::Elements || is_bare || text[at] != b'{' {
            return self.event::<S, false>(text, at, sink);
        }
        if self.elements == Elements::ResourceLogs {
            return self.resource_logs(text, at, sink);
        }
        if sink.looks_ahead()
            && let Ok(end) = self.walker.value::<_, false>(text, at, &mut SkimSink)
            && !*self.copied.is_wanted.get_or_insert_with(|| sink.wants(&self.copied.text))
            && !sink.wants(&text[at..end])
        {
            sink.skip_event();
            self.statistics.events += 1;
            self.copied.is_told = true;
            return Ok(end);
        }
        let Self { copied, copier, walker, elements, .. } = self;
        copier.message.clear();
        let mut adding = Adding {
            sink,
            copied,
            copier,
            depth: 0,
            has: 0,
            reads_message: *elements == Elements::Messages,
            is_message: false,
            has_event: false,
            duplicates: 0,
        };
        adding.sink.begin_event();
        let result = walker.value::<_, false>(text, at, &mut adding);
        let (sink, duplicates) = (adding.sink, adding.duplicates);
        match result {
            Ok(end) => {
                sink.source_text(&text[at..end]);
                sink.end_event(RecordFacts::default());
                self.copied.is_told = true;
                self.statistics.events += 1;
                self.statistics.duplicate_keys += self.walker.duplicates() + duplicates;
            }
            Err(_) => sink.abort_event(),
        }
        result
    }
}

/// Hands on what it is told of an object, and adds to it at its end.
struct Adding<'a, S: EventSink> {
    sink: &'a mut S,
    copied: &'a Copied,
    copier: &'a mut Copier,
    depth: usize,
    /// Which of the copied members the object has itself, as bits.
    has: u32,
    reads_message: bool,
    /// The next value is the object's `message`.
    is_message: bool,
    has_event: bool,
    duplicates: u64,
}

impl<S: EventSink> Adding<'_, S> {
    fn add(&mut self) {
        let Copier { walker, message } = &mut *self.copier;
        if !self.has_event
            && let Ok(end) = walker.value::<_, false>(message, 0, &mut SkimSink)
            && message[end..].trim_ascii().is_empty()
        {
            self.sink.key(b"event");
            let told = walker.value::<_, false>(message, 0, self.sink);
            debug_assert_eq!(told, Ok(end));
            self.duplicates += walker.duplicates();
        }
        for (at, member) in self.copied.members.iter().enumerate() {
            if self.has >> at & 1 == 0 {
                self.sink.key(member.name.as_bytes());
                let told = walker.value::<_, false>(&self.copied.text, member.value, self.sink);
                debug_assert_eq!(told, Ok(member.end));
            }
        }
    }
}

impl<S: EventSink> EventSink for Adding<'_, S> {
    const COUNTS_NAMES: bool = S::COUNTS_NAMES;

    fn begin_event(&mut self) {}
    #[inline]
    fn begin_object(&mut self) {
        self.depth += 1;
        self.is_message = false;
        self.sink.begin_object();
    }
    #[inline]
    fn end_object(&mut self) {
        if self.depth == 1 {
            self.add();
        }
        self.depth -= 1;
        self.sink.end_object();
    }
    #[inline]
    fn begin_array(&mut self) {
        self.depth += 1;
        self.is_message = false;
        self.sink.begin_array();
    }
    #[inline]
    fn end_array(&mut self) {
        self.depth -= 1;
        self.sink.end_array();
    }
    #[inline]
    fn key(&mut self, name: &[u8]) {
        if self.depth == 1 {
            if let Some(at) = self.copied.members.iter().position(|member| member.name.as_bytes() == name) {
                self.has |= 1 << at;
            }
            self.is_message = self.reads_message && name == b"message";
            self.has_event |= name == b"event";
        }
        self.sink.key(name);
    }
    #[inline]
    fn string(&mut self, value: &[u8]) {
        if self.is_message {
            self.is_message = false;
            self.copier.message.clear();
            if value.trim_ascii_start().starts_with(b"{") {
                self.copier.message.extend_from_slice(value.trim_ascii_start());
            }
        }
        self.sink.string(value);
    }
    #[inline]
    fn number(&mut self, text: &[u8]) {
        self.sink.number(text);
    }
    #[inline]
    fn boolean(&mut self, value: bool) {
        self.sink.boolean(value);
    }
    #[inline]
    fn null(&mut self) {
        self.sink.null();
    }
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

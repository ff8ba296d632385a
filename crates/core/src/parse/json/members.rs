//! The members of an envelope that are not its events: copied into every event, or told as an event of their own.
use super::walk::{Opened, Stop};
use super::{JsonParser, Place, RECORD_BYTES_MAX, Step, Text};
use crate::parse::sink::EventSink;

impl JsonParser {
    /// The object at `at` is an envelope.
    pub(super) fn open_envelope(&mut self, text: &[u8], at: usize, opened: Opened) -> Step {
        self.opening.forget();
        self.place = Place::Elements;
        self.elements = opened.envelope.elements;
        self.objects_open = 1 + usize::from(opened.envelope.is_nested());
        if opened.envelope.copied.is_empty() {
            self.members.extend_from_slice(text[at + 1..opened.key].trim_ascii());
            return Step::To(opened.elements);
        }
        let mut at = at + 1;
        while let Some(start) = super::skip(&text[..opened.key], at, b" \t\r\n,") {
            // They have been read before.
            let Ok(end) = self.walker.lone_member(text, start) else { break };
            if !self.copied.add(opened.envelope.copied, &text[start..end]) {
                self.put_member(&text[start..end]);
            }
            at = end;
        }
        Step::To(opened.elements)
    }

    /// Reads what stands behind the array of an envelope.
    pub(super) fn member<S: EventSink>(&mut self, text: Text, at: usize, sink: &mut S) -> Step {
        if text.bytes[at] == b'}' {
            self.objects_open = self.objects_open.saturating_sub(1);
            if self.objects_open == 0 {
                self.tell_members(sink);
                self.place = Place::Top;
            }
            return Step::To(at + 1);
        }
        match self.walker.lone_member(text.bytes, at) {
            Ok(end) => {
                if self.members.len() + (end - at) > RECORD_BYTES_MAX {
                    self.tell_members(sink);
                }
                self.put_member(&text.bytes[at..end]);
                Step::To(end)
            }
            Err(Stop::Envelope(opened)) => {
                self.place = Place::Elements;
                Step::To(opened.elements)
            }
            Err(stop) => self.stopped(text, at, stop, sink),
        }
    }

    fn put_member(&mut self, member: &[u8]) {
        if !self.members.is_empty() && self.members.last() != Some(&b',') {
            self.members.push(b',');
        }
        self.members.extend_from_slice(member);
    }

    /// Tells the members of the envelope as an event; they have been read as JSON before.
    pub(super) fn tell_members<S: EventSink>(&mut self, sink: &mut S) {
        let copied = std::mem::take(&mut self.copied);
        for member in copied.untold() {
            self.put_member(member);
        }
        let members = std::mem::take(&mut self.members);
        let members = members.strip_suffix(b",").unwrap_or(&members);
        if members.is_empty() {
            return;
        }
        let object = [b"{", members, b"}"].concat();
        let told = self.event::<S, false>(&object, 0, sink);
        debug_assert_eq!(told, Ok(object.len()));
    }
}

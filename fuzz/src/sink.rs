//! A sink that holds parsers to the contract of `parse::sink`: calls nest as JSON does, text is (W)UTF-8, numbers are numbers.
use lakebed_core::parse::sink::{EventSink, RecordFacts};
use lakebed_core::value::decimal;

/// What was told, so that two runs can be compared. An event that was aborted leaves no trace.
#[derive(Default, PartialEq, Eq)]
pub struct StrictSink {
    /// Each event as calls in order, and what is known of it as a whole.
    pub events: Vec<(Vec<u8>, RecordFacts)>,
    told: Vec<u8>,
    is_open: bool,
    open: Vec<Open>,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Open {
    Array,
    Object,
    /// In an object, behind a key.
    Member,
}

impl StrictSink {
    fn value(&mut self, tag: u8, text: &[u8]) {
        assert!(self.is_open, "a value outside of an event");
        match self.open.last() {
            Some(Open::Array) => {}
            Some(Open::Member) => {
                self.open.pop();
            }
            Some(Open::Object) => panic!("a value without a key"),
            None => assert!(self.told.is_empty(), "two values in one event"),
        }
        self.tell(tag, text);
    }

    fn tell(&mut self, tag: u8, text: &[u8]) {
        self.told.push(tag);
        self.told.extend_from_slice(text);
        self.told.push(0xff);
    }

    fn close(&mut self, opened: Open, tag: u8) {
        assert!(self.open.pop() == Some(opened), "an end without its beginning");
        self.tell(tag, b"");
    }
}

impl EventSink for StrictSink {
    fn begin_event(&mut self) {
        assert!(!self.is_open && self.open.is_empty(), "an event in an event");
        self.is_open = true;
    }

    fn begin_object(&mut self) {
        self.value(b'{', b"");
        self.open.push(Open::Object);
    }

    fn end_object(&mut self) {
        self.close(Open::Object, b'}');
    }

    fn begin_array(&mut self) {
        self.value(b'[', b"");
        self.open.push(Open::Array);
    }

    fn end_array(&mut self) {
        self.close(Open::Array, b']');
    }

    fn key(&mut self, name: &[u8]) {
        assert!(self.open.last() == Some(&Open::Object), "a key outside of an object");
        assert!(is_wtf8(name), "a key that is not text");
        self.open.push(Open::Member);
        self.tell(b'k', name);
    }

    fn string(&mut self, value: &[u8]) {
        assert!(is_wtf8(value), "a string that is not text");
        self.value(b's', value);
    }

    fn number(&mut self, text: &[u8]) {
        assert!(decimal::is_number(text), "a number that is none");
        self.value(b'n', text);
    }

    fn boolean(&mut self, value: bool) {
        self.value(b'b', &[u8::from(value)]);
    }

    fn null(&mut self) {
        self.value(b'0', b"");
    }

    fn end_event(&mut self, facts: RecordFacts) {
        assert!(self.is_open && self.open.is_empty() && !self.told.is_empty(), "an event that is not complete");
        self.is_open = false;
        self.events.push((std::mem::take(&mut self.told), facts));
    }

    fn abort_event(&mut self) {
        assert!(self.is_open, "no event to abort");
        self.is_open = false;
        self.open.clear();
        self.told.clear();
    }
}

/// UTF-8 in which a surrogate may stand alone as its three bytes.
fn is_wtf8(mut text: &[u8]) -> bool {
    loop {
        let Err(error) = std::str::from_utf8(text) else { return true };
        match text[error.valid_up_to()..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => text = &text[error.valid_up_to() + 3..],
            _ => return false,
        }
    }
}

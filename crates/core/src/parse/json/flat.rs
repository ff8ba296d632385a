//! Objects that stand in lines of other formats: their members become members of the line's event.
use super::walk::Walker;
use crate::parse::ignore::SkimSink;
use crate::parse::sink::{EventSink, RecordFacts};

/// Whether the text is one JSON object, and nothing but white space behind it.
pub fn is_object(text: &[u8]) -> bool {
    text.starts_with(b"{")
        && Walker::default()
            .value::<_, false>(text, 0, &mut SkimSink)
            .is_ok_and(|end| text[end..].trim_ascii().is_empty())
}

/// Hands on what it is told of an object, but for its own beginning and end.
pub struct Flat<'a, S: EventSink> {
    sink: &'a mut S,
    depth: usize,
}

impl<'a, S: EventSink> Flat<'a, S> {
    /// Tells the members of an object, which `is_object`, to a sink that has begun one.
    pub fn tell(object: &[u8], sink: &'a mut S) {
        let told = Walker::default().value::<_, false>(object, 0, &mut Self { sink, depth: 0 });
        debug_assert!(told.is_ok());
    }
}

impl<S: EventSink> EventSink for Flat<'_, S> {
    const COUNTS_NAMES: bool = S::COUNTS_NAMES;

    fn begin_event(&mut self) {}
    fn begin_object(&mut self) {
        if self.depth > 0 {
            self.sink.begin_object();
        }
        self.depth += 1;
    }
    fn end_object(&mut self) {
        self.depth -= 1;
        if self.depth > 0 {
            self.sink.end_object();
        }
    }
    fn begin_array(&mut self) {
        self.depth += 1;
        self.sink.begin_array();
    }
    fn end_array(&mut self) {
        self.depth -= 1;
        self.sink.end_array();
    }
    fn key(&mut self, name: &[u8]) {
        self.sink.key(name);
    }
    fn string(&mut self, value: &[u8]) {
        self.sink.string(value);
    }
    fn number(&mut self, text: &[u8]) {
        self.sink.number(text);
    }
    fn boolean(&mut self, value: bool) {
        self.sink.boolean(value);
    }
    fn null(&mut self) {
        self.sink.null();
    }
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

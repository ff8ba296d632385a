//! For tests: a sink that writes every event as compact JSON text, so that whole results can be compared.
use super::sink::{EventSink, RecordFacts};

/// An event as text, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub json: String,
    pub facts: RecordFacts,
}

/// Collects events. A lone surrogate is written as U+FFFD.
#[derive(Debug, Default)]
pub struct TellSink {
    pub events: Vec<Told>,
    text: Vec<u8>,
    open: Vec<u8>,
    aborted: usize,
}

impl TellSink {
    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(b',');
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        self.text.extend(serde_json::to_vec(&text).expect("a string"));
    }

    fn leaf(&mut self, text: &[u8]) {
        self.separate();
        self.text.extend_from_slice(text);
    }

    fn begin(&mut self, bracket: u8) {
        self.separate();
        self.text.push(bracket);
        self.open.push(bracket);
    }

    fn end(&mut self, bracket: u8, opened: u8) {
        assert_eq!(self.open.pop(), Some(opened));
        self.text.push(bracket);
    }

    /// The events as text, those that did not parse with `!` and the reason in front.
    pub fn lines(&self) -> Vec<String> {
        let line = |event: &Told| match event.facts.parse_error {
            Some(reason) => format!("!{reason}: {}", event.json),
            None => event.json.clone(),
        };
        self.events.iter().map(line).collect()
    }
}

impl EventSink for TellSink {
    fn begin_event(&mut self) {
        assert!(self.text.is_empty() && self.open.is_empty());
    }
    fn begin_object(&mut self) {
        self.begin(b'{');
    }
    fn end_object(&mut self) {
        self.end(b'}', b'{');
    }
    fn begin_array(&mut self) {
        self.begin(b'[');
    }
    fn end_array(&mut self) {
        self.end(b']', b'[');
    }
    fn key(&mut self, name: &[u8]) {
        assert_eq!(self.open.last(), Some(&b'{'));
        self.separate();
        self.quoted(name);
        self.text.push(b':');
    }
    fn string(&mut self, value: &[u8]) {
        self.separate();
        self.quoted(value);
    }
    fn number(&mut self, text: &[u8]) {
        assert!(crate::value::decimal::is_number(text));
        self.leaf(text);
    }
    fn boolean(&mut self, value: bool) {
        self.leaf(if value { b"true" } else { b"false" });
    }
    fn null(&mut self) {
        self.leaf(b"null");
    }
    fn end_event(&mut self, facts: RecordFacts) {
        assert!(self.open.is_empty());
        let json = String::from_utf8(std::mem::take(&mut self.text)).expect("is repaired");
        self.events.push(Told { json, facts });
    }
    fn abort_event(&mut self) {
        self.text.clear();
        self.open.clear();
        self.aborted += 1;
    }
}

/// The events of a text that arrives in small parts, as `TellSink::lines` has them.
pub fn told_lines<P: super::registry::Parser>(text: &str) -> Vec<String> {
    told::<P>(text).lines()
}

/// The times of the events of a text that arrives in small parts.
pub fn told_times<P: super::registry::Parser>(text: &str) -> Vec<Option<i64>> {
    told::<P>(text).events.iter().map(|event| event.facts.time_ns).collect()
}

/// The sink after a text that arrives in small parts.
pub fn told<P: super::registry::Parser>(text: &str) -> TellSink {
    let (mut parser, mut sink) = (P::default(), TellSink::default());
    text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    sink
}

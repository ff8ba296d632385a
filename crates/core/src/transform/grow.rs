//! Trees from what parsers tell.
use super::tree::{NONE, Span, Tree, What};
use crate::parse::sink::{EventSink, RecordFacts};

/// A tree to which a value is being added.
#[derive(Debug)]
pub struct Growing {
    pub tree: Tree,
    /// What is open, outermost first.
    open: Vec<u32>,
    key: Span,
    /// The outermost value that was told last.
    pub top: u32,
}

impl Default for Growing {
    fn default() -> Self {
        Self { tree: Tree::default(), open: Vec::new(), key: Span::default(), top: NONE }
    }
}

impl Growing {
    /// What was told of a value that was not told to its end is forgotten.
    pub fn begin(&mut self) {
        self.open.clear();
        (self.key, self.top) = (Span::default(), NONE);
    }

    #[inline]
    pub fn value(&mut self, what: What) -> u32 {
        match self.open.last() {
            None => {
                self.top = self.tree.lone(what);
                self.top
            }
            Some(&above) => self.tree.add(above, std::mem::take(&mut self.key), what),
        }
    }

    pub fn open(&mut self, what: What) {
        let node = self.value(what);
        self.open.push(node);
    }

    pub fn close(&mut self) {
        self.open.pop();
    }

    #[inline]
    pub fn key(&mut self, name: &[u8]) {
        self.key = self.tree.keep(name);
    }

    #[inline]
    pub fn string(&mut self, value: &[u8]) {
        let what = What::Text(self.tree.keep(value));
        self.value(what);
    }

    #[inline]
    pub fn number(&mut self, text: &[u8]) {
        let what = What::Number(self.tree.keep(text));
        self.value(what);
    }
}

/// For a value that is in a text of the event.
pub struct Inner<'g>(pub &'g mut Growing);

impl EventSink for Inner<'_> {
    const COUNTS_NAMES: bool = false;

    fn begin_event(&mut self) {}
    fn begin_object(&mut self) {
        self.0.open(What::Object);
    }
    fn end_object(&mut self) {
        self.0.close();
    }
    fn begin_array(&mut self) {
        self.0.open(What::Array);
    }
    fn end_array(&mut self) {
        self.0.close();
    }
    fn key(&mut self, name: &[u8]) {
        self.0.key(name);
    }
    fn string(&mut self, value: &[u8]) {
        self.0.string(value);
    }
    fn number(&mut self, text: &[u8]) {
        self.0.number(text);
    }
    fn boolean(&mut self, value: bool) {
        self.0.value(What::Bool(value));
    }
    fn null(&mut self) {
        self.0.value(What::Null);
    }
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

//! One event as the parser told it: kept until it is known whether anyone wants it, then read, written as JSON, or told again.
//!
//! Most events are forgotten at once, so keeping one costs a copy of its values and nothing else.
use crate::format::column::Kind;
use crate::parse::sink::{EventSink, RecordFacts};
use crate::value::integer::write_usize;
use crate::value::json::put_string;
use crate::write::paths::{NONE, PathTable, ROOT};

/// A source with more paths, or longer keys, starts their table anew: it is only there to name each path by a number.
const PATHS_MAX: usize = 200_000;
const KEYS_BYTES_MAX: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Value(Kind),
    Null,
    Open { is_array: bool },
    Close { is_array: bool },
}

/// What the parser told in one call. `start..end` is a value's text.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub node: u32,
    pub what: What,
    start: u32,
    end: u32,
}

struct Frame {
    node: u32,
    is_array: bool,
    last_child: u32,
}

/// The event told last. Paths keep their numbers until `generation` changes.
pub struct Tape {
    pub paths: PathTable,
    pub generation: u64,
    steps: Vec<Step>,
    text: Vec<u8>,
    stack: Vec<Frame>,
    pending: u32,
}

impl Default for Tape {
    fn default() -> Self {
        Self {
            paths: PathTable::new(),
            generation: 0,
            steps: Vec::new(),
            text: Vec::new(),
            stack: Vec::new(),
            pending: ROOT,
        }
    }
}

impl Tape {
    pub fn set_time_fields(&mut self, fields: &[Vec<u8>]) {
        self.paths.set_time_fields(fields);
    }

    /// The texts of all values, one after the other.
    pub fn values(&self) -> &[u8] {
        &self.text
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn text(&self, step: &Step) -> &[u8] {
        &self.text[step.start as usize..step.end as usize]
    }

    /// Calls `visit(kind, text, name)` with each value and its flattened name (`tags[0].x`).
    pub fn for_each_named(&self, mut visit: impl FnMut(&Step, &[u8])) {
        let mut name: Vec<u8> = Vec::new();
        // Of each open container: the length of its name, the elements seen.
        let mut open: Vec<(usize, usize)> = vec![(0, 0)];
        for step in &self.steps {
            if matches!(step.what, What::Close { .. }) {
                open.pop();
                continue;
            }
            let Some((length, seen)) = open.last_mut() else { return };
            name.truncate(*length);
            let node = &self.paths.nodes[step.node as usize];
            if node.is_element {
                name.push(b'[');
                write_usize(*seen, &mut name);
                name.push(b']');
                *seen += 1;
            } else {
                if node.parent != ROOT {
                    name.push(b'.');
                }
                name.extend_from_slice(self.paths.key(step.node));
            }
            match step.what {
                What::Open { .. } => open.push((name.len(), 0)),
                _ => visit(step, &name),
            }
        }
    }

    /// Appends the event as JSON.
    pub fn put_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for step in &self.steps {
            if let What::Close { is_array } = step.what {
                out.push(if is_array { b']' } else { b'}' });
                continue;
            }
            if !matches!(out.last(), Some(b'{' | b'[')) {
                out.push(b',');
            }
            if !self.paths.nodes[step.node as usize].is_element {
                put_string(out, self.paths.key(step.node));
                out.push(b':');
            }
            match step.what {
                What::Open { is_array } => out.push(if is_array { b'[' } else { b'{' }),
                What::Null => out.extend_from_slice(b"null"),
                What::Value(Kind::Text) => put_string(out, self.text(step)),
                _ => out.extend_from_slice(self.text(step)),
            }
        }
        out.push(b'}');
    }

    /// Tells the event to another sink.
    pub fn tell<S: EventSink>(&self, facts: RecordFacts, sink: &mut S) {
        sink.begin_event();
        sink.begin_object();
        for step in &self.steps {
            if !matches!(step.what, What::Close { .. }) && !self.paths.nodes[step.node as usize].is_element {
                sink.key(self.paths.key(step.node));
            }
            match step.what {
                What::Open { is_array: true } => sink.begin_array(),
                What::Open { is_array: false } => sink.begin_object(),
                What::Close { is_array: true } => sink.end_array(),
                What::Close { is_array: false } => sink.end_object(),
                What::Null => sink.null(),
                What::Value(Kind::Text) => sink.string(self.text(step)),
                What::Value(Kind::Number) => sink.number(self.text(step)),
                What::Value(Kind::Bool) => sink.boolean(self.text(step) == b"true"),
            }
        }
        sink.end_object();
        sink.end_event(facts);
    }

    pub fn begin_event(&mut self) {
        if self.paths.len() > PATHS_MAX || self.paths.keys_bytes() > KEYS_BYTES_MAX {
            self.paths.forget();
            self.generation += 1;
        }
        self.steps.clear();
        self.text.clear();
        self.stack.clear();
        self.pending = ROOT;
    }

    /// The path of the value that comes now.
    #[inline]
    fn place(&mut self) -> u32 {
        match self.stack.last() {
            Some(frame) if frame.is_array => {
                let node = frame.node;
                self.paths.element(node)
            }
            _ => self.pending,
        }
    }

    #[inline]
    fn value(&mut self, kind: Kind, text: &[u8]) -> u32 {
        let node = self.place();
        let start = self.text.len() as u32;
        self.text.extend_from_slice(text);
        self.steps.push(Step { node, what: What::Value(kind), start, end: self.text.len() as u32 });
        node
    }

    fn open(&mut self, is_array: bool) {
        // The event itself is the root and needs no step.
        let is_event = self.stack.is_empty();
        let node = if is_event { ROOT } else { self.place() };
        if !is_event {
            self.steps.push(Step { node, what: What::Open { is_array }, start: 0, end: 0 });
        }
        self.stack.push(Frame { node, is_array, last_child: NONE });
    }

    fn close(&mut self, is_array: bool) {
        let Some(frame) = self.stack.pop() else { return };
        if !self.stack.is_empty() {
            self.steps.push(Step { node: frame.node, what: What::Close { is_array }, start: 0, end: 0 });
        }
    }

    #[inline]
    pub fn key(&mut self, name: &[u8]) {
        let Some(frame) = self.stack.last_mut() else { return };
        let node = self.paths.child(frame.node, frame.last_child, name);
        frame.last_child = node;
        self.pending = node;
    }

    /// The answer is the path's number among those that may hold the event time.
    #[inline]
    pub fn string(&mut self, value: &[u8]) -> u8 {
        let node = self.value(Kind::Text, value);
        self.paths.nodes[node as usize].time_rank
    }

    /// As `string`.
    #[inline]
    pub fn number(&mut self, text: &[u8]) -> u8 {
        let node = self.value(Kind::Number, text);
        self.paths.nodes[node as usize].time_rank
    }

    pub fn boolean(&mut self, value: bool) {
        self.value(Kind::Bool, if value { b"true" } else { b"false" });
    }

    pub fn null(&mut self) {
        let node = self.place();
        self.steps.push(Step { node, what: What::Null, start: 0, end: 0 });
    }

    pub fn begin_object(&mut self) {
        self.open(false);
    }

    pub fn end_object(&mut self) {
        self.close(false);
    }

    pub fn begin_array(&mut self) {
        self.open(true);
    }

    pub fn end_array(&mut self) {
        self.close(true);
    }
}

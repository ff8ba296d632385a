//! The sink between a parser and the sink of the caller.
use super::program::Program;
use super::run::{Failure, Runner};
use super::tree::{NONE, Span, Tree, What};
use crate::parse::sink::{EventSink, RecordFacts};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Memory of an event's tree that is kept for the next.
const SPARE_BYTES_MAX: usize = 4 << 20;

/// What became of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Told to the sink.
    pub events: u64,
    /// Kept as they came, as a step could not be done.
    pub errors: u64,
    /// Left out, as a step said so.
    pub discarded: u64,
}

/// A program at work on one text of a source.
pub struct Transform {
    program: Arc<Program>,
    runner: Runner,
    record: Span,
    /// Names of the fields that may hold the event time, as the caller's sink numbers them.
    time_names: Vec<Vec<u8>>,
    times: Vec<(u8, What)>,
    pub counts: Counts,
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transform").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Transform {
    pub fn new(program: Arc<Program>) -> Self {
        Self {
            program,
            runner: Runner::default(),
            record: Span::default(),
            time_names: Vec::new(),
            times: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// A sink that transforms what it is told, and tells it on.
    pub fn sink<'a, S: EventSink>(&'a mut self, inner: &'a mut S) -> Transforming<'a> {
        Transforming { transform: self, inner }
    }

    fn tree(&self) -> &Tree {
        &self.runner.growing.tree
    }
}

/// What a transform needs of the caller's sink, in calls of whole events: so parsers are compiled once for all transformed sinks.
trait Receiver {
    fn source(&mut self, source_type: &str, time_fields: &'static [&'static str]) -> Vec<Vec<u8>>;
    fn event(&mut self, transform: &Transform, root: u32, facts: RecordFacts);
}

impl<S: EventSink> Receiver for S {
    fn source(&mut self, source_type: &str, time_fields: &'static [&'static str]) -> Vec<Vec<u8>> {
        self.begin_source(source_type, time_fields);
        self.time_names().to_vec()
    }

    fn event(&mut self, transform: &Transform, root: u32, facts: RecordFacts) {
        let tree = transform.tree();
        self.begin_event();
        tree.tell(root, self);
        // What the event has now comes first; what it had is for fields that were renamed or dropped.
        for &(name, what) in &transform.times {
            match what {
                What::Text(span) => self.time_value(name, tree.bytes(span), false),
                What::Number(span) => self.time_value(name, tree.bytes(span), true),
                _ => {}
            }
        }
        self.source_text(tree.bytes(transform.record));
        self.end_event(facts);
    }
}

pub struct Transforming<'a> {
    transform: &'a mut Transform,
    inner: &'a mut dyn Receiver,
}

impl Transforming<'_> {
    fn note_times(&mut self, root: u32) {
        let Transform { runner, time_names, times, .. } = &mut *self.transform;
        let tree = &runner.growing.tree;
        times.clear();
        for (number, name) in time_names.iter().enumerate() {
            if let Some(node) = tree.find(root, name) {
                times.push((number as u8, tree.node(node).what));
            }
        }
    }

    fn finish(&mut self, root: u32, facts: RecordFacts) {
        let transform = &mut *self.transform;
        let original = transform.runner.growing.tree.copy(root, NONE, NONE);
        match transform.runner.run(&transform.program, root) {
            Ok(()) => {
                transform.counts.discarded += transform.runner.discarded;
                transform.counts.events += transform.runner.events.len() as u64;
                let events = std::mem::take(&mut transform.runner.events);
                events.iter().for_each(|&event| self.inner.event(transform, event, facts));
                transform.runner.events = events;
            }
            Err(failure) => {
                transform.counts.errors += 1;
                transform.counts.events += 1;
                transform.runner.hide(&transform.program, original);
                let reason = reason(failure, transform.program.step(failure.step).action.name());
                let facts = RecordFacts { parse_error: facts.parse_error.or(Some(reason)), ..facts };
                self.inner.event(transform, original, facts);
            }
        }
    }
}

impl EventSink for Transforming<'_> {
    fn begin_source(&mut self, source_type: &str, time_fields: &'static [&'static str]) {
        let transform = &mut *self.transform;
        transform.runner.source_type = source_type.to_string();
        transform.runner.steps = transform.program.steps_for(source_type);
        transform.time_names = self.inner.source(source_type, time_fields);
    }

    fn begin_event(&mut self) {
        let growing = &mut self.transform.runner.growing;
        growing.tree.forget(SPARE_BYTES_MAX);
        growing.begin();
        self.transform.record = Span::default();
    }

    fn begin_object(&mut self) {
        self.transform.runner.growing.open(What::Object);
    }

    fn end_object(&mut self) {
        self.transform.runner.growing.close();
    }

    fn begin_array(&mut self) {
        self.transform.runner.growing.open(What::Array);
    }

    fn end_array(&mut self) {
        self.transform.runner.growing.close();
    }

    #[inline]
    fn key(&mut self, name: &[u8]) {
        self.transform.runner.growing.key(name);
    }

    #[inline]
    fn string(&mut self, value: &[u8]) {
        self.transform.runner.growing.string(value);
    }

    #[inline]
    fn number(&mut self, text: &[u8]) {
        self.transform.runner.growing.number(text);
    }

    fn boolean(&mut self, value: bool) {
        self.transform.runner.growing.value(What::Bool(value));
    }

    fn null(&mut self) {
        self.transform.runner.growing.value(What::Null);
    }

    fn source_text(&mut self, text: &[u8]) {
        self.transform.record = self.transform.runner.growing.tree.keep(text);
    }

    fn end_event(&mut self, facts: RecordFacts) {
        let root = self.transform.runner.growing.top;
        if root != NONE {
            self.note_times(root);
            self.finish(root, facts);
        }
    }

    fn abort_event(&mut self) {}
}

/// What `@lb.parse_error` says. Each text is made once and kept: there are no more than steps times reasons.
fn reason(failure: Failure, verb: &'static str) -> &'static str {
    type Reasons = HashMap<(usize, &'static str, &'static str), &'static str>;
    static REASONS: LazyLock<Mutex<Reasons>> = LazyLock::new(Mutex::default);
    let mut reasons = REASONS.lock().unwrap_or_else(PoisonError::into_inner);
    reasons.entry((failure.step, verb, failure.why)).or_insert_with(|| {
        Box::leak(format!("transform: step {} ({verb}): {}", failure.step + 1, failure.why).into_boxed_str())
    })
}

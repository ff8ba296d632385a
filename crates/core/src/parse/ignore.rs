//! Sinks that take no notice: to check text without telling anyone, and to measure parsers alone.
use super::sink::{EventSink, RecordFacts};

/// Forgets everything it is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct IgnoreSink;

impl EventSink for IgnoreSink {
    fn begin_event(&mut self) {}
    fn begin_object(&mut self) {}
    fn end_object(&mut self) {}
    fn begin_array(&mut self) {}
    fn end_array(&mut self) {}
    fn key(&mut self, _name: &[u8]) {}
    fn string(&mut self, _value: &[u8]) {}
    fn number(&mut self, _text: &[u8]) {}
    fn boolean(&mut self, _value: bool) {}
    fn null(&mut self) {}
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

/// Forgets everything, repeated names too: finds where a record ends, as quickly as can be.
#[derive(Debug, Clone, Copy, Default)]
pub struct SkimSink;

impl EventSink for SkimSink {
    const COUNTS_NAMES: bool = false;

    fn begin_event(&mut self) {}
    fn begin_object(&mut self) {}
    fn end_object(&mut self) {}
    fn begin_array(&mut self) {}
    fn end_array(&mut self) {}
    fn key(&mut self, _name: &[u8]) {}
    fn string(&mut self, _value: &[u8]) {}
    fn number(&mut self, _text: &[u8]) {}
    fn boolean(&mut self, _value: bool) {}
    fn null(&mut self) {}
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

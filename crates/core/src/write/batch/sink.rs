//! The batch as a parser's sink: each call of the parser becomes a value, a step of the shape, or the end of a row.
use super::super::paths::ROOT;
use super::{Batch, MEMBER_OVERHEAD_BYTES, Row};
use crate::format::column::Kind;
use crate::format::rows::RowFacts;
use crate::format::shape::{EMPTY_ARRAY, EMPTY_OBJECT, NULL, value_step};
use crate::parse::sink::{EventSink, RecordFacts};

impl EventSink for Batch {
    fn begin_source(&mut self, source_type: &str, time_fields: &'static [&'static str]) {
        self.object.source_type = source_type.to_string();
        self.last_origin = None;
        self.paths.set_time_fields(self.object.times.begin_source(time_fields));
    }

    fn begin_event(&mut self) {
        self.event.steps.clear();
        self.event.stack.clear();
        self.event.pending = ROOT;
        self.event.size_bytes = 2;
        self.object.times.begin_event();
    }

    fn begin_object(&mut self) {
        self.open(false);
    }

    fn end_object(&mut self) {
        self.close(EMPTY_OBJECT);
    }

    fn begin_array(&mut self) {
        self.open(true);
    }

    fn end_array(&mut self) {
        self.close(EMPTY_ARRAY);
    }

    #[inline]
    fn key(&mut self, name: &[u8]) {
        let Some(frame) = self.event.stack.last_mut() else { return };
        let node = self.paths.child(frame.node, frame.last_child, name);
        frame.last_child = node;
        self.event.pending = node;
        self.event.size_bytes += name.len() as u32;
    }

    #[inline]
    fn string(&mut self, value: &[u8]) {
        let node = self.place();
        self.value(node, Kind::Text, value);
        self.object.times.note_text(self.paths.nodes[node as usize].time_rank, value);
    }

    #[inline]
    fn number(&mut self, text: &[u8]) {
        let node = self.place();
        self.value(node, Kind::Number, text);
        self.object.times.note_number(self.paths.nodes[node as usize].time_rank, text);
    }

    fn boolean(&mut self, value: bool) {
        let node = self.place();
        self.column(node, Kind::Bool).ids.push(u32::from(value));
        self.values += 1;
        self.event.steps.push(value_step(node, Kind::Bool));
        self.event.size_bytes += 5 + MEMBER_OVERHEAD_BYTES;
    }

    fn null(&mut self) {
        let node = self.place();
        self.event.steps.push(node << 3 | NULL);
        self.event.size_bytes += 4 + MEMBER_OVERHEAD_BYTES;
    }

    fn time_names(&self) -> &[Vec<u8>] {
        self.object.times.names()
    }

    fn time_value(&mut self, name: u8, text: &[u8], is_number: bool) {
        self.object.times.note(name, text, is_number);
    }

    #[inline]
    fn source_text(&mut self, text: &[u8]) {
        self.object.times.note_record(text);
    }

    fn end_event(&mut self, facts: RecordFacts) {
        let shape = self.intern_event_shape();
        let (time_ns, origin) = match self.told_time.take() {
            Some((ns, source)) => (ns, self.origin_of(source, facts.parse_error.unwrap_or_default())),
            None => {
                let (ns, told) = self.object.times.end_event(&facts);
                (ns, self.origin(told, facts.parse_error))
            }
        };
        let record = self.object.next_record;
        self.object.next_record += 1;
        self.size_bytes += self.event.size_bytes as usize;
        let facts = RowFacts { time_ns, object: self.object.number, record, origin };
        self.rows.push(Row { shape, facts, size_bytes: self.event.size_bytes });
    }

    fn abort_event(&mut self) {
        let steps = std::mem::take(&mut self.event.steps);
        self.forget_values(&steps);
    }
}

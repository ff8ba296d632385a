//! The row group being built: events taken apart into columns as the parser tells them.
use super::dictionary::Dictionary;
use super::paths::{NONE, PathTable, ROOT};
use crate::format::column::Kind;
use crate::format::rows::{Origin, RowFacts, TimeSource};
use crate::format::shape::{CLOSE, NULL, OPEN, value_step};
use crate::parse::event_time::{EventTimes, TimeRules, Told};
use crate::value::short::{NumberHasher, NumberState};
use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

mod sink;
mod taken;

/// Memory of column buffers that is kept for the next group: what a group needs as a rule. What was large in one group need not be
/// so in the next, and must not be held for ever.
const SPARE_BYTES_MAX: usize = 64 << 20;

/// A column buffer costs this much even when it is empty.
const COLUMN_BYTES: usize = 256;

/// What punctuation adds to an event, per member, when its size is estimated.
const MEMBER_OVERHEAD_BYTES: u32 = 6;

pub struct ColumnBuffer {
    pub node: u32,
    pub kind: Kind,
    /// One per value, in order of arrival: a number of the dictionary, or 0 and 1 for bools. Complete once the batch is settled.
    pub ids: Vec<u32>,
    pub dictionary: Dictionary,
}

impl ColumnBuffer {
    fn memory_bytes(&self) -> usize {
        COLUMN_BYTES + 4 * self.ids.capacity() + self.dictionary.memory_bytes()
    }
}

pub struct Row {
    pub shape: u32,
    pub facts: RowFacts,
    /// Size of the event as JSON, roughly.
    pub size_bytes: u32,
}

/// The source object that events come from now.
#[derive(Default)]
pub struct ObjectContext {
    /// Its number in the segment.
    pub number: u32,
    pub next_record: u64,
    pub source_type: String,
    pub times: EventTimes,
}

struct Frame {
    node: u32,
    is_array: bool,
    last_child: u32,
    /// Position of its OPEN step.
    step: usize,
}

#[derive(Default)]
pub struct Batch {
    pub paths: PathTable,
    columns: Vec<ColumnBuffer>,
    active: usize,
    pub rows: Vec<Row>,
    pub origins: Vec<Origin>,
    /// The origin of the row before, and what it was made of.
    last_origin: Option<(Told, Option<&'static str>, u32)>,
    /// Time of the next event and where it is from, where the caller knows better.
    pub told_time: Option<(i64, TimeSource)>,
    pub object: ObjectContext,
    /// Rows before this one are of earlier objects.
    object_first_row: usize,
    shape_steps: Vec<u32>,
    shape_ends: Vec<usize>,
    shape_index: HashMap<u64, u32, NumberState>,
    size_bytes: usize,
    values: usize,
    event: EventState,
}

#[derive(Default)]
struct EventState {
    steps: Vec<u32>,
    stack: Vec<Frame>,
    pending: u32,
    size_bytes: u32,
}

impl Batch {
    pub fn new() -> Self {
        Self { paths: PathTable::new(), ..Self::default() }
    }

    /// Estimated size of the events as JSON, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Number of values held.
    pub fn values(&self) -> usize {
        self.values
    }

    /// Memory held, in use or not.
    pub fn memory_bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuffer::memory_bytes).sum::<usize>()
            + self.rows.capacity() * size_of::<Row>()
            + 4 * self.shape_steps.capacity()
            + 40 * self.shape_ends.capacity()
            + self.paths.memory_bytes()
    }

    /// Numbers all values that wait for it; no more of the group come.
    pub fn settle(&mut self) {
        for column in &mut self.columns[..self.active] {
            column.dictionary.settle(&mut column.ids);
        }
    }

    pub fn columns(&self) -> &[ColumnBuffer] {
        &self.columns[..self.active]
    }

    pub fn shape_count(&self) -> usize {
        self.shape_ends.len()
    }

    pub fn shape(&self, shape: u32) -> &[u32] {
        let shape = shape as usize;
        let start = if shape == 0 { 0 } else { self.shape_ends[shape - 1] };
        &self.shape_steps[start..self.shape_ends[shape]]
    }

    /// Starts another source object.
    pub fn begin_object_context(&mut self, object: ObjectContext) {
        self.object = object;
        self.last_origin = None;
        self.object_first_row = self.rows.len();
    }

    /// The text of the current source object is another one from here on.
    pub fn begin_member(&mut self, rules: Arc<TimeRules>) {
        self.object.times.begin_member(rules);
        self.last_origin = None;
    }

    /// Forgets the rows of the current source object that are still here.
    pub fn drop_object_rows(&mut self) {
        while self.rows.len() > self.object_first_row {
            let Some(row) = self.rows.pop() else { break };
            let steps = self.shape(row.shape).to_vec();
            self.forget_values(&steps);
            self.size_bytes -= row.size_bytes as usize;
        }
    }

    /// Forgets the paths too; the batch must be empty. The current object goes on in a new segment under number 0.
    pub fn begin_segment(&mut self) {
        self.paths = PathTable::new();
        self.paths.set_time_fields(self.object.times.names());
        self.object.number = 0;
    }

    /// Forgets rows, columns and shapes; paths stay.
    pub fn clear(&mut self) {
        for column in &mut self.columns[..self.active] {
            self.paths.nodes[column.node as usize].columns[column.kind.code() as usize] = NONE;
            column.ids.clear();
            column.dictionary.clear();
        }
        let mut spare_bytes = 0;
        self.columns.retain(|column| {
            spare_bytes += column.memory_bytes();
            spare_bytes <= SPARE_BYTES_MAX
        });
        self.active = 0;
        self.rows.clear();
        self.origins.clear();
        self.last_origin = None;
        self.shape_steps.clear();
        self.shape_ends.clear();
        self.shape_index.clear();
        self.object_first_row = 0;
        self.size_bytes = 0;
        self.values = 0;
    }

    /// The path of the value that comes now.
    #[inline]
    fn place(&mut self) -> u32 {
        match self.event.stack.last() {
            Some(frame) if frame.is_array => {
                let node = frame.node;
                self.paths.element(node)
            }
            _ => self.event.pending,
        }
    }

    #[inline]
    fn column(&mut self, node: u32, kind: Kind) -> &mut ColumnBuffer {
        let number = self.paths.column(node, kind);
        let number = if number == NONE { self.new_column(node, kind) } else { number };
        &mut self.columns[number as usize]
    }

    fn new_column(&mut self, node: u32, kind: Kind) -> u32 {
        if self.active == self.columns.len() {
            self.columns.push(ColumnBuffer { node, kind, ids: Vec::new(), dictionary: Dictionary::default() });
        }
        let column = &mut self.columns[self.active];
        (column.node, column.kind) = (node, kind);
        let number = self.active as u32;
        self.active += 1;
        self.paths.nodes[node as usize].columns[kind.code() as usize] = number;
        number
    }

    #[inline]
    fn value(&mut self, node: u32, kind: Kind, text: &[u8]) {
        let column = self.column(node, kind);
        column.dictionary.push(text, &mut column.ids);
        self.values += 1;
        self.event.steps.push(value_step(node, kind));
        self.event.size_bytes += text.len() as u32 + MEMBER_OVERHEAD_BYTES;
    }

    fn open(&mut self, is_array: bool) {
        // The event itself is the root and needs no step.
        let node = if self.event.stack.is_empty() { ROOT } else { self.place() };
        let step = self.event.steps.len();
        if node != ROOT {
            self.event.steps.push(node << 3 | OPEN);
        }
        self.event.stack.push(Frame { node, is_array, last_child: NONE, step });
    }

    fn close(&mut self, empty: u32) {
        let Some(frame) = self.event.stack.pop() else { return };
        if frame.node == ROOT {
            return;
        }
        if self.event.steps.len() == frame.step + 1 {
            self.event.steps[frame.step] = frame.node << 3 | empty;
        } else {
            self.event.steps.push(CLOSE);
        }
        self.event.size_bytes += 2;
    }

    fn forget_values(&mut self, steps: &[u32]) {
        for &step in steps.iter().rev() {
            if let Ok(kind) = Kind::from_code((step & 7) as u8)
                && step & 7 < NULL
            {
                let column = self.column(step >> 3, kind);
                column.dictionary.pop(&mut column.ids);
                self.values -= 1;
            }
        }
    }

    fn intern_event_shape(&mut self) -> u32 {
        let steps = std::mem::take(&mut self.event.steps);
        let shape = self.intern_shape(&steps);
        self.event.steps = steps;
        shape
    }

    /// The number of the shape that has these steps.
    pub fn intern_shape(&mut self, steps: &[u32]) -> u32 {
        // Events come in runs of one shape.
        if let Some(row) = self.rows.last().filter(|row| self.shape(row.shape) == steps) {
            return row.shape;
        }
        let mut hash = hash_steps(steps);
        loop {
            match self.shape_index.get(&hash) {
                Some(&shape) if self.shape(shape) == steps => return shape,
                // Two shapes with one hash: the second lives under the next free number.
                Some(_) => hash = hash.wrapping_add(1),
                None => {
                    let shape = self.shape_ends.len() as u32;
                    self.shape_steps.extend_from_slice(steps);
                    self.shape_ends.push(self.shape_steps.len());
                    self.shape_index.insert(hash, shape);
                    return shape;
                }
            }
        }
    }

    fn origin(&mut self, told: Told, parse_error: Option<&'static str>) -> u32 {
        if let Some((last, error, origin)) = self.last_origin
            && (last, error) == (told, parse_error)
        {
            return origin;
        }
        let time_source = TimeSource::of(&self.object.times.text(told));
        let origin = self.origin_of(time_source, parse_error.unwrap_or_default());
        self.last_origin = Some((told, parse_error, origin));
        origin
    }

    fn origin_of(&mut self, time_source: TimeSource, parse_error: &str) -> u32 {
        let is_same = |origin: &Origin| {
            origin.time_source == time_source
                && origin.parse_error == parse_error
                && origin.source_type == self.object.source_type
        };
        if let Some(at) = self.origins.iter().rposition(is_same) {
            return at as u32;
        }
        self.origins.push(Origin {
            source_type: self.object.source_type.clone(),
            time_source,
            parse_error: parse_error.to_string(),
        });
        self.origins.len() as u32 - 1
    }
}

fn hash_steps(steps: &[u32]) -> u64 {
    let mut hasher = NumberHasher::default();
    let (pairs, rest) = steps.as_chunks::<2>();
    pairs.iter().for_each(|&[a, b]| hasher.write_u64(u64::from(a) | u64::from(b) << 32));
    rest.iter().for_each(|&step| hasher.write_u32(step));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::shape::EMPTY_OBJECT;
    use crate::parse::sink::{EventSink, RecordFacts};

    fn tell(batch: &mut Batch, value: &str) {
        batch.begin_event();
        batch.begin_object();
        batch.key(b"a");
        batch.begin_array();
        batch.string(value.as_bytes());
        batch.number(b"1");
        batch.end_array();
        batch.key(b"b");
        batch.begin_object();
        batch.end_object();
        batch.end_object();
    }

    #[test]
    fn aborted_events_and_objects_leave_nothing() {
        let mut batch = Batch::new();
        batch.begin_object_context(ObjectContext::default());
        tell(&mut batch, "x");
        batch.end_event(RecordFacts::default());
        tell(&mut batch, "y");
        batch.abort_event();
        assert_eq!((batch.rows.len(), batch.values(), batch.shape_count()), (1, 2, 1));
        assert_eq!(batch.shape(0), [1 << 3 | OPEN, 2 << 3, 2 << 3 | 1, CLOSE, 3 << 3 | EMPTY_OBJECT]);
        batch.begin_object_context(ObjectContext { number: 1, ..ObjectContext::default() });
        tell(&mut batch, "z");
        batch.end_event(RecordFacts::default());
        batch.drop_object_rows();
        batch.settle();
        assert_eq!((batch.rows.len(), batch.values()), (1, 2));
        assert_eq!(batch.columns()[0].ids, [0]);
    }
}

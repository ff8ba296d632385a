//! The parser's sink: keeps an event on tape until its end, judges it, and puts what passes where it is wanted.
use super::answer::{Summary, put_line};
use super::judge::{EventFacts, Judge};
use super::required::Required;
use super::run::Wanted;
use super::tape::Tape;
use crate::error::{CoreError, Result};
use crate::format::objects::SourceObject;
use crate::parse::event_time::{EventTimes, Told};
use crate::parse::settings::SourceSettings;
use crate::parse::sink::{EventSink, RecordFacts};
use crate::search::filter::Filter;
use crate::search::leaf::OutputRow;
use crate::search::metadata::Field;
use crate::search::plan::Plan;
use crate::search::pruning::TimeRange;
use crate::write::builder::ObjectStart;

/// Records are looked at before they are parsed, unless after so many of them more than one of so many was parsed all the same.
const LOOKED_AT_MIN: u64 = 64;
const WANTED_SHARE: u64 = 3;

pub struct Output {
    wanted: Wanted,
    time: TimeRange,
    /// Most events of one object.
    limit: Option<u64>,
    judge: Judge,
    is_summed_up: bool,
    /// What every event that passes has among its values.
    required: Option<Required>,
    tape: Tape,
    reads_time: bool,
    object: Object,
    pub matched: u64,
    /// The record of the event on tape.
    line: Vec<u8>,
    pub text: Vec<u8>,
    pub rows: Vec<OutputRow>,
    pub summary: Summary,
    failure: Option<CoreError>,
    looks_ahead: bool,
    looked_at: u64,
    wanted_of_these: u64,
}

/// The source object that events come from now, and where in it.
#[derive(Default)]
struct Object {
    source: SourceObject,
    source_type: String,
    next_record: u64,
    times: EventTimes,
    /// What the time of the last event that passed is from, and how that is told.
    time_source: Option<(Told, String)>,
}

impl Output {
    pub fn new(plan: &Plan, wanted: Wanted, limit: Option<u64>) -> Result<Self> {
        let judge = Judge::new(Filter::compile(&plan.filter)?);
        let time = TimeRange { since_ns: plan.since_ns, until_ns: plan.until_ns };
        let has_range = time.since_ns.is_some() || time.until_ns.is_some();
        let reads_time =
            wanted == Wanted::Plan || has_range || judge.reads(&[Field::Time, Field::TimeNs, Field::TimeSource]);
        Ok(Self {
            wanted,
            time,
            limit,
            judge,
            is_summed_up: wanted == Wanted::Plan && (plan.aggregate.is_some() || plan.columns.is_some()),
            required: Required::of(&plan.filter),
            tape: Tape::default(),
            reads_time,
            object: Object::default(),
            matched: 0,
            line: Vec::new(),
            text: Vec::new(),
            rows: Vec::new(),
            summary: Summary::new(plan),
            failure: None,
            looks_ahead: false,
            looked_at: 0,
            wanted_of_these: 0,
        })
    }

    pub fn start_object(&mut self, start: ObjectStart) {
        self.object = Object {
            times: EventTimes::new(start.settings.times.clone(), start.modified_ns),
            source: SourceObject {
                url: start.url,
                modified_ns: start.modified_ns,
                received_ns: start.received_ns,
                ..SourceObject::default()
            },
            ..Object::default()
        };
        self.matched = 0;
        // The time of an event may be that of the one before it.
        self.looks_ahead = self.required.is_some() && !self.reads_time;
        (self.looked_at, self.wanted_of_these) = (0, 0);
    }

    /// As `write::batch::Batch::begin_member`: record numbers go on, the time of an event before does not.
    pub fn start_member(&mut self, settings: &SourceSettings) {
        self.object.times.begin_member(settings.times.clone());
        self.looks_ahead = self.required.is_some() && !self.reads_time;
        (self.looked_at, self.wanted_of_these) = (0, 0);
    }

    /// Whether an event's place in its object means nothing here: neither its number nor the time of the event before it.
    pub fn is_free_of_place(&self) -> bool {
        !self.reads_time && !self.judge.reads(&[Field::Record])
    }

    /// Whether no more of the object is wanted.
    pub fn is_done(&self) -> bool {
        self.failure.is_some() || self.limit.is_some_and(|limit| self.matched >= limit)
    }

    /// Raises what failed since the last call.
    pub fn check(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    pub fn finish_object(&mut self) {
        if let Err(error) = self.summary.flush(&self.object.source) {
            self.failure.get_or_insert(error);
        }
    }

    /// Whether the event on tape holds what the filter requires.
    #[inline]
    fn may_pass(&self) -> bool {
        self.required.as_ref().is_none_or(|required| required.is_in(self.tape.values()))
    }

    fn keep(&mut self, record: u64, time: Option<(i64, Told)>, record_facts: RecordFacts) {
        let Object { time_source, times, .. } = &mut self.object;
        if let Some((_, told)) = time.filter(|(_, told)| time_source.as_ref().is_none_or(|(last, _)| last != told)) {
            *time_source = Some((told, times.text(told)));
        }
        let time_ns = time.map_or(0, |(ns, _)| ns);
        let facts = EventFacts {
            url: &self.object.source.url,
            record,
            time_ns,
            time_source: self.object.time_source.as_ref().map_or("object", |(_, text)| text),
            source_type: &self.object.source_type,
            parse_error: record_facts.parse_error,
            received_ns: self.object.source.received_ns,
        };
        if !self.time.contains(time_ns) || !self.judge.passes(&self.tape, &facts) {
            return;
        }
        self.matched += 1;
        match self.wanted {
            Wanted::Count => {}
            Wanted::Text => put_line(&mut self.text, &self.line, &self.tape),
            Wanted::Plan if self.is_summed_up => {
                if let Err(error) = self.summary.add(&self.tape, &facts, record_facts, &self.object.source) {
                    self.failure.get_or_insert(error);
                }
            }
            Wanted::Plan => {
                let mut json = Vec::new();
                self.tape.put_json(&mut json);
                self.rows.push(OutputRow { time_ns, object: facts.url.to_string(), record, json });
            }
        }
    }
}

impl EventSink for Output {
    #[inline]
    fn looks_ahead(&self) -> bool {
        self.looks_ahead
    }

    fn wants(&mut self, record: &[u8]) -> bool {
        let wants = self.required.as_ref().is_none_or(|required| required.may_be_in_source(record));
        self.looked_at += 1;
        self.wanted_of_these += u64::from(wants);
        if self.looked_at >= LOOKED_AT_MIN && self.wanted_of_these * WANTED_SHARE > self.looked_at {
            self.looks_ahead = false;
        }
        wants
    }

    fn skip_event(&mut self) {
        self.object.next_record += 1;
    }

    fn begin_source(&mut self, source_type: &str, time_fields: &'static [&'static str]) {
        self.object.source_type = source_type.to_string();
        self.tape.set_time_fields(self.object.times.begin_source(time_fields));
    }

    fn begin_event(&mut self) {
        self.tape.begin_event();
        self.object.times.begin_event();
    }

    fn begin_object(&mut self) {
        self.tape.begin_object();
    }

    fn end_object(&mut self) {
        self.tape.end_object();
    }

    fn begin_array(&mut self) {
        self.tape.begin_array();
    }

    fn end_array(&mut self) {
        self.tape.end_array();
    }

    #[inline]
    fn key(&mut self, name: &[u8]) {
        self.tape.key(name);
    }

    #[inline]
    fn string(&mut self, value: &[u8]) {
        let name = self.tape.string(value);
        if self.reads_time {
            self.object.times.note_text(name, value);
        }
    }

    #[inline]
    fn number(&mut self, text: &[u8]) {
        let name = self.tape.number(text);
        if self.reads_time {
            self.object.times.note_number(name, text);
        }
    }

    fn boolean(&mut self, value: bool) {
        self.tape.boolean(value);
    }

    fn null(&mut self) {
        self.tape.null();
    }

    fn time_names(&self) -> &[Vec<u8>] {
        self.object.times.names()
    }

    fn time_value(&mut self, name: u8, text: &[u8], is_number: bool) {
        self.object.times.note(name, text, is_number);
    }

    #[inline]
    fn source_text(&mut self, text: &[u8]) {
        if self.reads_time {
            self.object.times.note_record(text);
        }
        // Kept only where the event may pass; whether it does is known at its end.
        if self.wanted == Wanted::Text && self.may_pass() {
            self.line.clear();
            self.line.extend_from_slice(text);
        }
    }

    #[inline]
    fn end_event(&mut self, facts: RecordFacts) {
        let record = self.object.next_record;
        self.object.next_record += 1;
        let time = self.reads_time.then(|| self.object.times.end_event(&facts));
        if !self.is_done() && self.may_pass() {
            self.keep(record, time, facts);
        }
    }

    fn abort_event(&mut self) {}
}

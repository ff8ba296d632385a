//! Segments built of events, and where each event must be found again.
use super::dice::Dice;
use super::json::{Json, Text};
use super::reference::flatten;
use super::search::{Answer, Ask, How, run};
use lakebed_core::format::column::Kind;
use lakebed_core::parse::Statistics;
use lakebed_core::parse::registry::Format;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::search::leaf::OutputRow;
use lakebed_core::search::reader::SegmentReader;
use lakebed_core::value::time_forms::{TimeText, read_count, read_time};
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use lakebed_core::write::segment::Segment;
use std::sync::Arc;

/// In the order of the parser's own list.
const TIME_FIELDS: [&str; 10] = [
    "eventTime",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "datetime",
    "event_time",
    "published",
    "createdDateTime",
    "date",
];

/// An event, and what is known of it besides.
#[derive(Debug, Clone)]
pub struct Event {
    /// As an object: other values under `message`.
    pub json: Json,
    pub time_ns: i64,
    pub time_source: String,
    pub object: String,
    pub record: u64,
    pub received_ns: i64,
}

impl Event {
    pub fn row(&self) -> OutputRow {
        OutputRow { time_ns: self.time_ns, object: self.object.clone(), record: self.record, json: self.json.compact() }
    }

    pub fn key(&self) -> (i64, &str, u64) {
        (self.time_ns, &self.object, self.record)
    }
}

/// A segment and its events.
pub struct Part {
    pub segment: Segment,
    /// In order: oldest first, ties by object, then record.
    pub events: Vec<Event>,
    pub reader: Arc<SegmentReader>,
}

/// How events become segments.
#[derive(Debug, Clone)]
pub struct Making {
    pub page_rows: usize,
    pub page_bytes: usize,
    /// Bytes that are fed at a time.
    pub part: usize,
    /// One object in so many ends a segment.
    pub cut: usize,
    pub seed: u64,
}

/// Builds segments of objects, each a list of events.
pub fn build(objects: &[Vec<Json>], making: &Making) -> Vec<Part> {
    let mut dice = Dice(making.seed);
    let options =
        BuilderOptions { page_bytes: making.page_bytes, page_rows: making.page_rows, ..BuilderOptions::default() };
    let mut builder = Builder::new("test", options);
    let mut parts = Vec::new();
    let mut events = Vec::new();
    for (nth, object) in objects.iter().enumerate() {
        let start = ObjectStart {
            // Their order by name is not that of their coming.
            url: format!("s3://bucket/{}-{nth}.json", dice.below(100)),
            // Some clocks are as wrong as can be.
            modified_ns: match dice.below(12) {
                0 => i64::MIN,
                1 => i64::MAX,
                _ => 1_768_000_000_000_000_000 + nth as i64 * 7_000_000_001,
            },
            received_ns: 1_768_000_009_000_000_000 + nth as i64,
            settings: SourceSettings::of_format(Format::by_name("json")),
        };
        let mut text = Vec::new();
        for event in object {
            text.extend(event.loose(&mut dice));
            text.push(b'\n');
        }
        builder.begin_object(start.clone()).expect("no object is open");
        for part in text.chunks(making.part.max(1)) {
            builder.feed(part).expect("an object is open");
        }
        let report = builder.end_object().expect("an object is open");
        let statistics = Statistics {
            events: object.len() as u64,
            duplicate_keys: report.statistics.duplicate_keys,
            ..Statistics::default()
        };
        assert_eq!(report.statistics, statistics);
        events.extend(expected(object, &start));
        if nth + 1 == objects.len() || dice.one_in(making.cut) {
            parts.extend(builder.take_segment().map(|segment| Part::of(segment, std::mem::take(&mut events))));
        }
    }
    assert!(builder.take_segment().is_none() && events.is_empty());
    parts
}

impl Part {
    pub fn of(segment: Segment, mut events: Vec<Event>) -> Self {
        events.sort_by(|a, b| a.key().cmp(&b.key()));
        let reader = Arc::new(SegmentReader::new(&segment.address, "test").expect("an address"));
        Self { segment, events, reader }
    }

    /// Runs a search, with a reader that has learned from those before, or with a fresh one.
    pub fn search(&self, ask: &Ask, how: How, fresh: bool) -> Answer {
        let reader = match fresh {
            true => Arc::new(SegmentReader::new(&self.segment.address, "test").expect("an address")),
            false => self.reader.clone(),
        };
        run(ask.plan(), &reader, &self.segment.data, How { dead: ask.dead, ..how }).expect("a whole segment")
    }

    pub fn groups(&self) -> usize {
        self.reader.address.groups.len()
    }
}

/// What the events of an object are, once indexed.
pub fn expected(object: &[Json], start: &ObjectStart) -> Vec<Event> {
    let mut previous_ns = None;
    let mut events = Vec::new();
    for (record, json) in object.iter().enumerate() {
        let json = match json {
            Json::Object(_) => json.clone(),
            other => Json::Object(vec![(Text::from("message"), other.clone())]),
        };
        let own = time_of(&json);
        let (time_ns, time_source) = match (own, previous_ns) {
            (Some((field, time)), _) => {
                let doubt = if time.is_local { ", zone assumed" } else { "" };
                (time.ns, format!("field {field}{doubt}"))
            }
            (None, Some(time_ns)) => (time_ns, "previous".to_string()),
            (None, None) => (start.modified_ns, "object".to_string()),
        };
        previous_ns = own.map(|(_, time)| time.ns).or(previous_ns);
        events.push(Event {
            json,
            time_ns,
            time_source,
            object: start.url.clone(),
            record: record as u64,
            received_ns: start.received_ns,
        });
    }
    events
}

fn time_of(event: &Json) -> Option<(&'static str, TimeText)> {
    let values = flatten(event);
    TIME_FIELDS.iter().find_map(|field| {
        let mut named = values.iter().filter(|value| value.name == field.as_bytes());
        let time = named.find_map(|value| match value.kind {
            Kind::Text => read_time(&value.text),
            Kind::Number => read_count(&value.text),
            Kind::Bool => None,
        });
        time.map(|time| (*field, time))
    })
}

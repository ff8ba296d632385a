//! What a parser talks to: the events of a source, told leaf by leaf, with no tree in between.
//!
//! A parser calls `begin_event`, describes one JSON value, then `end_event`, or `abort_event` when the record turns out to be
//! malformed; the sink then forgets what it was told of it. Text given to a sink is UTF-8 in which a lone surrogate of a
//! `\ud800` escape stands as its three generalised UTF-8 bytes (WTF-8), so that it can be written back as it came.

/// How sure an event time is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    #[default]
    Certain,
    /// The text tells no offset from UTC; the time is as a clock in UTC would show it, and the source's zone is applied to it.
    ZoneAssumed,
    /// The text tells no year; and no offset either.
    YearInferred,
}

/// What the parser knows of the record as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// Why the record was kept as `message` only; None when it parsed.
    pub parse_error: Option<&'static str>,
    /// Event time in ns since 1970 UTC, when the format itself knows it (otherwise the sink looks at the time fields).
    pub time_ns: Option<i64>,
    /// How sure `time_ns` is.
    pub certainty: Certainty,
}

impl RecordFacts {
    /// Of a record that parsed, and tells its time itself or not.
    pub fn timed(time: Option<(i64, Certainty)>) -> Self {
        let certainty = time.map(|(_, certainty)| certainty).unwrap_or_default();
        Self { parse_error: None, time_ns: time.map(|(ns, _)| ns), certainty }
    }

    /// Of a record that is kept as `message`.
    pub fn unparsed(reason: &'static str) -> Self {
        Self { parse_error: Some(reason), ..Self::default() }
    }
}

/// Receives events. Calls nest as JSON does: `key` before every member of an object.
pub trait EventSink {
    /// Whether names that stand twice in an object are to be counted; it costs a hash of each.
    const COUNTS_NAMES: bool = true;

    /// Whether `wants` is to be asked about records whose end can be found before they are told.
    #[inline]
    fn looks_ahead(&self) -> bool {
        false
    }

    /// Whether to be told of the record; when not, it is an event all the same, and `skip_event` counts it.
    fn wants(&mut self, _record: &[u8]) -> bool {
        true
    }

    fn skip_event(&mut self) {}
    /// Called once, before the first event: what the parser recognised, and the format's own list of time fields.
    fn begin_source(&mut self, _source_type: &str, _time_fields: &'static [&'static str]) {}
    fn begin_event(&mut self);
    fn begin_object(&mut self);
    fn end_object(&mut self);
    fn begin_array(&mut self);
    fn end_array(&mut self);
    /// The unescaped name of the next member.
    fn key(&mut self, name: &[u8]);
    /// An unescaped string value.
    fn string(&mut self, value: &[u8]);
    /// A number's JSON text, as it stands in the source; valid by the JSON grammar.
    fn number(&mut self, text: &[u8]);
    fn boolean(&mut self, value: bool);
    fn null(&mut self);
    /// Names of the fields that may hold the event time.
    fn time_names(&self) -> &[Vec<u8>] {
        &[]
    }
    /// What one of these fields was, by its place among the names, where the event may not have it any more.
    fn time_value(&mut self, _name: u8, _text: &[u8], _is_number: bool) {}
    /// The record as it stands in the source; told once, just before its event ends.
    #[inline]
    fn source_text(&mut self, _text: &[u8]) {}
    fn end_event(&mut self, facts: RecordFacts);
    fn abort_event(&mut self);
}

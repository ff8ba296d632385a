//! Tests of `event_time`, kept apart for length.
use super::*;
use crate::value::regex::compile_regex;
use crate::value::time::{format_rfc3339, parse_time};

const WRITTEN: &str = "2024-01-02T00:00:00Z";

fn ns(text: &str) -> i64 {
    parse_time(text.as_bytes()).expect("a time")
}

fn times(rules: Vec<TimeRule>, zone: Option<&str>) -> EventTimes {
    let zone = zone.map(|zone| Zone::parse(zone.as_bytes()).expect("a zone"));
    EventTimes::new(Arc::new(TimeRules::new(rules, zone)), ns(WRITTEN))
}

/// The time of an event that has these values by the numbers of their names, and where it is from.
fn told(times: &mut EventTimes, values: &[(u8, &str)], record: &str, facts: RecordFacts) -> (String, String) {
    times.begin_event();
    for (name, value) in values {
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { times.note_number(*name, value.as_bytes()) } else { times.note_text(*name, value.as_bytes()) }
    }
    times.note_record(record.as_bytes());
    let (ns, told) = times.end_event(&facts);
    (format_rfc3339(ns), times.text(told))
}

fn found(time: &str, source: &str) -> (String, String) {
    (time.to_string(), source.to_string())
}

#[test]
fn fields_of_the_format_the_event_before_and_the_object() {
    let mut times = times(Vec::new(), None);
    assert_eq!(times.begin_source(&["a", "b"]), [b"a", b"b"]);
    let plain = RecordFacts::default();
    assert_eq!(told(&mut times, &[], "", plain), found(WRITTEN, "object"));
    let local = [(1, "2023-07-10 11:45:07")];
    assert_eq!(told(&mut times, &local, "", plain), found("2023-07-10T11:45:07Z", "field b, zone assumed"));
    let both = [(1, "2023-07-10 11:45:07"), (0, "1688989508")];
    assert_eq!(told(&mut times, &both, "", plain), found("2023-07-10T11:45:08Z", "field a"));
    assert_eq!(
        told(&mut times, &[(0, "soon"), (NOT_A_TIME, "5")], "", plain),
        found("2023-07-10T11:45:08Z", "previous")
    );
    for (certainty, source) in [
        (Certainty::Certain, "format"),
        (Certainty::ZoneAssumed, "format, zone assumed"),
        (Certainty::YearInferred, "format, year inferred"),
    ] {
        let facts = RecordFacts::timed(Some((ns("2023-01-01"), certainty)));
        assert_eq!(told(&mut times, &[], "", facts), found("2023-01-01T00:00:00Z", source));
    }
    let counts = TimeCounts { field: 2, format: 3, previous: 1, object: 1, zone_assumed: 2, year_inferred: 1 };
    assert_eq!(times.counts, counts);
    times.begin_member(Arc::default());
    assert_eq!(told(&mut times, &[], "", plain), found(WRITTEN, "object"));
}

#[test]
fn a_zone_is_for_times_that_tell_none() {
    let mut times = times(Vec::new(), Some("Europe/Berlin"));
    times.begin_source(&["t"]);
    let plain = RecordFacts::default();
    assert_eq!(told(&mut times, &[(0, "2023-07-10 13:45:07")], "", plain), found("2023-07-10T11:45:07Z", "field t"));
    assert_eq!(told(&mut times, &[(0, "2023-07-10T11:45:07Z")], "", plain), found("2023-07-10T11:45:07Z", "field t"));
    assert_eq!(told(&mut times, &[(0, "1688989507")], "", plain), found("2023-07-10T11:45:07Z", "field t"));
    for (certainty, time, source) in [
        (Certainty::Certain, "2023-07-10T13:45:07Z", "format"),
        (Certainty::ZoneAssumed, "2023-07-10T11:45:07Z", "format"),
        (Certainty::YearInferred, "2023-07-10T11:45:07Z", "format, year inferred"),
    ] {
        let facts = RecordFacts::timed(Some((ns("2023-07-10T13:45:07"), certainty)));
        assert_eq!(told(&mut times, &[], "", facts), found(time, source));
    }
}

#[test]
fn a_text_that_comes_again_is_read_by_the_rules_that_hold() {
    let zoned = |zone: &str| Arc::new(TimeRules::new(vec![TimeRule::of_field(b"t")], Zone::parse(zone.as_bytes())));
    let mut times = EventTimes::new(zoned("+01:00"), ns(WRITTEN));
    let plain = RecordFacts::default();
    let local = [(0, "2023-07-10 13:45:07")];
    for _ in 0..2 {
        assert_eq!(told(&mut times, &local, "", plain), found("2023-07-10T12:45:07Z", "field t"));
    }
    // No time, twice; then a name that no rule has.
    for values in [[(0, "soon")], [(0, "soon")], [(1, "2023-07-10 13:45:07")]] {
        assert_eq!(told(&mut times, &values, "", plain), found("2023-07-10T12:45:07Z", "previous"));
    }
    assert_eq!(told(&mut times, &local, "", plain), found("2023-07-10T12:45:07Z", "field t"));
    times.begin_member(zoned("+02:00"));
    assert_eq!(told(&mut times, &local, "", plain), found("2023-07-10T11:45:07Z", "field t"));
}

#[test]
fn rules_are_tried_in_their_order() {
    let regex = |regex: &str| Some(compile_regex(regex, false).expect("a regular expression"));
    let format = |format: &str| Some(Format::parse(format.as_bytes()).expect("a format"));
    let field = |name: &str| Some(name.as_bytes().to_vec());
    let rules = vec![
        TimeRule { field: field("a"), format: format("%d.%m.%y %H:%M"), ..TimeRule::default() },
        TimeRule { regex: regex("at=([0-9T:Z-]+)"), ..TimeRule::default() },
        TimeRule { field: field("b"), regex: regex("^<(.*)>"), zone: Zone::parse(b"+02:00"), ..TimeRule::default() },
        TimeRule { field: field("a"), format: format("%b %d %H:%M:%S"), ..TimeRule::default() },
    ];
    let mut times = times(rules, Some("+01:00"));
    assert_eq!(times.begin_source(&["time"]), [b"a", b"b"]);
    let plain = RecordFacts::default();
    let by_day = [(0, "10.07.23 12:45")];
    let record = "x at=2023-07-10T11:46:00Z";
    assert_eq!(told(&mut times, &by_day, record, plain), found("2023-07-10T11:45:00Z", "field a"));
    let second = [(1, "<2023-07-10 13:47:00>"), (0, "Jul 10 12:48:00")];
    assert_eq!(told(&mut times, &second, record, plain), found("2023-07-10T11:46:00Z", "record"));
    assert_eq!(told(&mut times, &second, "x", plain), found("2023-07-10T11:47:00Z", "field b"));
    assert_eq!(told(&mut times, &second[1..], "x", plain), found("2023-07-10T11:48:00Z", "field a, year inferred"));
    // A day after the object was written, and more.
    assert_eq!(told(&mut times, &[(0, "Jan 3 00:00:00")], "", plain).0, "2024-01-02T23:00:00Z");
    assert_eq!(told(&mut times, &[(0, "Jan 3 00:30:00")], "", plain).0, "2023-01-02T23:30:00Z");
    assert_eq!(told(&mut times, &[(0, "Feb 29 01:00:00")], "", plain).0, "2020-02-29T00:00:00Z");
    assert_eq!(told(&mut times, &[(0, "Feb 30 01:00:00")], "", plain).1, "previous");
    assert_eq!(times.counts, TimeCounts { field: 7, previous: 1, year_inferred: 4, ..TimeCounts::default() });
}

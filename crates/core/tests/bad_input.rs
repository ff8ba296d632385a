//! What sources are like on bad days: nothing is lost, nothing is made up, and the builder says what was wrong.
mod lab;

use lab::index::{Indexed, events, gzip, index, search, start};
use lab::search::Ask;
use lakebed_core::parse::event_time::TimeCounts;
use lakebed_core::parse::registry::Format;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectReport};
use serde_json::json;
use std::fmt::Write;

fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, r#"{{"n":{n},"user":"user-{}","time":"2026-01-15T10:00:{:02}Z"}}"#, n * n % 97, n % 60);
        text
    })
}

fn standard(object: &[u8]) -> Indexed {
    index(object, BuilderOptions::default())
}

/// Events, unparsed lines, bytes that are no UTF-8.
fn counts(report: &ObjectReport) -> (u64, u64, u64) {
    (report.statistics.events, report.statistics.unparsed_lines, report.statistics.invalid_utf8)
}

#[test]
fn a_gzip_that_is_cut_off() {
    let text = lines(5000);
    let whole = gzip(text.as_bytes());
    for end in [whole.len() - 1, whole.len() - 9, whole.len() / 2, 30] {
        let Indexed { report, segments, .. } = standard(&whole[..end]);
        let damage = report.damage.as_ref().expect("damage");
        assert_eq!((damage.offset, damage.reason.as_str()), (end as u64, "ends in the middle of a gzip member"));
        let found = events(&segments);
        // Of the last line there may be a part, which is kept as it is.
        let kept = found.len() - usize::try_from(report.statistics.unparsed_lines).expect("few");
        assert!(found.iter().take(kept).eq(text.lines().take(kept)), "cut at {end}");
        assert!(kept * 100 >= 5000 * (end - 30) / whole.len() * 80, "cut at {end}: {kept}");
    }
}

#[test]
fn a_gzip_that_is_damaged() {
    let text = lines(5000);
    let mut object = gzip(text.as_bytes());
    let middle = object.len() / 2;
    object[middle..middle + 20].fill(0xff);
    let Indexed { report, segments, .. } = standard(&object);
    let damage = report.damage.as_ref().expect("damage");
    assert!(damage.reason.starts_with("gzip data is damaged"), "{damage:?}");
    assert!((middle as u64..middle as u64 + 64 * 1024).contains(&damage.offset), "{damage:?}");
    assert!(events(&segments).len() > 2000);
    // A changed bit that still decodes is seen at the end.
    let mut object = gzip(text.as_bytes());
    let end = object.len();
    object[end - 6] ^= 1;
    let report = standard(&object).report;
    assert_eq!((report.statistics.events, report.damage.is_some()), (5000, true));
}

#[test]
fn a_bomb() {
    // A gigabyte of zeros would be as good; this much shows where it stops.
    let object = gzip(&vec![0u8; 80 << 20]);
    let Indexed { report, segments, memory_bytes } = standard(&object);
    let damage = report.damage.as_ref().expect("damage");
    assert_eq!(damage.reason, "unfolds to more than 500 times its size, as a compression bomb does");
    assert!((64 << 20..65 << 20).contains(&report.raw_bytes), "{}", report.raw_bytes);
    assert_eq!(segments.iter().map(|segment| segment.facts.events).sum::<u64>(), report.statistics.events);
    assert!(memory_bytes < 128 << 20, "{memory_bytes}");
}

#[test]
fn nothing_at_all() {
    for object in [&b""[..], b" \n\n\t\n", &gzip(b""), &[0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0]] {
        let Indexed { report, segments, .. } = standard(object);
        assert_eq!((counts(&report), report.damage, segments.len()), ((0, 0, 0), None, 0));
    }
    let mut builder = Builder::new("test", BuilderOptions::default());
    builder.begin_object(start("empty")).expect("no object is open");
    assert!(builder.take_segment().is_none());
    builder.feed(b"{\"a\":1}").expect("an object is open");
    builder.end_object().expect("an object is open");
    assert_eq!(builder.take_segment().map(|segment| segment.facts.events), Some(1));
}

#[test]
fn a_line_of_20_mb() {
    let long = "0123456789abcdef ".repeat(20 << 16);
    let text = format!("{{\"a\":1}}\n{{\"long\":\"{long}\",\"b\":2}}\n{{\"a\":3}}\n");
    let Indexed { report, segments, .. } = standard(text.as_bytes());
    assert_eq!((counts(&report), report.damage), ((3, 0, 0), None));
    assert!(events(&segments).iter().map(String::as_str).eq(text.lines()));
    assert!(segments[0].data.len() < 1 << 20);
    // The same without being JSON is kept in pieces.
    let text = format!("not json {long}\n{{\"a\":3}}\n");
    let Indexed { report, segments, .. } = index_as("json", text.as_bytes());
    let found = events(&segments);
    assert_eq!(
        (found.len() as u64, report.statistics.unparsed_lines),
        (report.statistics.events, found.len() as u64 - 1)
    );
    let pieces = found.iter().filter_map(|event| event.strip_prefix("{\"message\":\"")?.strip_suffix("\"}"));
    assert!(pieces.collect::<String>() == text.lines().next().expect("a line").trim_end());
}

fn index_as(format: &str, object: &[u8]) -> Indexed {
    let mut builder = Builder::new("test", BuilderOptions::default());
    let settings = SourceSettings::of_format(Format::by_name(format));
    let start = lakebed_core::write::builder::ObjectStart { settings, ..start("object") };
    builder.begin_object(start).expect("no object is open");
    builder.feed(object).expect("an object is open");
    let report = builder.end_object().expect("an object is open");
    let memory_bytes = builder.memory_bytes();
    Indexed { report, segments: builder.take_segment().into_iter().collect(), memory_bytes }
}

#[test]
fn nesting() {
    for (levels, is_read) in [(200, true), (500, true), (600, false)] {
        let objects = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let arrays = format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let mixed = format!("{{\"a\":{}{{}}{}}}", "[{\"a\":".repeat(levels / 2), "}]".repeat(levels / 2));
        let text = format!("{objects}\n{arrays}\n{mixed}\n");
        let Indexed { report, segments, .. } = standard(text.as_bytes());
        let found = events(&segments);
        if is_read {
            assert_eq!(report.statistics.unparsed_lines, 0);
            assert!(found.iter().map(String::as_str).eq(text.lines()));
            let name = vec!["a"; levels].join(".");
            let filter = json!({"op": "compare", "column": {"parts": [name]}, "relation": "<=", "number": "1"});
            assert_eq!(search(&segments[0], &Ask { filter, ..Ask::default() }).rows.len(), 1);
        } else {
            assert_eq!(counts(&report), (3, 3, 0));
            let kept: Vec<String> = text.lines().map(|line| json!({ "message": line }).to_string()).collect();
            assert_eq!(found, kept);
        }
    }
}

/// A segment costs what its data costs, however many keys they have.
#[test]
fn a_hundred_thousand_keys() {
    let member = |n: usize| format!("\"key-{n:x}\":{}", n * 7 % 1000);
    let one = (0..100_000).map(member).collect::<Vec<_>>().join(",");
    let spread = |n: usize| (10 * n..10 * n + 10).map(member).collect::<Vec<_>>().join(",");
    let spread: String = (0..10_000).map(|n| format!("{{\"time\":{},{}}}\n", 1_768_000_000 + n, spread(n))).collect();
    let hosts: String =
        (0..10_000).map(|n| format!("{{\"host\":{{\"h{n}\":{{\"up\":true,\"load\":{}}}}}}}\n", n % 90)).collect();
    for (name, text, factor) in
        [("one object", format!("{{{one}}}\n"), 0.6), ("spread", spread, 0.6), ("hosts", hosts, 1.5)]
    {
        let Indexed { report, segments, memory_bytes } = standard(text.as_bytes());
        assert_eq!(report.statistics.unparsed_lines, 0);
        assert!(events(&segments).iter().map(String::as_str).eq(text.lines()), "{name}");
        let size: usize = segments.iter().map(|segment| segment.data.len()).sum();
        let gzipped = gzip(text.as_bytes()).len();
        let found = size as f64 / gzipped as f64;
        assert!(found < factor, "{name}: {size} bytes, gzip {gzipped}: {found:.2} times");
        assert!(memory_bytes < 200 << 20, "{name}: {memory_bytes}");
    }
}

/// Every path below a long key has a long name; none of them is kept.
#[test]
fn a_long_key_over_many() {
    let long = "k".repeat(1 << 20);
    let members = (0..20_000).map(|n| format!("\"m{n}\":{n}")).collect::<Vec<_>>().join(",");
    let text = format!("{{\"{long}\":{{{members}}},\"user\":\"bob\"}}\n");
    let Indexed { segments, .. } = standard(text.as_bytes());
    assert!(events(&segments).iter().map(String::as_str).eq(text.lines()));
    let filter = json!({"op": "is", "column": {"parts": [format!("{long}.m77")]}, "pattern": {"parts": ["77"]}});
    assert_eq!(search(&segments[0], &Ask { filter, ..Ask::default() }).rows.len(), 1);
}

#[test]
fn a_record_of_too_many_values() {
    let text = format!("{{\"a\":[{}]}}\n{{\"b\":1}}\n", vec!["1"; 1_000_001].join(","));
    let Indexed { report, segments, .. } = standard(text.as_bytes());
    let found = events(&segments);
    assert_eq!(report.statistics.events - report.statistics.unparsed_lines, 1);
    let pieces = found.iter().filter_map(|event| event.strip_prefix("{\"message\":\"")?.strip_suffix("\"}"));
    assert!(pieces.collect::<String>().replace("\\\"", "\"") == text.lines().next().expect("a line"));
    let filter =
        json!({"op": "has", "column": {"parts": ["@lb.parse_error"]}, "pattern": {"parts": ["1000000 values"]}});
    assert_eq!(search(&segments[0], &Ask { filter, ..Ask::default() }).rows.len() + 1, found.len());
}

#[test]
fn numbers_that_are_none() {
    let bad = [
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":01}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x10}",
    ];
    let text = format!("{}\n{{\"a\":1e999}}\n", bad.join("\n"));
    let Indexed { report, segments, .. } = standard(text.as_bytes());
    assert_eq!(counts(&report), (bad.len() as u64 + 1, bad.len() as u64, 0));
    let mut kept: Vec<String> = bad.iter().map(|line| json!({ "message": line }).to_string()).collect();
    kept.push("{\"a\":1e999}".to_string());
    assert_eq!(events(&segments), kept);
}

#[test]
fn bytes_that_are_no_text() {
    let text = b"{\"a\":\"x\xff\xfey\"}\n{\"a\xc3\":1}\n{\"nul\":\"a\\u0000b\"}\n{\"raw\":\"a\0b\"}\n\0\0\0\n";
    let Indexed { report, segments, .. } = standard(text);
    assert_eq!(counts(&report), (5, 2, 3));
    let kept = [
        "{\"a\":\"xÿþy\"}",
        "{\"aÃ\":1}",
        "{\"nul\":\"a\\u0000b\"}",
        "{\"message\":\"{\\\"raw\\\":\\\"a\\u0000b\\\"}\"}",
        "{\"message\":\"\\u0000\\u0000\\u0000\"}",
    ];
    assert_eq!(events(&segments), kept);
}

#[test]
fn clocks_of_1970_and_2100() {
    let times = [
        ("\"1970-01-01T00:00:00Z\"", 0),
        ("\"2100-01-01T00:00:00Z\"", 4_102_444_800_000_000_000),
        ("0", 0),
        ("4102444800", 4_102_444_800_000_000_000),
        ("\"1677-09-21T00:12:44Z\"", -9_223_372_036_000_000_000),
        ("\"2262-04-11T23:47:16.854775807Z\"", i64::MAX),
        // What is no time leaves the previous one.
        ("\"9999-12-31T23:59:59Z\"", i64::MAX),
    ];
    let text: String = times.iter().map(|(time, _)| format!("{{\"time\":{time}}}\n")).collect();
    let Indexed { report, segments, .. } = standard(text.as_bytes());
    let counts = TimeCounts { field: 6, previous: 1, ..TimeCounts::default() };
    assert_eq!(report.time_sources, counts);
    let mut rows = search(&segments[0], &Ask::default()).rows;
    assert!(rows.is_sorted_by(|a, b| a.time_ns >= b.time_ns));
    rows.sort_by_key(|row| row.record);
    assert!(rows.iter().map(|row| row.time_ns).eq(times.iter().map(|(_, time)| *time)));
    assert!(rows.iter().zip(text.lines()).all(|(row, line)| row.json == line.as_bytes()));
    assert_eq!((segments[0].facts.min_time_ns, segments[0].facts.max_time_ns), (-9_223_372_036_000_000_000, i64::MAX));
    let found = |since_ns, until_ns| search(&segments[0], &Ask { since_ns, until_ns, ..Ask::default() }).rows.len();
    assert_eq!((found(Some(0), Some(1)), found(Some(1), None), found(None, Some(0)), found(None, None)), (2, 4, 1, 7));
}

#[test]
fn an_object_given_up_half_way() {
    let options = BuilderOptions { page_rows: 50, ..BuilderOptions::default() };
    let mut builder = Builder::new("test", options);
    for (url, count, is_given_up) in [("first", 700, false), ("bad", 5000, true), ("last", 30, false)] {
        builder.begin_object(start(url)).expect("no object is open");
        for part in lines(count).as_bytes().chunks(10_000) {
            builder.feed(part).expect("an object is open");
        }
        if is_given_up {
            builder.abort_object();
        } else {
            builder.end_object().expect("an object is open");
        }
    }
    let segment = builder.take_segment().expect("it holds events");
    assert!(segment.facts.events > 730, "some groups were written before");
    assert_eq!(segment.facts.objects.iter().map(|object| object.is_aborted).collect::<Vec<_>>(), [false, true, false]);
    let rows = search(&segment, &Ask::default()).rows;
    assert_eq!(rows.len(), 730);
    assert!(rows.iter().all(|row| row.object != "bad"));
    let limited = Ask { limit: Some(731), newest_first: false, ..Ask::default() };
    assert_eq!(search(&segment, &limited).rows.len(), 730);
    let counted = Ask { aggregate: Some(json!({"by": [], "functions": []})), ..Ask::default() };
    let partial = search(&segment, &counted).partial;
    assert_eq!(lab::search::table(&counted.plan(), &[partial]).expect("a table"), "{\"rows\":[[730]],\"notes\":[]}");
}

#[test]
fn an_object_over_several_segments() {
    let text = lines(20_000);
    let options = BuilderOptions { segment_bytes: 200_000, page_rows: 300, ..BuilderOptions::default() };
    let Indexed { report, segments, .. } = index(text.as_bytes(), options);
    assert!(segments.len() > 4, "{}", segments.len());
    assert!(events(&segments).iter().map(String::as_str).eq(text.lines()));
    let objects = segments.iter().map(|segment| &segment.facts.objects);
    assert!(objects.clone().all(|objects| objects.len() == 1 && objects[0].url == "object"));
    assert_eq!(objects.map(|objects| objects[0].events).sum::<u64>(), report.statistics.events);
    assert_eq!(segments.iter().map(|segment| segment.facts.raw_bytes).sum::<u64>(), report.raw_bytes);
    // Times without a field of their own go on over the border.
    let text = format!("{{\"time\":1}}\n{}", "{\"b\":\"no time here\"}\n".repeat(20_000));
    let Indexed { report, segments, .. } = index(text.as_bytes(), options);
    let counts = TimeCounts { field: 1, previous: 20_000, ..TimeCounts::default() };
    assert!(segments.len() > 1 && report.time_sources == counts);
    assert!(segments.iter().all(|segment| segment.facts.max_time_ns == 1_000_000_000));
}

/// However much comes, however different its words are, and however much is fed at once.
#[test]
fn memory_is_bounded() {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 16
    };
    let mut text = String::new();
    while text.len() < 48 << 20 {
        let _ = writeln!(
            text,
            r#"{{"a":"{:x}","b":"{:x} {:x} {:x}","c":{}}}"#,
            random(),
            random(),
            random(),
            random(),
            random()
        );
    }
    let Indexed { segments, memory_bytes, .. } = standard(text.as_bytes());
    assert!(memory_bytes < 320 << 20, "{memory_bytes}");
    assert_eq!(segments.iter().map(|segment| segment.facts.events).sum::<u64>(), text.lines().count() as u64);
    let groups = |segment: &lakebed_core::write::segment::Segment| {
        lakebed_core::format::address::Address::read(&segment.address).expect("an address").groups.len()
    };
    let once = index_as("json", text.as_bytes());
    let apart: usize = segments.iter().map(groups).sum();
    assert!(
        once.segments.iter().map(groups).sum::<usize>().abs_diff(apart) <= 1,
        "groups do not depend on how much is fed"
    );
}

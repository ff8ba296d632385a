//! Real logs through the parsers. Where there are none, each test says so on standard error, also when it passes; when
//! `LAKEBED_TEST_DATA` names a folder that is not there, it fails.
use lakebed_core::decompress::{Decompressor, Limits};
use lakebed_core::parse::sink::{EventSink, RecordFacts};
use lakebed_core::parse::{SourceParser, Statistics};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of real data, if there is one.
fn data() -> Option<PathBuf> {
    let told = std::env::var_os("LAKEBED_TEST_DATA");
    let found =
        find_data(told.as_deref(), Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|wrong| panic!("{wrong}"));
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_string();
        // Not `eprintln!`: what that prints is shown of tests that fail only.
        let text = format!(
            "SKIPPED {test}: no sample logs: set LAKEBED_TEST_DATA to the folder that holds cloudtrail-invictus\n"
        );
        std::io::stderr().write_all(text.as_bytes()).expect("standard error");
    }
    found
}

/// What `LAKEBED_TEST_DATA` says, else `shared/data` beside a folder above this one; the same as in Python's tests.
fn find_data(told: Option<&OsStr>, here: &Path) -> Result<Option<PathBuf>, String> {
    match told.filter(|told| !told.is_empty()).map(PathBuf::from) {
        Some(folder) if folder.is_dir() => Ok(Some(folder)),
        Some(folder) => Err(format!("LAKEBED_TEST_DATA is '{}', which is no folder", folder.display())),
        None => Ok(here.ancestors().map(|above| above.join("shared/data")).find(|folder| folder.is_dir())),
    }
}

#[test]
fn sample_logs_are_found_or_missed_aloud() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample_logs");
    let (inner, data) = (folder.join("a/b"), folder.join("shared/data"));
    std::fs::create_dir_all(&inner).expect("a folder");
    std::fs::create_dir_all(&data).expect("a folder");
    assert_eq!(find_data(None, &inner), Ok(Some(data.clone())));
    assert_eq!(find_data(Some(OsStr::new("")), &inner), Ok(Some(data)));
    assert_eq!(find_data(Some(inner.as_os_str()), &inner), Ok(Some(inner.clone())));
    let wrong = inner.join("nowhere");
    let text = format!("LAKEBED_TEST_DATA is '{}', which is no folder", wrong.display());
    assert_eq!(find_data(Some(wrong.as_os_str()), &inner), Err(text));
    assert_eq!(find_data(None, Path::new("nowhere")), Ok(None));
}

/// Writes every event as JSON text.
#[derive(Default)]
struct TextSink {
    events: Vec<String>,
    text: String,
}

impl TextSink {
    fn separate(&mut self) {
        if !self.text.ends_with(['{', '[', ':']) && !self.text.is_empty() {
            self.text.push(',');
        }
    }

    fn leaf(&mut self, text: &str) {
        self.separate();
        self.text.push_str(text);
    }

    fn quoted(text: &[u8]) -> String {
        serde_json::to_string(std::str::from_utf8(text).expect("no lone surrogates here")).expect("a string")
    }
}

impl EventSink for TextSink {
    fn begin_event(&mut self) {
        self.text.clear();
    }
    fn begin_object(&mut self) {
        self.leaf("{");
    }
    fn end_object(&mut self) {
        self.text.push('}');
    }
    fn begin_array(&mut self) {
        self.leaf("[");
    }
    fn end_array(&mut self) {
        self.text.push(']');
    }
    fn key(&mut self, name: &[u8]) {
        self.leaf(&Self::quoted(name));
        self.text.push(':');
    }
    fn string(&mut self, value: &[u8]) {
        self.leaf(&Self::quoted(value));
    }
    fn number(&mut self, text: &[u8]) {
        self.leaf(std::str::from_utf8(text).expect("digits"));
    }
    fn boolean(&mut self, value: bool) {
        self.leaf(if value { "true" } else { "false" });
    }
    fn null(&mut self) {
        self.leaf("null");
    }
    fn end_event(&mut self, _facts: RecordFacts) {
        self.events.push(self.text.clone());
    }
    fn abort_event(&mut self) {}
}

fn parse(object: &[u8], part: usize) -> (Vec<String>, SourceParser) {
    let mut decompressor = Decompressor::new(Limits::default());
    let mut parser = SourceParser::new(Default::default(), 0);
    let mut sink = TextSink::default();
    for part in object.chunks(part) {
        decompressor.feed(part, |piece| parser.feed(piece, &mut sink)).expect("is not damaged");
    }
    decompressor.finish(|piece| parser.feed(piece, &mut sink)).expect("is not damaged");
    parser.finish(&mut sink);
    (sink.events, parser)
}

/// The JSON files below a folder, compressed or not.
fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".json") || name.ends_with(".json.gz") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn unpack(object: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut decompressor = Decompressor::new(Limits::default());
    decompressor.feed(object, |piece| text.extend_from_slice(piece)).expect("is not damaged");
    text
}

/// The events that a file holds, as serde_json sees it; None when it is not JSON.
fn expected_events(text: &[u8]) -> Option<Vec<Value>> {
    let values = serde_json::Deserializer::from_slice(text).into_iter();
    let values: Vec<Value> = values.collect::<Result<_, _>>().ok()?;
    let mut events = Vec::new();
    for value in values {
        match value {
            Value::Array(elements) => events.extend(elements),
            Value::Object(mut object) => match object.remove("Records") {
                Some(Value::Array(records)) if records.iter().all(Value::is_object) => {
                    events.extend(records);
                    if !object.is_empty() {
                        events.push(Value::Object(object));
                    }
                }
                Some(other) => {
                    object.insert("Records".to_string(), other);
                    events.push(Value::Object(object));
                }
                None => events.push(Value::Object(object)),
            },
            other => events.push(serde_json::json!({ "message": other })),
        }
    }
    Some(events)
}

fn check_folder(name: &str, source_type: &str, events_expected: usize) {
    let Some(folder) = data() else { return };
    let mut count = 0;
    for path in json_files(&folder.join(name)) {
        let object = std::fs::read(&path).expect("a file");
        let text = unpack(&object);
        let (events, parser) = parse(&object, usize::MAX);
        let Some(expected) = expected_events(&text) else {
            assert!(parser.statistics().unparsed_lines > 0, "{}", path.display());
            continue;
        };
        let counts = Statistics { events: events.len() as u64, ..Statistics::default() };
        assert_eq!(parser.statistics(), counts, "{}", path.display());
        if !events.is_empty() {
            let found = (parser.format_name(), parser.source_type());
            assert_eq!(found, ("json", source_type), "{}", path.display());
        }
        let told = events.iter().map(|event| serde_json::from_str(event).expect("JSON"));
        assert!(told.collect::<Vec<Value>>() == expected, "{}", path.display());
        assert!(parse(&text, 1000).0 == events, "{} in parts", path.display());
        count += events.len();
    }
    assert_eq!(count, events_expected);
}

#[test]
fn cloudtrail() {
    check_folder("cloudtrail-invictus", "aws:cloudtrail", 2900);
    check_folder("cloudtrail-stratus", "aws:cloudtrail", 310);
    check_folder("cloudtrail-suzaku", "aws:cloudtrail", 30_747);
}

#[test]
fn zeek() {
    check_folder("zeek/zeek-json-gz", "zeek:json", 158_439);
}

#[test]
fn web_and_text() {
    let Some(folder) = data() else { return };
    let folder = folder.join("web-auth-elastic-examples");
    for (name, format, source_type, counts) in [
        ("apache_logs", "access", "web:access", (10_000, 0)),
        ("auth.log", "syslog", "linux:auth", (7_121, 0)),
        ("nginxplus_json_logs", "json", "json", (500, 0)),
    ] {
        let object = std::fs::read(folder.join(name)).expect("a file");
        let (events, parser) = parse(&object, usize::MAX);
        assert_eq!((parser.format_name(), parser.source_type()), (format, source_type));
        let statistics = parser.statistics();
        assert_eq!((statistics.events, statistics.unparsed_lines), counts, "{name}");
        assert!(parse(&object, 999).0 == events, "{name} in parts");
    }
}

/// Damaged files: the same events however they arrive, and few of them lost.
#[test]
fn damaged_cloudtrail() {
    let Some(folder) = data() else { return };
    let files = json_files(&folder.join("cloudtrail-invictus"));
    let text = std::fs::read(&files[0]).expect("a file");
    let whole = parse(&text, usize::MAX).0.len();
    let mut seed = 1u64;
    let mut lost = 0;
    const ROUNDS: usize = 300;
    for round in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 20) as usize % text.len();
        let mut damaged = text.clone();
        match round % 3 {
            0 => damaged[at] = b"\"{}[],:x\\\n\xff"[(seed >> 8) as usize % 11],
            1 => drop(damaged.drain(at..(at + 40).min(text.len()))),
            _ => damaged.truncate(at),
        }
        let (events, parser) = parse(&damaged, usize::MAX);
        assert!(parse(&damaged, 777).0 == events, "round {round} at {at}");
        let unparsed = parser.statistics().unparsed_lines as usize;
        if round % 3 < 2 {
            lost += whole.saturating_sub(events.len() - unparsed);
        }
    }
    // One event for each damage is lost anyway; some damages are harmless, a few mislead the recovery.
    assert!(lost <= ROUNDS * 2 / 3, "{lost} events lost");
}

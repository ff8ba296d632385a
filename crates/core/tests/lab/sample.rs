//! A small segment that has every encoding of the format, to be damaged byte by byte.
use lakebed_core::parse::registry::Format;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use lakebed_core::write::segment::Segment;
use std::fmt::Write;

/// In two events of the sample, on two pages.
pub const NEEDLE: &str = "9e3779b97f4a7c15";

/// Events of the first object, and of the second; each fills a group.
pub const OBJECT_EVENTS: u64 = 60;

/// Twelve pages of audit records with everything in them, twelve of counters, and some lines.
pub fn sample() -> Segment {
    let options = BuilderOptions { page_rows: 5, ..BuilderOptions::default() };
    let mut builder = Builder::new("sample", options);
    for (url, text) in [
        ("s3://logs/audit.json", audit()),
        ("s3://logs/counters.json", counters()),
        ("s3://logs/lines.json", LINES.to_string()),
    ] {
        let start = ObjectStart {
            url: url.to_string(),
            modified_ns: 1_768_000_000_000_000_000,
            received_ns: 1_768_000_001_000_000_000,
            settings: SourceSettings::of_format(Format::by_name("json")),
        };
        builder.begin_object(start).expect("no object is open");
        builder.feed(text.as_bytes()).expect("an object is open");
        let report = builder.end_object().expect("an object is open");
        assert_eq!((report.damage, report.statistics.unparsed_lines), (None, u64::from(url.contains("lines"))));
    }
    builder.take_segment().expect("it holds events")
}

/// Bits that look random and never change.
fn random(n: u64) -> u64 {
    let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn audit() -> String {
    let mut text = String::new();
    for n in 0..OBJECT_EVENTS {
        let (a, b) = (random(n), random(n + 1000));
        let time = format!("2026-01-15T10:{:02}:{:02}Z", n / 4, n % 4 * 15);
        let _ = write!(
            text,
            r#"{{"eventTime":"{time}","kind":"login","ok":{},"n":{},"size":{}"#,
            n % 3 == 0,
            n % 5,
            10_000 + a % 50_000
        );
        let _ = write!(
            text,
            r#","user":{{"name":"{}","id":"{:08x}-{:04x}-4000-8000-{:012x}"}}"#,
            ["alice", "bob", "eve"][n as usize % 3],
            a as u32,
            b as u16,
            b >> 16
        );
        // Each of these has a template of its own.
        let _ = write!(text, r#","job":"job {n} at {:016x}""#, if n % 24 == 7 { 0x9e37_79b9_7f4a_7c15 } else { a });
        let role = random(n % 4);
        let _ = write!(
            text,
            r#","role":"arn:aws:iam::123456789012:role/AROA{:016X}/{}""#,
            role,
            ["read", "write"][n as usize % 2]
        );
        let _ = write!(
            text,
            r#","seen":"2026-01-1{}T{:02}:00:00.{:03}Z","ratio":{}.{}"#,
            n % 10,
            a % 24,
            b % 1000,
            n % 3,
            n % 2
        );
        let _ = write!(text, r#","token":"{}""#, base64(a, b));
        let _ =
            write!(text, r#","tags":["t{}",{},null,{{}},[]],"note":"{}{}""#, n % 11, n % 2, "padding ".repeat(110), n);
        if n % 16 == 3 {
            text.push_str(r#","rare":{"deep":["x","y"]},"rare":false"#);
        }
        text.push_str("}\n");
    }
    text
}

fn base64(a: u64, b: u64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: u64| DIGITS[(if n < 10 { a >> (6 * n) } else { b >> (6 * (n - 10)) } & 63) as usize] as char;
    (0..20).map(digit).chain("aZ3".chars()).chain((0..9).map(digit)).collect()
}

fn counters() -> String {
    let mut text = String::new();
    for n in 0..OBJECT_EVENTS {
        let _ = writeln!(text, r#"{{"ts":{},"worker":{}}}"#, 1_768_472_000_000 + n * 1500, n * n % 7);
    }
    text
}

const LINES: &str = r#"{"message":"a lone \ud800","of":"a pair"}
this line is no JSON
{"message":"the last one"}
"#;

//! docs/format.md says what the code does: every tag and limit in its tables is the code's, and its example is a real segment.
use lakebed_core::format::address::Address;
use lakebed_core::format::directory::{Directory, GroupBounds};
use lakebed_core::format::limits;
use lakebed_core::format::paths::Paths;
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use lakebed_core::write::segment::Segment;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/format.md")).expect("docs/format.md")
}

/// The cells of a table's row, without back-quotes.
fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
}

/// `const NAME: u8 = 3;` and the like, in the part of a file that is not tests.
fn constants(source: &str) -> Vec<(String, String)> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let constant = |line: &str| {
        let rest = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("const ")?;
        let (name, rest) = rest.split_once(": ")?;
        let (kind, value) = rest.split_once(" = ")?;
        ["u8", "u32"].contains(&kind).then(|| (name.to_string(), value.trim_end_matches(';').to_string()))
    };
    code.lines().filter_map(constant).collect()
}

#[test]
fn tags_are_those_of_the_code() {
    let document = document();
    let mut checked = 0;
    for section in document.split("\n#").filter(|section| section.contains("Code: `crates/")) {
        let file = section.split("Code: `").nth(1).and_then(|rest| rest.split('`').next()).expect("a file");
        let source = std::fs::read_to_string(root().join(file)).expect(file);
        let known = constants(&source);
        let rows: Vec<Vec<String>> = section.lines().filter(|line| line.starts_with("| ")).map(cells).collect();
        let named = rows.iter().filter(|row| row[0].parse::<u8>().is_ok() && !row[1].is_empty());
        for row in named {
            let constant = (row[1].clone(), row[0].clone());
            assert!(known.contains(&constant), "{file} has no {constant:?}, it has {known:?}");
            checked += 1;
        }
        // And the other way round: a tag that the document does not know.
        let is_tag = |value: &str| value.parse::<u8>().is_ok_and(|value| value < 8);
        let tags = known.iter().filter(|(name, value)| is_tag(value) && !IN_MEMORY.contains(&name.as_str()));
        let unsaid = |(name, value): &&(String, String)| !rows.iter().any(|row| row[0] == *value && row[1] == *name);
        let has_tags = rows.iter().any(|row| ["tag", "placement", "marker", "code"].contains(&row[0].as_str()));
        let missing: Vec<_> = tags.filter(unsaid).filter(|_| has_tags).collect();
        assert!(missing.is_empty(), "{missing:?} of {file} are not in docs/format.md");
    }
    assert_eq!(checked, 29, "tags in docs/format.md");
}

/// Small constants of the code that are no bytes of a file.
const IN_MEMORY: [&str; 5] = ["DIGIT", "LOWER_HEX", "LOWER_REST", "MARKER_MAX", "RUN_LENGTH_BLOCK"];

#[test]
fn limits_are_those_of_the_code() {
    let document = document();
    let table = document.split("## Limits").nth(1).and_then(|rest| rest.split("## ").next()).expect("limits");
    let said: Vec<Vec<String>> = table.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    let said: Vec<(&str, u64)> = said.iter().map(|row| (row[0].as_str(), row[1].parse().expect("a number"))).collect();
    let known = [
        ("GROUP_PAGES_MAX", limits::GROUP_PAGES_MAX as u64),
        ("GROUP_ROWS_MAX", limits::GROUP_ROWS_MAX as u64),
        ("GROUP_VALUES_MAX", limits::GROUP_VALUES_MAX),
        ("PATHS_MAX", limits::PATHS_MAX as u64),
        ("DEPTH_MAX", u64::from(limits::DEPTH_MAX)),
        ("PAYLOAD_BYTES_MAX", limits::PAYLOAD_BYTES_MAX as u64),
        ("BUCKETS_MAX", limits::BUCKETS_MAX as u64),
    ];
    assert_eq!(said, known);
    let source = std::fs::read_to_string(root().join("crates/core/src/format/limits.rs")).expect("limits.rs");
    assert_eq!(source.matches("pub const ").count(), known.len());
}

fn example() -> Segment {
    let mut builder = Builder::new("i", BuilderOptions::default());
    builder.begin_object(ObjectStart { url: "o".to_string(), ..ObjectStart::default() }).expect("no object is open");
    builder.feed(b"{\"a\":1,\"b\":[\"x\"]}\n{\"a\":null}\n").expect("an object is open");
    builder.end_object().expect("an object is open");
    builder.take_segment().expect("it holds events")
}

/// The example's bytes with what they are.
fn dump(segment: &Segment) -> String {
    let file = &segment.data;
    let address = Address::read(&segment.address).expect("an address");
    let group = &address.groups[0];
    let place = |offset: u64, length: u32| offset as usize..offset as usize + length as usize;
    let schema = place(address.schema_offset(), address.schema.length);
    let paths = Paths::read(&file[schema.clone()]).expect("paths");
    let bounds = GroupBounds {
        strips_offset: group.strips_offset(),
        strips_length: u64::from(group.strips_length),
        bodies: &[group.pages[0].body_length],
        nodes: paths.len(),
    };
    let directory = place(group.offset, group.directory.length);
    let read = Directory::read(&file[directory.clone()], &bounds).expect("a directory");
    let end = file.len();
    let parts: [(&str, Range<usize>); 10] = [
        ("magic", 0..8),
        ("directory", directory),
        ("shapes", place(read.shapes.offset, read.shapes.frame.length)),
        ("rows", place(read.rows.offset, read.rows.frame.length)),
        ("bucket", place(address.terms_offset, address.bucket_lengths[0])),
        ("schema", schema),
        ("objects", place(address.objects_offset(), address.objects.length)),
        ("address", end - 12 - segment.address.len()..end - 12),
        ("length", end - 12..end - 8),
        ("magic", end - 8..end),
    ];
    let mut text = String::new();
    let mut at = 0;
    for (name, range) in parts {
        assert_eq!(range.start, at, "{name}");
        at = range.end;
        for (nth, line) in file[range.clone()].chunks(16).enumerate() {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let name = if nth == 0 { name } else { "" };
            let _ = writeln!(text, "{:4}  {name:10}{}", range.start + 16 * nth, hex.join(" "));
        }
    }
    assert_eq!(at, end);
    text
}

#[test]
fn the_example_is_a_real_segment() {
    let document = document();
    let said = document.split("## Example").nth(1).and_then(|rest| rest.split("```\n").nth(1)).expect("an example");
    let real = dump(&example());
    assert!(said == real, "the example in docs/format.md is not what the code writes, which is:\n{real}");
}

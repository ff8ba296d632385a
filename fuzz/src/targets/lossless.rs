//! From text to a segment and back: every event comes back as the value that it was.
use crate::lab::{build_segment, plan, rows};
use crate::sink::StrictSink;
use lakebed_core::parse::encoding::TextDecoder;
use lakebed_core::parse::registry::{Format, format_names};
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::parse::source::SourceParser;

pub fn run(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    // what is compressed is another target's
    if text.starts_with(&[0x1f]) || text.starts_with(&[0x28]) || text.get(1..4) == Some(&[0x2a, 0x4d, 0x18]) {
        return;
    }
    let names = format_names();
    let name = names[usize::from(choice) % names.len()];
    let told = parse(Format::by_name(name), text).events;
    let Some(segment) = build_segment(&[text], Some(name)) else {
        assert!(told.is_empty(), "events are lost");
        return;
    };
    let everything = plan(r#"{"op":"all","of":[]}"#, "null", "null", true);
    let mut back = rows(&everything, &segment.data, &segment.address).expect("a segment can be read");
    back.sort_by_key(|row| row.record);
    assert_eq!(back.len(), told.len(), "events are lost, or there are more than before");
    for (row, (event, _)) in back.iter().zip(&told) {
        // Within an array, as an event that stands alone may look like an envelope of others.
        let again = parse(Format::by_name("json"), &[b"[", row.json.as_slice(), b"]"].concat()).events;
        assert!(again.len() == 1 && value(&again[0].0) == value(event), "{}", String::from_utf8_lossy(&row.json));
    }
}

/// What is no object is kept as the member `message`.
fn value(event: &[u8]) -> Vec<u8> {
    if event.first() == Some(&b'{') { event.to_vec() } else { [b"{\xffkmessage\xff", event, b"}\xff"].concat() }
}

fn parse(format: Option<Format>, text: &[u8]) -> StrictSink {
    let (mut sink, mut parser) = (StrictSink::default(), SourceParser::new(SourceSettings::of_format(format), 0));
    let mut decoder = TextDecoder::default();
    decoder.feed(text, |text| parser.feed(text, &mut sink));
    decoder.finish(|text| parser.feed(text, &mut sink));
    parser.finish(&mut sink);
    sink
}

pub fn seeds() -> Vec<Vec<u8>> {
    super::parsers::seeds()
}

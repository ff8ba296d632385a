//! The list of source objects of a segment.
use lakebed_core::format::frame::Compressor;
use lakebed_core::format::objects::{SourceObject, put_objects, read_objects};

pub fn run(data: &[u8]) {
    let _ = read_objects(data);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let object = |url: &str| SourceObject { url: url.to_string(), modified_ns: 5, received_ns: 6, ..Default::default() };
    let mut frame = Vec::new();
    let list = [object("s3://logs/a.json.gz"), object("s3://logs/b.json.gz")];
    put_objects(&mut frame, &mut Compressor::new(), "web", &list);
    vec![frame]
}

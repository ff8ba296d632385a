//! The source objects of a segment.
//!
//! Layout of the frame: a payload with the name of the index that the segment belongs to, the number of objects, then for each: URL, time of modification and of receipt (signed ns), number of
//! events, and a byte that is 1 when the object was given up half-way: its rows are then never shown.
use super::frame::{Compressor, Payload};
use super::wire::{Wire, put_bytes, put_signed, put_varint};
use crate::error::DecodeError;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceObject {
    pub url: String,
    pub modified_ns: i64,
    pub received_ns: i64,
    pub events: u64,
    pub is_aborted: bool,
}

pub fn put_objects(out: &mut Vec<u8>, compressor: &mut Compressor, index: &str, objects: &[SourceObject]) {
    let mut plain = Vec::new();
    put_bytes(&mut plain, index.as_bytes());
    put_varint(&mut plain, objects.len() as u64);
    for object in objects {
        put_bytes(&mut plain, object.url.as_bytes());
        put_signed(&mut plain, object.modified_ns);
        put_signed(&mut plain, object.received_ns);
        put_varint(&mut plain, object.events);
        plain.push(u8::from(object.is_aborted));
    }
    compressor.put(out, &plain);
}

/// The index's name and the objects.
pub fn read_objects(frame: &[u8]) -> Result<(String, Vec<SourceObject>), DecodeError> {
    let plain = Payload::read(&mut Wire::new(frame))?.open()?;
    let mut wire = Wire::new(&plain);
    let index = String::from_utf8_lossy(wire.bytes()?).into_owned();
    let mut objects = Vec::new();
    for _ in 0..wire.count()? {
        objects.push(SourceObject {
            url: String::from_utf8_lossy(wire.bytes()?).into_owned(),
            modified_ns: wire.signed()?,
            received_ns: wire.signed()?,
            events: wire.varint()?,
            is_aborted: wire.byte()? != 0,
        });
    }
    wire.end()?;
    Ok((index, objects))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_back() {
        let objects =
            [SourceObject { url: "s3://b/k".into(), modified_ns: -1, received_ns: 7, events: 300, is_aborted: true }];
        let mut out = Vec::new();
        put_objects(&mut out, &mut Compressor::new(), "main", &objects);
        assert_eq!(read_objects(&out), Ok(("main".to_string(), objects.to_vec())));
    }
}

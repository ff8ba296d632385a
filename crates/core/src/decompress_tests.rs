//! Tests of `decompress`, kept apart for length.
use super::*;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

fn zstd_frame(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).expect("writes to memory")
}

/// Text that does not compress to nothing and is longer than a piece.
fn long_text() -> Vec<u8> {
    (0..120_000u32).flat_map(|number| format!("{} ", number.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

/// What comes out when the object arrives in parts of `part` bytes.
fn decode(object: &[u8], part: usize) -> (Vec<u8>, &'static str, Result<(), Damage>) {
    let mut decompressor = Decompressor::new(Limits::default());
    let mut text = Vec::new();
    let mut result = Ok(());
    for part in object.chunks(part) {
        result = decompressor.feed(part, |piece| text.extend_from_slice(piece));
        if result.is_err() {
            break;
        }
    }
    let result = result.and_then(|()| decompressor.finish(|piece| text.extend_from_slice(piece)));
    assert_eq!(decompressor.bytes_out(), text.len() as u64);
    if let Err(damage) = &result {
        assert_eq!(decompressor.finish(|_| ()), Err(damage.clone()));
        assert_eq!(decompressor.feed(b"x", |_| ()), Err(damage.clone()));
    }
    (text, decompressor.compression(), result)
}

fn damage(offset: usize, reason: &str) -> Result<(), Damage> {
    Err(Damage { offset: offset as u64, reason: reason.to_string() })
}

#[test]
fn every_compression_however_it_arrives() {
    let mut skippable = vec![0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    skippable.extend(zstd_frame(b"hello"));
    let named = GzBuilder::new().filename("a.json").comment("c").write(Vec::new(), Compression::fast());
    let mut named = named;
    named.write_all(b"hello").expect("writes to memory");
    let cases = [
        (b"hello".to_vec(), &b"hello"[..], "none"),
        (b"".to_vec(), b"", "none"),
        (b"\x1f".to_vec(), b"\x1f", "none"),
        (b"\x1f\x8b\x07".to_vec(), b"\x1f\x8b\x07", "none"),
        (b"PK".to_vec(), b"PK", "none"),
        (b"P*Mx".to_vec(), b"P*Mx", "none"),
        (b"(\xb5/".to_vec(), b"(\xb5/", "none"),
        (gzip(b"hello"), b"hello", "gzip"),
        (gzip(b""), b"", "gzip"),
        ([gzip(b"hel"), gzip(b""), gzip(b"lo")].concat(), b"hello", "gzip"),
        ([gzip(b"hello"), vec![0; 700]].concat(), b"hello", "gzip"),
        (named.finish().expect("writes to memory"), b"hello", "gzip"),
        (zstd_frame(b"hello"), b"hello", "zstd"),
        ([zstd_frame(b"hel"), zstd_frame(b""), zstd_frame(b"lo")].concat(), b"hello", "zstd"),
        (skippable, b"hello", "zstd"),
    ];
    for (object, text, compression) in cases {
        for part in [1, 2, 3, 7, 1000] {
            assert_eq!(decode(&object, part), (text.to_vec(), compression, Ok(())), "{object:?} by {part}");
        }
    }
}

#[test]
fn long_objects() {
    let text = long_text();
    assert!(text.len() > 4 * PIECE_BYTES);
    for object in [gzip(&text), zstd_frame(&text)] {
        for part in [1000, 65_536, usize::MAX] {
            let (decoded, _, result) = decode(&object, part);
            assert!(decoded == text && result == Ok(()), "parts of {part}");
        }
    }
}

#[test]
fn a_cut_object_gives_what_precedes_the_cut() {
    let text = long_text();
    for (object, what) in [(gzip(&text), "gzip member"), (zstd_frame(&text), "zstd frame")] {
        let cut = object.len() / 2;
        let (decoded, _, result) = decode(&object[..cut], 5000);
        assert_eq!(result, damage(cut, &format!("ends in the middle of a {what}")));
        assert!(decoded.len() > text.len() / 4 && text.starts_with(&decoded), "{} bytes", decoded.len());
    }
    // Without its last byte, which is of the trailer: all of the text, and still damaged.
    let object = gzip(&text);
    let (decoded, _, result) = decode(&object[..object.len() - 1], usize::MAX);
    assert!(decoded == text);
    assert_eq!(result, damage(object.len() - 1, "ends in the middle of a gzip member"));
}

#[test]
fn flipped_bytes_are_seen() {
    let text = long_text();
    let mut object = gzip(&text);
    let crc = object.len() - 8;
    object[crc] ^= 1;
    let (decoded, _, result) = decode(&object, usize::MAX);
    assert!(decoded == text);
    assert_eq!(result.map_err(|damage| damage.reason), Err("gzip data is damaged: incorrect data check".to_string()));

    let mut object = zstd_frame(&text);
    let middle = object.len() / 2;
    object[middle] ^= 0x55;
    object[middle + 1] ^= 0x55;
    let (decoded, _, result) = decode(&object, usize::MAX);
    assert!(decoded.len() > text.len() / 4 && text.starts_with(&decoded[..text.len() / 4]));
    assert!(result.is_err_and(|damage| damage.reason.starts_with("zstd data is damaged: ")));
}

#[test]
fn what_follows_the_last_member() {
    let object = [gzip(b"hello"), b"junk".to_vec()].concat();
    let expected = damage(object.len() - 4, "bytes that are no gzip member follow the last one");
    assert_eq!(decode(&object, 3), (b"hello".to_vec(), "gzip", expected));
    let object = [gzip(b"hello"), vec![0; 5], gzip(b"x")].concat();
    let offset = gzip(b"hello").len() + 5;
    let expected = damage(offset, "bytes that are no gzip member follow the last one");
    assert_eq!(decode(&object, 1000), (b"hello".to_vec(), "gzip", expected));
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0u8; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut frames = zstd::Encoder::new(Vec::new(), 1).expect("writes to memory");
    for _ in 0..100 {
        encoder.write_all(&zeros).expect("writes to memory");
        frames.write_all(&zeros).expect("writes to memory");
    }
    let bomb = frames.finish().expect("writes to memory");
    let mut decompressor = Decompressor::new(Limits::default());
    let mut longest = 0;
    let result = decompressor.feed(&bomb, |piece| longest = longest.max(piece.len()));
    let reason = "unfolds to more than 500 times its size, as a compression bomb does";
    assert_eq!(result.map_err(|damage| damage.reason), Err(reason.to_string()));
    assert_eq!(longest, 131_072);
    assert!(decompressor.bytes_out() <= RATIO_FREE_BYTES + PIECE_BYTES as u64);

    let bomb = encoder.finish().expect("writes to memory");
    let limits = Limits { output_bytes_max: 1_000_000, ratio_max: u64::MAX };
    let result = Decompressor::new(limits).feed(&bomb, |_| ());
    let reason = "unfolds to more than the limit of 1000000 bytes";
    assert_eq!(result.map_err(|damage| damage.reason), Err(reason.to_string()));
    assert_eq!(Decompressor::new(Limits { ratio_max: u64::MAX, ..limits }).feed(&gzip(b"x"), |_| ()), Ok(()));
}

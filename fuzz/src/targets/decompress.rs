//! Objects as stored: gzip, zstd, or neither. The same comes out however the bytes arrive.
use lakebed_core::decompress::{Decompressor, Limits};

const LIMITS: Limits = Limits { output_bytes_max: 4 << 20, ratio_max: 1000 };

pub fn run(data: &[u8]) {
    let whole = decode(data, usize::MAX);
    let pieces = decode(data, 7);
    assert_eq!(whole.1, pieces.1, "damage depends on how the bytes arrive");
    if whole.1 {
        return; // of a damaged object, more or less of what precedes the damage may come out
    }
    assert!(whole == pieces, "the text depends on how the bytes arrive");
}

/// What comes out, and whether the object is damaged.
fn decode(data: &[u8], part: usize) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    let mut decompressor = Decompressor::new(LIMITS);
    for piece in data.chunks(part) {
        if decompressor.feed(piece, |out| text.extend_from_slice(out)).is_err() {
            return (text, true);
        }
    }
    let result = decompressor.finish(|out| text.extend_from_slice(out));
    (text, result.is_err())
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut two_members = GZIP_HELLO.to_vec();
    two_members.extend(GZIP_HELLO);
    vec![GZIP_HELLO.to_vec(), two_members, ZSTD_HELLO.to_vec(), b"{\"a\": 1}\n".to_vec()]
}

/// `hello hello hello`, as gzip and zstd write it.
const GZIP_HELLO: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 200, 64, 144, 0, 128, 136, 249, 229, 17, 0, 0, 0,
];
const ZSTD_HELLO: &[u8] =
    &[40, 181, 47, 253, 4, 88, 101, 0, 0, 48, 104, 101, 108, 108, 111, 32, 1, 0, 49, 74, 17, 162, 237, 30, 12];

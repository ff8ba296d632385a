//! Fuzz targets: what each decoder must do with any bytes at all: decode or refuse, never panic, hang or take memory without bound.
//!
//! A target is a file in `targets/`, named for its decoder, with `run`, which is given the bytes, and `seeds`, which gives well-formed
//! ones to start from. The same targets run under libFuzzer (`make fuzz`) and under the deterministic mutation tests.
mod changed;
mod lab;
mod sink;
mod targets;

/// One decoder under test.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub use targets::TARGETS;

/// The target of that name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Takes two bytes from the front as a number up to `most`: counts that a decoder is told by something else that may be damaged.
pub(crate) fn take_count<'a>(data: &mut &'a [u8], most: usize) -> usize {
    let all: &'a [u8] = data;
    let Some((head, rest)) = all.split_at_checked(2) else { return 0 };
    *data = rest;
    usize::from(u16::from_le_bytes([head[0], head[1]])) % (most + 1)
}

/// Puts a count in front, as `take_count` reads it.
pub(crate) fn with_counts(counts: &[u16], body: &[u8]) -> Vec<u8> {
    counts.iter().flat_map(|count| count.to_le_bytes()).chain(body.iter().copied()).collect()
}

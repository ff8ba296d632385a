//! The tree of paths of a segment.
use lakebed_core::format::frame::Compressor;
use lakebed_core::format::paths::{Paths, put_paths};

pub fn run(data: &[u8]) {
    if let Ok(paths) = Paths::read(data) {
        let _ = (paths.len(), paths.is_empty(), paths.memory_bytes());
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let nodes: [(u32, Option<&[u8]>); 5] =
        [(0, Some(b"userIdentity")), (1, Some(b"arn")), (0, Some(b"resources")), (3, None), (4, Some(b"ARN"))];
    let mut frame = Vec::new();
    put_paths(&mut frame, &mut Compressor::new(), nodes.into_iter());
    vec![frame]
}

//! Parsers of log formats, one file each: bytes in, events out through an `EventSink`.
pub mod sink;

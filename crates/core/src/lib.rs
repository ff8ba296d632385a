//! The Lakebed engine: bytes in, bytes out. No I/O, no clock, no threads, no Python.
pub mod decompress;
pub mod error;
pub mod expression;
pub mod format;
pub mod grep;
pub mod merge;
pub mod mine;
pub mod parse;
pub mod search;
pub mod transform;
pub mod value;
pub mod write;

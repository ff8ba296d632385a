//! Parsers of log formats, one file each: bytes in, events out through an `EventSink`.
pub mod ignore;
pub mod json;
pub mod sink;
mod statistics;
#[cfg(test)]
mod tell;
mod utf8;

pub use statistics::Statistics;

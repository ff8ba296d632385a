//! Parsers of log formats, one file each: bytes in, events out through an `EventSink`.
pub mod access;
pub mod encoding;
pub mod event_time;
pub mod ignore;
pub mod json;
pub mod line_format;
mod lines;
pub mod registry;
pub mod settings;
pub mod sink;
pub mod source;
mod statistics;
#[cfg(test)]
mod tell;
pub mod text;
mod utf8;
pub mod vpcflow;

pub use registry::{Format, format_names};
pub use source::SourceParser;
pub use statistics::Statistics;

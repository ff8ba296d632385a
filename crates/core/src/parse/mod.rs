//! Parsers of log formats, one file each: bytes in, events out through an `EventSink`.
pub mod access;
pub mod apache_error;
pub mod audit;
pub mod cef;
pub mod cloudfront;
mod columns;
pub mod csv;
mod date_and_time;
pub mod elb;
pub mod haproxy;
pub mod ignore;
pub mod json;
pub mod leef;
pub mod line_format;
mod lines;
pub mod logfmt;
pub mod nginx_error;
pub mod registry;
pub mod route53;
pub mod s3access;
pub mod settings;
pub mod sink;
pub mod source;
pub mod squid;
mod statistics;
pub mod syslog;
#[cfg(test)]
mod tell;
pub mod text;
mod utf8;
pub mod vpcflow;
pub mod w3c;
pub mod zeek;

pub use registry::{Format, format_names};
pub use source::SourceParser;
pub use statistics::Statistics;

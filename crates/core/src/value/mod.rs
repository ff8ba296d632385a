//! What single values mean: times, numbers, addresses, tokens, patterns.
pub mod calendar;
pub mod cidr;
pub mod class;
pub mod column;
pub mod decimal;
pub mod integer;
pub mod java_time;
pub mod json;
pub mod needle;
pub mod pattern;
pub mod regex;
pub mod strftime;
pub mod syslog_time;
pub mod time;
pub mod time_forms;
pub mod token;
pub mod zone;

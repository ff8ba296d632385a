//! From events to segments: paths and columns in memory, row groups, the token table, the file.
pub mod batch;
pub mod builder;
pub mod dictionary;
pub mod group;
pub mod layout;
pub mod paths;
pub mod segment;
pub mod tokens;

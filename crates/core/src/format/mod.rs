//! The segment file: its sections and their encodings, each with its writer and reader side by side. See docs/format.md.
pub mod bits;
pub mod frame;
pub mod wire;

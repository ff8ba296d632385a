//! The segment file: its sections and their encodings, each with its writer and reader side by side. See docs/format.md.
pub mod address;
pub mod bits;
pub mod column;
pub mod directory;
pub mod frame;
pub mod ints;
pub mod limits;
pub mod objects;
pub mod paths;
pub mod rows;
pub mod shape;
pub mod template;
pub mod terms;
pub mod texts;
pub mod wire;

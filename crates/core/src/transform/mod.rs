//! Transforms: what is done to each event of a source between its parser and the lake, or the search over raw files.
//!
//! A program of steps is compiled once (`program`). An event becomes a tree (`tree`), the steps change it (`run`), and what is left
//! is told to the sink (`sink`). Steps never lose an event but where they are told to: one that cannot be transformed is kept as
//! it came, with the reason.
mod grow;
mod look_up;
mod mask;
mod names;
pub mod program;
mod run;
pub mod sink;
pub mod table;
mod tree;

pub use program::Program;
pub use sink::{Counts, Transform};
pub use table::Table;

#[cfg(test)]
mod tests;

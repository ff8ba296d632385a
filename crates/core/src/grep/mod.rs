//! A plan over raw source objects: decompress, parse, judge, without a segment to read from.
//!
//! What an event is, and whether it passes, must be what indexing and searching it would say. So the parsers are the same, each
//! test on a value is the same code (`search::filter`), and what is not a row of whole events (aggregates, chosen columns) goes
//! through a segment in memory and a leaf search over it. What is new is only how to be quick about text that cannot match.
pub mod answer;
pub mod judge;
pub mod lines;
pub mod output;
pub mod required;
pub mod run;
pub mod tape;

pub use run::{Grep, GrepReport, Wanted};

//! Answers within a stated error in bounded memory: how many different values, which value stands at a rank, which are frequent.
//!
//! Every sketch has the same five: update, merge, dump, load, and its answer with the bound. The algorithms and the bytes are those
//! of Apache DataSketches, so that its C++, Java and Python siblings read what is dumped here. No I/O, clock or threads: it also
//! compiles to WebAssembly.
//!
//! What `load` takes is what `dump` of the same sketch with the same parameters may give; anything else is an error, never a panic.
mod distinct;
mod frequent;
mod quantiles;

pub use distinct::{Distinct, HashedItem};
pub use frequent::{Frequent, FrequentItem};
pub use quantiles::Quantiles;

/// Why bytes are not a sketch, or two sketches do not merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SketchError(pub &'static str);

impl std::fmt::Display for SketchError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for SketchError {}

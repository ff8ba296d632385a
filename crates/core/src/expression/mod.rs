//! Scalar expressions: one value from the columns of one row. See docs/search-plan.md.
//!
//! Everything here is total. A value of the wrong type, a number that does not fit, text that is not what it should be: null,
//! never an error and never a panic, as the values come from logs. Only the expression itself can be wrong, and that is said
//! when it is compiled, before any row is looked at.
pub mod compile;
pub mod functions;
pub mod json;
pub mod number;
pub mod rows;
pub mod syntax;
pub mod value;

pub use compile::Expression;
pub use syntax::Syntax;
pub use value::Value;

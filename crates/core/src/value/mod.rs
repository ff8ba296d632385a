//! What single values mean: times, numbers, addresses, tokens, patterns.
pub mod class;
pub mod column;
pub mod needle;
pub mod pattern;
pub mod token;

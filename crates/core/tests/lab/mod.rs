//! What the tests of the engine share: random events, segments built of them, searches, and an obvious evaluator to compare with.
#![allow(dead_code, reason = "each test file uses its part")]
pub mod aggregates;
pub mod dice;
pub mod events;
pub mod filters;
pub mod index;
pub mod json;
pub mod loose;
pub mod merge;
pub mod reference;
pub mod sample;
pub mod search;
pub mod world;
pub mod written;

use proptest::test_runner::Config;

/// Cases of a property: `count`, or what `PROPTEST_CASES` says, to dig deeper.
pub fn cases(count: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    // A world holds hundreds of values; the first failing one is worth more than an hour of shrinking.
    Config { max_shrink_iters: 600, ..Config::with_cases(asked.unwrap_or(count)) }
}

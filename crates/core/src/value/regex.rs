//! Regular expressions: matched in linear time, and compiled within limits.
use regex::bytes::{Regex, RegexBuilder};

/// A compiled regular expression may take so much memory; `a{1000}{1000}` wants more and is refused.
pub const REGEX_BYTES_MAX: usize = 4 << 20;

/// The error says what is wrong with it.
pub fn compile_regex(regex: &str, ignore_case: bool) -> Result<Regex, String> {
    RegexBuilder::new(regex)
        .case_insensitive(ignore_case)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| format!("regular expression: {error}"))
}

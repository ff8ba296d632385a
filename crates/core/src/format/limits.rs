//! How large the parts of a segment may be. The writer stays below, the reader refuses more: what a damaged or hostile file claims
//! is never believed beyond these.

/// Pages of a group: the tokens of a group are collected with the pages as bits of a word.
pub const GROUP_PAGES_MAX: usize = 64;

/// Rows of a group. The standard page makes groups of 98,304; a row costs a reader some 40 bytes.
pub const GROUP_ROWS_MAX: usize = 1 << 20;

/// Values of a group, all columns together: the writer ends one at 4 million, and the text that a parser holds may add 17 million.
pub const GROUP_VALUES_MAX: u64 = 1 << 25;

/// Paths of a segment: the writer ends one at 200,000, and one more record may add a million.
pub const PATHS_MAX: usize = 1 << 21;

/// Levels of a path. The JSON parser reads 512.
pub const DEPTH_MAX: u32 = 1024;

/// Plain bytes of a payload: a group's 24 MiB, and one record of 64 MiB, twice over. Only damage claims more.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 28;

/// Buckets of the term index: their lengths stand in the address, which should stay small.
pub const BUCKETS_MAX: usize = 4096;

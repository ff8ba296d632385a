//! What single values mean: times, numbers, addresses, tokens, patterns.

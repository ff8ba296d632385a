"""Random events, filters, expressions and queries for property tests, one idea each."""

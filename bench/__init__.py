"""The benchmark: the same work beside DuckDB, ClickHouse, tantivy and ripgrep (`make bench`)."""

"""Queries over raw log files, without a lake: what `lakebed grep` and `lakebed.grep` do."""

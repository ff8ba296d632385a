"""Limits of the records of what a lake does."""

from __future__ import annotations

QUERY_RECORDS_EVERY_S = 60.0
"""Records of searches are written together after so long: a segment and a commit a minute, not one for each search."""

QUERY_RECORDS_WAITING_MAX = 10_000
"""Records that wait while the lake cannot be written; a kilobyte each. Older ones are dropped, and counted."""

REASON_CHARS_MAX = 2_000
"""Of the reason why an object or a search failed: an error's text, not a dump."""

"""What a search cost: counted, not estimated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_COUNTS = {
    "requests": "requests",
    "bytes_read": "bytes",
    "groups": "groups",
    "groups_read": "groups_read",
    "pages": "pages",
    "pages_read": "pages_read",
    "events_scanned": "events_scanned",
    "events_matched": "events_matched",
}
"""Our names and the engine's."""


@dataclass
class SearchCost:
    """Counts of one search; they grow while it runs.

    `segments_in_lake` are all, `segments_considered` those that index and time left, `segments_opened` those that
    were begun. `requests` and `bytes_read` went to the store, without what a cache answered; the request that looks for
    new commits is not among them. `rounds` is the longest chain of requests that waited for one another in a segment.
    """

    segments_in_lake: int = 0
    segments_considered: int = 0
    segments_opened: int = 0
    segments_missing: int = 0
    requests: int = 0
    rounds: int = 0
    bytes_read: int = 0
    groups: int = 0
    groups_read: int = 0
    pages: int = 0
    pages_read: int = 0
    events_scanned: int = 0
    events_matched: int = 0
    rows: int = 0
    milliseconds: float = 0.0
    is_partial: bool = False
    missing: list[MissingSegment] = field(default_factory=list)

    def add(self, counts: Mapping[str, int], before: Mapping[str, int]) -> None:
        """Adds what the engine counted for one task since it counted `before`."""
        self.rounds = max(self.rounds, counts.get("rounds", 0))
        for name, engine_name in _COUNTS.items():
            more = counts.get(engine_name, 0) - before.get(engine_name, 0)
            setattr(self, name, getattr(self, name) + more)

    def include(self, other: SearchCost) -> None:
        """Adds what a nested search cost; its rows are not rows of this answer."""
        for name in (*_COUNTS, "segments_opened"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for missing in other.missing:
            self.add_missing(missing.segment, missing.reason)

    def add_missing(self, key: str, reason: str) -> None:
        """Notes that a segment is not in the answer."""
        self.is_partial = True
        if all(known.segment != key for known in self.missing):
            self.segments_missing += 1
            self.missing.append(MissingSegment(key, reason))


@dataclass(frozen=True)
class MissingSegment:
    """A segment that could not be read, in an answer that was asked to be partial then."""

    segment: str
    reason: str

"""From what a segment says of itself to its entry in the catalog.

An indexer has the summary and the address from the engine when it has made the segment. The same two are inside the
file: `_core.segment_address` finds the address in the last bytes, `_core.segment_summary` the summary. So the catalog
can be made anew from the segments alone, by listing `segments/` and describing each with two small reads.

`repair/rebuild.py` does so, and says what must be thought of.
"""

from __future__ import annotations

import msgspec

from lakebed.catalog.entries import NewSegment


class SummaryObject(msgspec.Struct, frozen=True):
    """A source object in a segment; its place in the list is its number there."""

    url: str
    events: int


class SegmentSummary(msgspec.Struct, frozen=True):
    """The engine's summary of a segment."""

    events: int
    raw_bytes: int
    pages: int
    min_time_ns: int
    max_time_ns: int
    objects: list[SummaryObject]


def read_summary(summary: bytes) -> SegmentSummary:
    """The engine's JSON; it is ours, so that anything else is a broken invariant and raises as it is."""
    return msgspec.json.decode(summary, type=SegmentSummary)


def describe_segment(
    key: str,
    size_bytes: int,
    address: bytes,
    summary: SegmentSummary,
    dead: tuple[int, ...] = (),
) -> NewSegment:
    """The entry of a segment. `dead` are numbers of objects in it that do not count."""
    return NewSegment(
        key,
        summary.events,
        summary.raw_bytes,
        size_bytes,
        summary.pages,
        summary.min_time_ns,
        summary.max_time_ns,
        len(summary.objects),
        address,
        dead,
    )

"""Which segments are older than their index keeps events.

A segment goes when its newest event is too old; one that holds older and newer events stays until then. An event can
be dated in the future by a wrong clock: then the time at which the segment's data was indexed counts, so that nothing
stays for ever. What an expiry removes leaves the catalog at once, and the store when no search can need it any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.maintenance.keys import SECOND_NS, created_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lakebed.catalog.entries import SegmentEntry


def expired(entries: Iterable[SegmentEntry], retention_s: Mapping[str, int | None], now_ns: int) -> list[SegmentEntry]:
    """The segments whose events are all older than their index's retention; an index without one keeps everything."""
    oldest_kept = {name: now_ns - seconds * SECOND_NS for name, seconds in retention_s.items() if seconds is not None}
    found: list[SegmentEntry] = []
    for entry in entries:
        limit = oldest_kept.get(entry.index)
        if limit is not None and _newest_ns(entry, now_ns) < limit:
            found.append(entry)
    return found


def _newest_ns(entry: SegmentEntry, now_ns: int) -> int:
    """The newest event's time; of one in the future, when it came."""
    if entry.max_time_ns <= now_ns:
        return entry.max_time_ns
    created = created_ns(entry.key)
    return entry.max_time_ns if created is None else min(entry.max_time_ns, created)

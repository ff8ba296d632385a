"""Says on a terminal where the events are when a search found none: another time, another index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.times import format_time

if TYPE_CHECKING:
    from lakebed.api import Lake
    from lakebed.results import SearchResult


def where_events_are(lake: Lake, result: SearchResult) -> str:
    """A line for an answer without rows."""
    infos = lake.info(result.indexes)
    if not infos:
        return "nothing found: no index holds events"
    earliest = format_time(min(info.earliest_ns for info in infos))[:19]
    latest = format_time(max(info.latest_ns for info in infos))[:19]
    place = f"in index '{infos[0].index}'" if len(infos) == 1 else f"in {len(infos)} indexes"
    events = f"{sum(info.events for info in infos):,} events {place} are from {earliest} to {latest}"
    if result.cost.segments_considered == 0:
        return f"nothing found: no events in that time; the {events}"
    return f"nothing found; the {events}"

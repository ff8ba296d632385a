"""What is in each index, as far as the catalog says; no segment is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakebed.catalog.snapshot import Snapshot


@dataclass(frozen=True)
class IndexInfo:
    """One index. Times are nanoseconds since 1970 UTC; `raw_bytes` as the sources were, uncompressed.

    Events of objects that were replaced count until their segment is written anew.
    """

    index: str
    events: int
    earliest_ns: int
    latest_ns: int
    raw_bytes: int
    stored_bytes: int
    segments: int
    damaged_objects: int


def index_infos(snapshot: Snapshot, names: Iterable[str] | None = None) -> list[IndexInfo]:
    """The indexes that hold events, by name; None is all."""
    found: list[IndexInfo] = []
    for name in snapshot.indexes if names is None else sorted(set(names).intersection(snapshot.indexes)):
        entries = snapshot.entries(name)
        found.append(
            IndexInfo(
                name,
                sum(entry.events for entry in entries),
                min(entry.min_time_ns for entry in entries),
                max(entry.max_time_ns for entry in entries),
                sum(entry.raw_bytes for entry in entries),
                sum(entry.size_bytes for entry in entries),
                len(entries),
                sum(one.index == name and one.is_damaged for one in snapshot.flawed),
            )
        )
    return found

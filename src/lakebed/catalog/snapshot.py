"""The state of a lake after one commit: its segments by index. Never changes; a commit makes the next one.

A search holds one snapshot from start to end, so that a merge or a deletion meanwhile does not change its answer.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.entries import NO_FLAWS, FlawedObject, SegmentEntry, index_of_key
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lakebed.catalog.commit import CommitFile
    from lakebed.catalog.entries import SourceRecord

Segments = dict[str, dict[str, SegmentEntry]]
"""Index name → segment key → entry."""


class Snapshot:
    """Segments after commit `number`. `addresses` holds those that are in no checkpoint's pack yet."""

    def __init__(
        self,
        number: int,
        segments: Segments,
        addresses: Mapping[str, bytes],
        flawed: Sequence[FlawedObject] = (),
    ) -> None:
        self.number = number
        self._segments = segments
        self.addresses = addresses
        self.flawed = tuple(flawed)

    @property
    def indexes(self) -> list[str]:
        """Names of the indexes that have segments, sorted."""
        return sorted(name for name, entries in self._segments.items() if entries)

    @property
    def segment_count(self) -> int:
        """Segments in all indexes."""
        return sum(len(entries) for entries in self._segments.values())

    def entries(self, index: str | None = None) -> list[SegmentEntry]:
        """Entries of one index, or of all."""
        if index is not None:
            return list(self._segments.get(index, {}).values())
        return [entry for entries in self._segments.values() for entry in entries.values()]

    def entry(self, key: str) -> SegmentEntry | None:
        """The entry of a segment, or None."""
        return self._segments.get(index_of_key(key), {}).get(key)

    @functools.cached_property
    def keys_by_id(self) -> dict[int, str]:
        """Segment id → key; source records point with ids."""
        return {entry.segment_id: entry.key for entry in self.entries()}

    def prune(
        self,
        indexes: Iterable[str] | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> list[SegmentEntry]:
        """Segments that may hold events of these indexes (None: all) with since ≤ time < until (None: open)."""
        names = self.indexes if indexes is None else [name for name in indexes if name in self._segments]
        found: list[SegmentEntry] = []
        for name in names:
            entries = self._segments[name].values()
            if since_ns is None and until_ns is None:
                found.extend(entries)
                continue
            low = since_ns if since_ns is not None else -(1 << 63)
            high = until_ns if until_ns is not None else 1 << 63
            found.extend(e for e in entries if e.max_time_ns >= low and e.min_time_ns < high)
        return found

    def apply(self, commit: CommitFile) -> Snapshot:
        """The state after the next commit. Raises `CatalogError` when the commit does not fit this state."""
        if commit.number != self.number + 1:
            raise CatalogError(f"wanted commit {self.number + 1}, found {commit.number}")
        segments = dict(self._segments)
        addresses = dict(self.addresses)
        copied: set[str] = set()

        def of_index(key: str) -> dict[str, SegmentEntry]:
            name = index_of_key(key)
            if name not in copied:
                segments[name] = dict(segments.get(name, {}))
                copied.add(name)
            return segments[name]

        for key in commit.remove:
            if of_index(key).pop(key, None) is None:
                raise CatalogError(f"commit {commit.number} removes segment '{key}', which is not in the catalog")
            addresses.pop(key, None)
        for key, dead in commit.dead.items():
            entries = of_index(key)
            if key not in entries:
                raise CatalogError(f"commit {commit.number} changes segment '{key}', which is not in the catalog")
            entries[key] = msgspec.structs.replace(entries[key], dead=dead)
        for new in commit.add:
            of_index(new.key)[new.key] = new.entry()
            addresses[new.key] = new.address
        return Snapshot(commit.number, segments, addresses, _with_flawed(self.flawed, commit))

    def with_packed(self, packed: Iterable[SegmentEntry]) -> Snapshot:
        """The same state with the addresses of these entries in a pack."""
        segments = {name: dict(entries) for name, entries in self._segments.items()}
        addresses = dict(self.addresses)
        for entry in packed:
            segments[entry.index][entry.key] = entry
            addresses.pop(entry.key, None)
        return Snapshot(self.number, segments, addresses, self.flawed)


def empty_snapshot() -> Snapshot:
    """A lake that nothing was committed to."""
    return Snapshot(0, {}, {})


def _with_flawed(known: Sequence[FlawedObject], commit: CommitFile) -> Sequence[FlawedObject]:
    """Forgets objects that this commit records anew, and adds those of its own that are damaged or have flaws."""
    fresh = [_flawed(record, commit.number) for record in commit.sources if record.damage or record.flaws != NO_FLAWS]
    if not commit.sources or not (known or fresh):
        return known
    recorded = {(record.index, record.url) for record in commit.sources}
    found = [one for one in known if (one.index, one.url) not in recorded] + fresh
    excess = len(found) - config.FLAWED_OBJECTS_KEPT
    if excess <= 0:
        return found
    least = sorted(range(len(found)), key=lambda place: (found[place].is_damaged, place))
    gone = set(least[:excess])
    return [one for place, one in enumerate(found) if place not in gone]


def _flawed(record: SourceRecord, number: int) -> FlawedObject:
    offset, reason = (record.damage.offset, record.damage.reason) if record.damage else (None, "")
    return FlawedObject(record.index, record.url, offset, reason, number, record.flaws, record.discarded)

"""The state of a lake after one commit: its segments by index. Never changes; a commit makes the next one.

A search holds one snapshot from start to end, so that a merge or a deletion meanwhile does not change its answer.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.entries import NO_FLAWS, OWN_INDEX_PREFIX, FlawedObject, SegmentEntry, id_of_key, index_of_key
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lakebed.catalog.commit import CommitFile
    from lakebed.catalog.entries import Deletion, SourceRecord

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
        deletions: Sequence[Deletion] = (),
    ) -> None:
        self.number = number
        self._segments = segments
        self.addresses = addresses
        self.flawed = tuple(flawed)
        self._deletions = tuple(deletions)

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

    @functools.cached_property
    def deletions(self) -> tuple[Deletion, ...]:
        """Deletions that some segment may still hold events of, the oldest first. Looks at all segments."""
        waiting = list(self._deletions)
        found: list[Deletion] = []
        for entry in self.entries() if waiting else ():
            fresh = [one for one in waiting if one.concerns(entry)]
            if fresh:
                found += fresh
                waiting = [one for one in waiting if one not in fresh]
                if not waiting:
                    break
        return tuple(sorted(found, key=lambda one: one.number))

    def deletions_of(self, entry: SegmentEntry) -> tuple[Deletion, ...]:
        """Deletions whose events the segment may still hold: who reads it must leave them out."""
        if not self._deletions:
            return ()
        return tuple(one for one in self._deletions if one.concerns(entry))

    def prune(
        self,
        indexes: Iterable[str] | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> list[SegmentEntry]:
        """Segments that may hold events of these indexes with since ≤ time < until (None: open).

        None is all indexes but Lakebed's own: who asks for errors does not mean the records of what was done.
        """
        if indexes is None:
            names = [name for name in self.indexes if not name.startswith(OWN_INDEX_PREFIX)]
        else:
            names = [name for name in indexes if name in self._segments]
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

    def apply(self, *commits: CommitFile) -> Snapshot:
        """The state after the next commits. Raises `CatalogError` when they do not fit this state.

        Many at once cost little more than one: what they change is copied once.
        """
        segments = _Copies(self._segments)
        addresses = dict(self.addresses)
        flawed: Sequence[FlawedObject] = self.flawed
        deletions = list(self._deletions)
        number = self.number
        for commit in commits:
            if commit.number != number + 1:
                raise CatalogError(f"wanted commit {number + 1}, found {commit.number}")
            number = commit.number
            segments.apply(commit, addresses)
            flawed = _with_flawed(flawed, commit)
            deletions += commit.deletions
        found = Snapshot(number, segments.all, addresses, flawed, deletions)
        self._hand_on_ids(found, commits)
        return found

    def _hand_on_ids(self, newer: Snapshot, commits: Iterable[CommitFile]) -> None:
        """A writer that replaces objects wants the ids after each commit, and copying them for each takes a while: so
        the newer snapshot takes them over. Who asks the older one again makes them anew.
        """
        known = self.__dict__.pop("keys_by_id", None)
        if known is None:
            return
        for commit in commits:
            for key in commit.remove:
                known.pop(id_of_key(key), None)
            known.update((id_of_key(new.key), new.key) for new in commit.add)
        newer.__dict__["keys_by_id"] = known

    def with_packed(self, packed: Iterable[SegmentEntry]) -> Snapshot:
        """The same state with the addresses of these entries in a pack."""
        segments = {name: dict(entries) for name, entries in self._segments.items()}
        addresses = dict(self.addresses)
        for entry in packed:
            segments[entry.index][entry.key] = entry
            addresses.pop(entry.key, None)
        found = Snapshot(self.number, segments, addresses, self.flawed, self.deletions)
        if "keys_by_id" in self.__dict__:
            found.__dict__["keys_by_id"] = self.keys_by_id
        return found


class _Copies:
    """Segments of which an index is copied before it is changed: the older snapshot stays as it is."""

    def __init__(self, segments: Segments) -> None:
        self.all = dict(segments)
        self._copied: set[str] = set()

    def apply(self, commit: CommitFile, addresses: dict[str, bytes]) -> None:
        """What the commit does to segments and their addresses."""
        for key in commit.remove:
            if self.of(key).pop(key, None) is None:
                raise CatalogError(f"commit {commit.number} removes segment '{key}', which is not in the catalog")
            addresses.pop(key, None)
        for key, dead in commit.dead.items():
            self.replace(commit.number, key, dead=dead)
        for key, number in commit.swept.items():
            self.replace(commit.number, key, swept=number)
        merged = {move.into for move in commit.moves}
        for new in commit.add:
            # What is no merge of older segments is younger than every deletion so far.
            swept = new.swept if new.key in merged else commit.number
            self.of(new.key)[new.key] = msgspec.structs.replace(new.entry(), swept=swept)
            addresses[new.key] = new.address

    def of(self, key: str) -> dict[str, SegmentEntry]:
        """The entries of the segment's index, to be changed."""
        name = index_of_key(key)
        if name not in self._copied:
            self.all[name] = dict(self.all.get(name, {}))
            self._copied.add(name)
        return self.all[name]

    def replace(self, commit: int, key: str, **changes: int | tuple[int, ...]) -> None:
        """Changes an entry that must be there."""
        entries = self.of(key)
        if key not in entries:
            raise CatalogError(f"commit {commit} changes segment '{key}', which is not in the catalog")
        entries[key] = msgspec.structs.replace(entries[key], **changes)


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

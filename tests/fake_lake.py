"""Segments that are made up, with their events: what a lake shows can be told from its catalog without the engine."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import Deletion, Move, NewSegment, segment_key
from tests.lakes import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.catalog.snapshot import Snapshot


class FakeEvent(NamedTuple):
    """An event; no two have the same number."""

    number: int
    time_s: int
    kind: int


class FakeObject(NamedTuple):
    """A source object's events in a segment."""

    url: str
    version: int
    events: tuple[FakeEvent, ...]


class FakeSegments:
    """What is in each segment, by key."""

    def __init__(self) -> None:
        self.content: dict[str, list[FakeObject]] = {}
        self._numbers = itertools.count(1)

    def make(self, objects: Sequence[FakeObject], swept: int = 0) -> NewSegment:
        """A segment of these objects."""
        key = segment_key("web", "20260101T000000", next(self._numbers))
        self.content[key] = list(objects)
        events = [event for one in objects for event in one.events]
        times = [event.time_s * SECOND for event in events]
        address = b"address of " + key.encode()
        count = len(events)
        return NewSegment(key, count, 10 * count, 3, 1, min(times), max(times), len(objects), address, (), swept)

    def merge(self, snapshot: Snapshot, entries: Sequence[SegmentEntry], *, keeps_empty: bool) -> Changes:
        """What merging these segments of a snapshot commits, as the engine does it."""
        objects: list[FakeObject] = []
        moves: list[Move] = []
        for entry in entries:
            first = len(objects)
            dropped: list[int] = []
            deletions = snapshot.deletions_of(entry)
            for number, one in enumerate(self.content[entry.key]):
                left = tuple(event for event in one.events if not is_deleted(event, deletions))
                if number in entry.dead or not (left or keeps_empty):
                    dropped.append(number)
                else:
                    objects.append(one._replace(events=left))
            moves.append(Move(entry.key, "", first, tuple(dropped)))
        keys = [entry.key for entry in entries]
        if not any(one.events for one in objects):
            return Changes("merge", remove=keys)
        new = self.make(objects, snapshot.number)
        moves = [msgspec.structs.replace(move, into=new.key) for move in moves]
        return Changes("merge", [new], remove=keys, moves=moves)

    def visible(self, snapshot: Snapshot) -> list[int]:
        """Numbers of the events that a search finds, sorted; one that stands there twice is found twice."""
        found: list[int] = []
        for entry in snapshot.entries():
            deletions = snapshot.deletions_of(entry)
            for number, one in enumerate(self.content[entry.key]):
                if number not in entry.dead:
                    found += [event.number for event in one.events if not is_deleted(event, deletions)]
        return sorted(found)


def fake_deletion(kind: int, since_s: int | None = None, until_s: int | None = None) -> Deletion:
    """Of all events of a kind."""
    since, until = (None if one is None else one * SECOND for one in (since_s, until_s))
    return Deletion(0, "aa", "web", f"kind = {kind}", b"%d" % kind, since, until, "alice", "test")


def is_deleted(event: FakeEvent, deletions: Sequence[Deletion]) -> bool:
    """Whether one of the deletions has the event."""
    return any(
        event.kind == int(one.filter)
        and (one.since_ns is None or event.time_s * SECOND >= one.since_ns)
        and (one.until_ns is None or event.time_s * SECOND < one.until_ns)
        for one in deletions
    )

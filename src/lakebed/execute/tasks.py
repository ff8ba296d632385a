"""The tasks of one search: segments in the order that they are wanted, with addresses fetched as they come up.

A lake has hundreds of thousands of segments and an address is a few kB; a search that stops early must not fetch all.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import msgspec

from lakebed import config
from lakebed.execute.leaf import LeafTask
from lakebed.native import LeafSearch, engine_errors

if TYPE_CHECKING:
    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.execute.readers import ReaderCache
    from lakebed.native import SegmentReader

BLOCK = 256
"""Addresses fetched together: one read of about a megabyte from a pack."""


class TaskList(Sequence[LeafTask]):
    """One task for each entry, in their order. Thread-safe."""

    def __init__(self, state: State, entries: Sequence[SegmentEntry]) -> None:
        self._state = state
        self.entries = entries
        self._block = -1
        self._addresses: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, place: int) -> LeafTask: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[LeafTask]: ...
    def __getitem__(self, place: int | slice) -> LeafTask | Sequence[LeafTask]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        entry = self.entries[place]
        return LeafTask(entry.key, self._address(place, entry), entry.dead)

    def _address(self, place: int, entry: SegmentEntry) -> bytes:
        block = place // BLOCK
        with self._lock:
            if block != self._block:
                wanted = self.entries[block * BLOCK : (block + 1) * BLOCK]
                self._addresses = self._state.addresses.find(self._state.snapshot, wanted)
                self._block = block
            return self._addresses[entry.key]


def order_entries(entries: Sequence[SegmentEntry], *, newest_first: bool) -> list[SegmentEntry]:
    """Those first whose rows come first."""
    if newest_first:
        return sorted(entries, key=lambda entry: entry.max_time_ns, reverse=True)
    return sorted(entries, key=lambda entry: entry.min_time_ns)


def split_tasks(
    tasks: TaskList, plan: bytes, readers: ReaderCache, parallelism: int, *, newest_first: bool
) -> tuple[Sequence[LeafTask], list[SegmentEntry]]:
    """Splits large segments by row groups when there are fewer segments than threads. Gives an entry for each task.

    Not where the term index is asked first: each part would ask it anew, and mostly there is little left to share.
    """
    if not 0 < len(tasks) < parallelism:
        return tasks, list(tasks.entries)
    pieces = -(-parallelism // len(tasks))
    found: list[LeafTask] = []
    entries: list[SegmentEntry] = []
    for task, entry in zip(tasks, tasks.entries, strict=True):
        count, groups = 1, 1
        if entry.size_bytes >= config.SPLIT_SEGMENT_BYTES:
            reader = readers.find(task.key, task.address)
            groups = reader.groups
            count = 1 if _asks_index(task, plan, reader) else min(pieces, groups)
        if count <= 1:
            found.append(task)
            entries.append(entry)
            continue
        edges = [groups * number // count for number in range(count + 1)]
        parts = list(itertools.pairwise(edges))
        for part in reversed(parts) if newest_first else parts:
            found.append(LeafTask(task.key, task.address, task.dead, part))
            entries.append(entry)
    return found, entries


class _Explanation(msgspec.Struct, frozen=True):
    terms: list[str] = []


def _asks_index(task: LeafTask, plan: bytes, reader: SegmentReader) -> bool:
    with engine_errors(task.key):
        search = LeafSearch(plan, reader, dead_objects=list(task.dead))
        return bool(msgspec.json.decode(search.explain(), type=_Explanation).terms)

"""The tasks of one search: segments in the order that they are wanted, with addresses fetched as they come up.

A lake has hundreds of thousands of segments and an address is a few kB; a search that stops early must not fetch all.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import msgspec

from lakebed import config
from lakebed.execute.leaf import LeafTask, leaf_search
from lakebed.native import engine_errors

if TYPE_CHECKING:
    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.execute.readers import ReaderCache
    from lakebed.native import SegmentReader

BLOCK = 256
"""Addresses fetched together: one read of about a megabyte from a pack."""


EVEN_ROUNDS = 4
"""From so many segments for each thread on, no thread waits long for the last ones."""


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
        deletions = tuple(one.condition() for one in self._state.snapshot.deletions_of(entry))
        return LeafTask(entry.key, self._address(place, entry), entry.dead, index=entry.index, deletions=deletions)

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


@dataclass(frozen=True)
class TaskPlan:
    """The tasks of a search in their order; for each the segment that it reads, and its bound."""

    tasks: Sequence[LeafTask]
    entries: list[SegmentEntry]
    bounds: list[int]


def split_tasks(
    tasks: TaskList, plan: bytes, readers: ReaderCache, parallelism: int, *, newest_first: bool, is_aggregate: bool
) -> TaskPlan:
    """Splits large segments by row groups when there are fewer segments than threads.

    An aggregate reads all of its segments: with a few more of them than threads, the last ones are split, or most
    threads would wait for a few. Rows come in order and may be enough earlier.
    Not where the term index is asked first: each part would ask it anew, and mostly there is little left to share.
    """
    entries = list(tasks.entries)
    bounds = [entry.max_time_ns if newest_first else entry.min_time_ns for entry in entries]
    uneven = len(tasks) % parallelism if len(tasks) < parallelism * EVEN_ROUNDS else 0
    if not uneven or not (is_aggregate or len(tasks) < parallelism):
        return TaskPlan(tasks, entries, bounds)
    whole = len(tasks) - uneven
    pieces = -(-parallelism // uneven)
    found = list(zip(tasks[:whole], entries, bounds, strict=False))
    for task, entry, bound in zip(tasks[whole:], entries[whole:], bounds[whole:], strict=True):
        if entry.size_bytes < config.SPLIT_SEGMENT_BYTES:
            found.append((task, entry, bound))
            continue
        reader = readers.find(task.key, task.address)
        if _asks_index(task, plan, reader):
            found.append((task, entry, bound))
            continue
        parts = _split(task, reader, pieces, newest_first=newest_first)
        found += [(part, entry, part_bound) for part, part_bound in parts]
    return TaskPlan([task for task, _, _ in found], [entry for _, entry, _ in found], [bound for _, _, bound in found])


def _split(task: LeafTask, reader: SegmentReader, pieces: int, *, newest_first: bool) -> list[tuple[LeafTask, int]]:
    """Parts of one segment with their bounds, which follow from the times of their row groups."""
    count = min(pieces, reader.groups)
    edges = [reader.groups * number // count for number in range(count + 1)]
    found: list[tuple[LeafTask, int]] = []
    for low, high in itertools.pairwise(edges):
        times = reader.group_times[low:high]
        bound = max(latest for _, latest in times) if newest_first else min(earliest for earliest, _ in times)
        found.append((msgspec.structs.replace(task, groups=(low, high)), bound))
    return found[::-1] if newest_first else found


class _Explanation(msgspec.Struct, frozen=True):
    terms: list[str] = []


def _asks_index(task: LeafTask, plan: bytes, reader: SegmentReader) -> bool:
    with engine_errors(task.key):
        search = leaf_search(task, plan, reader)
        return bool(msgspec.json.decode(search.explain(), type=_Explanation).terms)

"""Which segments still hold what is no longer in the lake: events that were deleted, objects that were replaced.

Searches leave both out at once; their bytes go when the segment is written anew. That happens with the next merge, or
here, alone: for a deletion within the next rounds, for replaced objects once they are half of a segment. A segment in
which no event passes a deletion's filter is only marked: asking the index costs a few reads, writing costs all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed.execute.leaf import LeafRun, LeafTask, run_to_the_end
from lakebed.native import SegmentReader, engine_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import Deletion, SegmentEntry
    from lakebed.catalog.snapshot import Snapshot
    from lakebed.storage.store import Store

DEAD_SHARE = 0.5
"""Of a segment's objects: with more of them dead, writing the others anew halves the segment at least."""


def due_sweeps(snapshot: Snapshot, merged: Iterable[str] = ()) -> list[SegmentEntry]:
    """Segments to sweep, those with deletions first, then those with most dead. Not the ones that are merged anyway."""
    others = set(merged)
    deleted: list[SegmentEntry] = []
    dead: list[SegmentEntry] = []
    for entry in snapshot.entries():
        if entry.key in others:
            continue
        if snapshot.deletions_of(entry):
            deleted.append(entry)
        elif len(entry.dead) > DEAD_SHARE * entry.objects:
            dead.append(entry)
    dead.sort(key=lambda entry: (entry.size_bytes * -len(entry.dead) / entry.objects, entry.key))
    return [*sorted(deleted, key=lambda entry: entry.key), *dead]


def holds_deleted(
    store: Store, state: State, entry: SegmentEntry, *, is_stopped: Callable[[], bool] = lambda: False
) -> bool:
    """Whether an event of the segment passes the filter of a deletion that waits for it.

    Raises `StorageError`, `CorruptSegmentError`. Of a search that was stopped the answer is true.
    """
    address = state.addresses.find(state.snapshot, [entry])[entry.key]
    with engine_errors(entry.key):
        reader = SegmentReader(address, entry.key)
    task = LeafTask(entry.key, address, entry.dead, index=entry.index)
    for deletion in state.snapshot.deletions_of(entry):
        run = LeafRun(task, _plan(deletion), store.get_ranges, reader, is_aggregate=False, is_cancelled=is_stopped)
        if any(part.rows for part in run_to_the_end(run)) or is_stopped():
            return True
    return False


def _plan(deletion: Deletion) -> bytes:
    """A search for one event that the deletion is about."""
    return msgspec.json.encode(
        {
            "version": deletion.plan_version,
            "since_ns": deletion.since_ns,
            "until_ns": deletion.until_ns,
            "filter": msgspec.Raw(deletion.filter),
            "newest_first": True,
            "limit": 1,
            "columns": [],
            "aggregate": None,
            "use_index": True,
        }
    )

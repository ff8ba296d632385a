"""Carries out a merge: inputs through the engine, the new segment into the store, one commit that swaps them.

Nothing is locked. Searches hold the state from before, whose files stay for a day; indexers go on; a second maintainer
that merged the same segments makes ours void, or is void itself. What dies before its commit leaves a file that nothing
names. A segment with a deletion in it, or with objects that were replaced, is rewritten in the same way, alone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.changes import Changes
from lakebed.catalog.describe import describe_segment, read_summary
from lakebed.catalog.entries import Move, NewSegment, segment_key
from lakebed.errors import LakebedError, StorageError
from lakebed.maintenance.inputs import Inputs
from lakebed.maintenance.keys import created_text, merged_key
from lakebed.native import Merge, SegmentReader, engine_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.native import Segment
    from lakebed.storage.store import Store

ROUNDS_MAX = 10_000_000
"""Rounds of reads of one merge: an engine that asks for ever must not hang maintenance."""


class Stopped(Exception):  # noqa: N818 - a signal, not an error
    """The caller wants no more."""


@dataclass(frozen=True)
class Merged:
    """What became of one merge. `is_void`: an input was gone when it was to be committed, nothing changed."""

    removed: tuple[str, ...] = ()
    added: str = ""
    """Key of the new segment; empty when no event was left."""

    raw_bytes: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    deleted_events: int = 0
    is_void: bool = False


def merge(
    store: Store,
    catalog: Catalog,
    state: State,
    entries: Sequence[SegmentEntry],
    generation: int,
    random_bits: Callable[[], int],
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Merged:
    """Replaces the segments, which are of one index and in `state`, by one without dead objects and deleted events.

    Raises `StorageError`, `CorruptSegmentError`, `LimitError` (too much for one segment) and `Stopped`; the lake is as
    it was then, but after a failed commit, of which nobody knows whether it went through.
    """
    work = Merge(index=entries[0].index)
    addresses = state.addresses.find(state.snapshot, entries)
    for entry in entries:
        deletions = [one.condition() for one in state.snapshot.deletions_of(entry)]
        with engine_errors(entry.key):
            work.add(SegmentReader(addresses[entry.key], entry.key), dead_objects=entry.dead, deletions=deletions)
    with Inputs(store, entries) as inputs, engine_errors(f"merge of {len(entries)} segments of '{entries[0].index}'"):
        for _ in range(ROUNDS_MAX):
            if is_stopped():
                raise Stopped
            needs = work.needs()
            if not needs:
                break
            work.feed(inputs.read(needs))
        else:
            raise LakebedError(f"the engine asked for more than {ROUNDS_MAX} rounds of reads")
        segment = work.finish()
    key = _key(entries, generation, random_bits())
    new = _describe(key, segment, state.snapshot.number)
    if segment is not None:
        store.put(key, segment.data)
    del segment  # it holds the file's bytes
    outcome = catalog.commit(_changes(entries, new, work.moved()))
    if outcome.is_void:
        _remove(store, key)
    return Merged(
        removed=() if outcome.is_void else tuple(entry.key for entry in entries),
        added=new.key if new and not outcome.is_void else "",
        raw_bytes=new.raw_bytes if new else 0,
        bytes_read=inputs.bytes_read,
        bytes_written=new.size_bytes if new else 0,
        deleted_events=work.deleted_events(),
        is_void=outcome.is_void,
    )


def _key(entries: Sequence[SegmentEntry], generation: int, random: int) -> str:
    created = max(created_text(entry.key) for entry in entries)
    index = entries[0].index
    return merged_key(index, created, generation, random) if generation else segment_key(index, created, random)


def _describe(key: str, segment: Segment | None, swept: int) -> NewSegment | None:
    """The entry of the new segment. All deletions up to `swept` are carried out in it."""
    if segment is None:
        return None
    found = describe_segment(key, len(segment.data), segment.address, read_summary(segment.summary))
    return msgspec.structs.replace(found, swept=swept)


def _changes(
    entries: Sequence[SegmentEntry], new: NewSegment | None, moved: Sequence[tuple[int, list[int]]]
) -> Changes:
    keys = [entry.key for entry in entries]
    if new is None:
        return Changes("merge", remove=keys)
    moves = [Move(key, new.key, first, tuple(dropped)) for key, (first, dropped) in zip(keys, moved, strict=True)]
    return Changes("merge", add=[new], remove=keys, moves=moves)


def _remove(store: Store, key: str) -> None:
    """Of what was in vain; garbage collection finds what stays behind."""
    with contextlib.suppress(StorageError):
        store.delete(key)

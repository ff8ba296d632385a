"""Whether checkpoints are what the commits before them add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from lakebed.catalog.checkpoint import State, read_checkpoint
from lakebed.catalog.commit import CATALOG_FOLDER, REBUILD, checkpoint_key, commit_key, parse_key
from lakebed.catalog.load import apply_commit, empty_state, read_commit
from lakebed.errors import LakebedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.storage.store import Store


class _Counts(Protocol):
    checkpoints: int


def check_replay(store: Store, counts: _Counts) -> Iterator[tuple[str, str]]:
    """Reads every commit and checkpoint that is there, and compares. Yields the file and what is wrong with it."""
    commits, checkpoints = catalog_files(store)
    state: State | None = empty_state(store) if commits[:1] == [1] else None
    for number in sorted({*commits, *checkpoints}):
        if number in commits:
            if state is not None and state.snapshot.number != number - 1:
                yield commit_key(number), f"commit {state.snapshot.number + 1} before it is missing"
                state = None
            try:
                commit = read_commit(store, number)
                # After a rebuild the checkpoint of its number is where everything begins.
                state = None if state is None or commit.action == REBUILD else apply_commit(state, commit)
            except LakebedError as error:
                yield commit_key(number), str(error)
                state = None
        if number in checkpoints:
            counts.checkpoints += 1
            try:
                found = read_checkpoint(store, number)
                if state is not None and state.snapshot.number == number:
                    yield from ((checkpoint_key(number), what) for what in _differences(state, found))
                found.sources.run()
            except LakebedError as error:
                yield checkpoint_key(number), str(error)
                continue
            state = found


def catalog_files(store: Store) -> tuple[list[int], list[int]]:
    """The numbers of the commits and of the checkpoints that are there, in order."""
    commits: list[int] = []
    checkpoints: list[int] = []
    for info in store.list(CATALOG_FOLDER):
        parsed = parse_key(info.key)
        if parsed is not None:
            (commits if parsed[0] == "commit" else checkpoints).append(parsed[1])
    return commits, checkpoints


def _differences(replayed: State, found: State) -> Iterator[str]:
    ours = {entry.key: _plain(entry) for entry in replayed.snapshot.entries()}
    theirs = {entry.key: _plain(entry) for entry in found.snapshot.entries()}
    wrong = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
    if wrong:
        yield f"{len(wrong)} segments are not as the commits have them, among them '{wrong[0]}'"
    if replayed.snapshot.deletions != found.snapshot.deletions:
        yield "its deletions are not those of the commits"
    if replayed.sources.run() != found.sources.run():
        yield "its source objects are not those of the commits"


def _plain(entry: SegmentEntry) -> SegmentEntry:
    """Without the place of the address, which a replay does not have."""
    return msgspec.structs.replace(entry, pack=-1, address_offset=0, address_bytes=0)

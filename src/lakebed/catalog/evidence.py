"""What can still be read of a damaged catalog: not a state, but facts that stay true whatever else was committed.

A segment that was removed stays removed. A source record is true of the segments that it points to. A deletion holds.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.checkpoint import read_checkpoint
from lakebed.catalog.commit import CommitFile, checkpoint_key, commit_key
from lakebed.catalog.entries import Deletion, id_of_key
from lakebed.catalog.load import COMMITS_AT_ONCE, empty_state, read_commit
from lakebed.catalog.replay import catalog_files
from lakebed.errors import LakebedError, TransientStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.catalog.sources import SourceTable
    from lakebed.storage.store import Store


@dataclass
class Evidence:
    """`last` is the highest number of a commit or checkpoint, readable or not. `known` has the ids of segments that
    were committed and, as far as is known, not removed.
    """

    sources: SourceTable
    last: int = 0
    removed: set[str] = field(default_factory=set)
    known: dict[int, str] = field(default_factory=dict)
    deletions: dict[str, Deletion] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def gather(store: Store) -> Evidence:
    """Reads all commits and the newest checkpoint that can be read. Raises `StorageError` only when the store fails."""
    commits, checkpoints = catalog_files(store)
    found = Evidence(empty_state(store).sources, max([0, *commits, *checkpoints]))
    base = _newest_checkpoint(store, checkpoints, found)
    for commit in _readable(store, commits, found):
        found.removed.update(commit.remove)
        found.deletions.update((one.id, one) for one in commit.deletions)
        if commit.number > base:
            found.sources.apply(commit.sources, commit.moves)
            found.known.update((id_of_key(new.key), new.key) for new in commit.add)
    for key in found.removed:
        found.known.pop(id_of_key(key), None)
    return found


def _newest_checkpoint(store: Store, checkpoints: list[int], found: Evidence) -> int:
    for number in reversed(checkpoints):
        try:
            state = read_checkpoint(store, number)
            state.sources.run()
        except TransientStorageError:
            raise
        except LakebedError as error:
            found.unreadable.append((checkpoint_key(number), str(error)))
            continue
        found.sources = state.sources
        found.known = dict(state.snapshot.keys_by_id)
        found.deletions.update((one.id, one) for one in state.snapshot.deletions)
        return number
    return 0


def _readable(store: Store, numbers: list[int], found: Evidence) -> Iterator[CommitFile]:
    def read(number: int) -> CommitFile | str:
        try:
            return read_commit(store, number)
        except TransientStorageError:
            raise
        except LakebedError as error:
            return str(error)

    with ThreadPoolExecutor(config.PARALLEL_RANGES) as pool:
        for start in range(0, len(numbers), COMMITS_AT_ONCE):
            some = numbers[start : start + COMMITS_AT_ONCE]
            for number, commit in zip(some, pool.map(read, some), strict=True):
                if isinstance(commit, str):
                    found.unreadable.append((commit_key(number), commit))
                else:
                    yield commit

"""Reads the newest state of a lake: the latest checkpoint, and the commits after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.addresses import AddressBook
from lakebed.catalog.checkpoint import State, read_checkpoint, read_hint
from lakebed.catalog.commit import CATALOG_FOLDER, REBUILD, commit_key, parse_key
from lakebed.catalog.commit_lines import decode_commit
from lakebed.catalog.snapshot import empty_snapshot
from lakebed.catalog.sources import SourceFiles, SourceTable
from lakebed.errors import CatalogError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.commit import CommitFile
    from lakebed.storage.store import Store

COMMITS_AT_ONCE = 500
"""Commit files held in memory while replaying; a lake whose checkpoints all failed may have many."""


def load_state(store: Store) -> State:
    """The state after the newest commit; an empty one where there is no lake. Raises `CatalogError`, `StorageError`.

    Requests: the hint, one listing, the checkpoint, and one for each commit after it (about 32 at most).
    """
    hint = read_hint(store)
    checkpoint, commits = _list(store, hint)
    if hint and checkpoint < hint:
        # What the hint names is gone, or it was written by someone else's hand: believe the listing alone.
        checkpoint, commits = _list(store, 0)
    try:
        state = read_checkpoint(store, checkpoint) if checkpoint else empty_state(store)
    except NotFoundError as error:
        raise CatalogError(f"the catalog of '{store.url}' changed while it was read; try again") from error
    last = checkpoint
    for start in range(0, len(commits), COMMITS_AT_ONCE):
        found = _read_commits(store, commits[start : start + COMMITS_AT_ONCE])
        for commit in found:
            if commit.number != last + 1:
                raise CatalogError(
                    f"the catalog of '{store.url}' has no commit {last + 1} (file '{commit_key(last + 1)}'), "
                    "but later ones; restore the file, or see `lakebed catalog rebuild`"
                )
            last = commit.number
        state = apply_commits(state, found)
    return state


def empty_state(store: Store) -> State:
    """The state of a lake that nothing was committed to."""
    return State(empty_snapshot(), AddressBook(store, []), SourceTable(SourceFiles(), store.get))


def apply_commit(state: State, commit: CommitFile) -> State:
    """The state after one more commit. Raises `CatalogError` when it does not fit, or no commit leads there."""
    return apply_commits(state, [commit])


def apply_commits(state: State, commits: Sequence[CommitFile]) -> State:
    """The same for several."""
    for commit in commits:
        if commit.action == REBUILD:
            raise CatalogError(f"the catalog was made anew at commit {commit.number}: open the lake again")
    snapshot = state.snapshot.apply(*commits)
    for commit in commits:
        state.sources.apply(commit.sources, commit.moves)
    return State(snapshot, state.addresses, state.sources, state.checkpoint)


def read_commit(store: Store, number: int) -> CommitFile:
    """One commit. Raises `NotFoundError`, `CatalogError`."""
    key = commit_key(number)
    return decode_commit(store.get(key), key)


def _list(store: Store, hint: int) -> tuple[int, list[int]]:
    """The newest checkpoint (0: none) and the numbers of the commits after it."""
    checkpoint, commits = 0, []
    after = f"{CATALOG_FOLDER}{hint:020}" if hint else ""
    for info in store.list(CATALOG_FOLDER, after):
        parsed = parse_key(info.key)
        if parsed is None:
            continue
        kind, number = parsed
        if kind == "checkpoint":
            checkpoint = max(checkpoint, number)
        else:
            commits.append(number)
    return checkpoint, sorted(number for number in commits if number > checkpoint)


def _read_commits(store: Store, numbers: list[int]) -> list[CommitFile]:
    if len(numbers) <= 2:
        return [read_commit(store, number) for number in numbers]
    with ThreadPoolExecutor(config.PARALLEL_RANGES) as pool:
        return list(pool.map(lambda number: read_commit(store, number), numbers))

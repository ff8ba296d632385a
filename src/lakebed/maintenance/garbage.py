"""Deletes what nobody can need any more: segments that no commit names, old commits, checkpoints and what they named.

A file goes only when it was named by nothing for a whole grace period, at every look (marks.py says how that is
counted). The periods are longer than any reader holds an old state and any writer an uncommitted segment.
Who deleted events is told by the index `_audit`, not by commits.

A lake whose catalog was lost looks as if all of its segments were garbage. So when the catalog's commits are behind
what an earlier look has seen, nothing is deleted and the look fails: `lakebed catalog rebuild` makes it anew.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.commit import commit_key, parse_key
from lakebed.catalog.load import read_commit
from lakebed.errors import CatalogError, NotFoundError, StorageError
from lakebed.maintenance.inventory import Inventory, take_inventory
from lakebed.maintenance.keys import SECOND_NS, is_segment_key
from lakebed.maintenance.marks import MARKS_KEY, Mark, Marks, read_marks, write_marks
from lakebed.maintenance.temporaries import is_temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class GarbageReport:
    """What a look found and did."""

    files_deleted: int = 0
    bytes_deleted: int = 0
    commits_deleted: int = 0
    files_waiting: int = 0
    """Named by nothing, but not for long enough."""

    files_failed: int = 0
    """The store did not let them be deleted; the next look tries again."""


def collect(
    store: Store,
    catalog: Catalog,
    now_ns: int,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> GarbageReport | None:
    """One look, None when it is not time for one.

    Raises `CatalogError` when the catalog cannot be trusted, and `StorageError`. Safe beside readers, writers and
    others that do the same.
    """
    before = read_marks(store)
    if not catalog.is_created or not _is_due(before, now_ns):
        return None
    found = take_inventory(store, catalog)
    if found.commit < before.commit:
        raise CatalogError(
            f"the catalog of '{store.url}' is at commit {found.commit}, and was at {before.commit}: was it lost? "
            f"nothing is deleted; run `lakebed catalog rebuild`, and delete '{MARKS_KEY}' when the lake is right"
        )
    removed = _removed_since(store, before, found)
    unnamed = islice(found.unnamed, config.GARBAGE_MARKS_MAX)
    marks = before.aged(now_ns, unnamed, removed or frozenset(), found.commit, found.opening)
    if removed is None:
        marks = marks.renewed(key for key in marks.marks if is_segment_key(key) and not marks.is_removed(key))
    write_marks(store, marks)
    return _delete(store, marks, found, is_stopped)


def _is_due(marks: Marks, now_ns: int) -> bool:
    """A clock that went back makes a look due: else a jump ahead would end all looks."""
    since_s = (now_ns - marks.looked_ns) // SECOND_NS
    return not 0 <= since_s < config.GARBAGE_EVERY_S


def _grace_s(key: str, mark: Mark) -> int:
    if is_temporary(key):
        return config.TEMPORARY_GRACE_S
    if not is_segment_key(key):
        return config.SUPERSEDED_GRACE_S
    return config.REMOVED_GRACE_S if mark.is_removed else config.ORPHAN_GRACE_S


def _removed_since(store: Store, before: Marks, found: Inventory) -> frozenset[str] | None:
    """Segments that commits since the last look have removed; None when that cannot be told.

    So a file that waited for its commit for days, was named and soon removed again is not taken for an old orphan.
    Costs a request for each of these commits, once.
    """
    unknown = [key for key in found.unnamed if is_segment_key(key) and not before.is_removed(key)]
    if not before.looked_ns or not unknown:
        return frozenset()
    if found.commit - before.commit > config.GARBAGE_COMMITS_READ_MAX:
        return None

    def removed_by(number: int) -> Sequence[str]:
        return read_commit(store, number).remove

    try:
        with ThreadPoolExecutor(config.PARALLEL_RANGES) as pool:
            lists = pool.map(removed_by, range(before.commit + 1, found.commit + 1))
            return frozenset(key for keys in lists for key in keys)
    except (NotFoundError, CatalogError):
        return None  # the last look was so long ago that they are gone, or one is damaged and a rebuild stands on it


def _delete(store: Store, marks: Marks, found: Inventory, is_stopped: Callable[[], bool]) -> GarbageReport:
    ripe = [key for key, mark in marks.marks.items() if mark.age_s >= _grace_s(key, mark)]
    old = [commit_key(number) for number in sorted(found.commits) if number <= marks.history_until]
    deleted: set[str] = set()
    for batch in _in_order(ripe, old):
        gone = set(delete_all(store, batch, is_stopped))
        deleted |= gone
        if len(gone) < len(batch):
            break
    files = [key for key in ripe if key in deleted]
    return GarbageReport(
        files_deleted=len(files),
        bytes_deleted=sum(found.unnamed[key] for key in files),
        commits_deleted=len(deleted) - len(files),
        files_waiting=len(marks.marks) - len(ripe),
        files_failed=0 if is_stopped() else len(ripe) + len(old) - len(deleted),
    )


def _in_order(ripe: Sequence[str], old: Sequence[str]) -> list[Sequence[str]]:
    """What goes after what, so that a look that is cut short leaves no checkpoint without its files, and no gap between
    commits that a check would take for a loss: without the first commit nothing is replayed.
    """
    checkpoints = [key for key in ripe if parse_key(key) is not None]
    others = [key for key in ripe if parse_key(key) is None]
    return [checkpoints, others, old[:1], old[1:]]


def delete_all(store: Store, keys: Iterable[str], is_stopped: Callable[[], bool]) -> Iterator[str]:
    """Deletes, several at once; gives the keys that are gone."""

    def delete(key: str) -> str | None:
        if is_stopped():
            return None
        try:
            store.delete(key)
        except StorageError:
            return None
        return key

    with ThreadPoolExecutor(config.PARALLEL_RANGES) as pool:
        yield from (key for key in pool.map(delete, keys) if key is not None)

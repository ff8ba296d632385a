"""What is asked of a lake when it is in doubt, by its URL: what was committed, whether all of it is there and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.catalog.history import CommitInfo, history
from lakebed.catalog.verify import Verified, verify
from lakebed.errors import NotFoundError, UsageError
from lakebed.execute.leaf import LeafRun, LeafTask, run_to_the_end
from lakebed.native import SegmentReader, engine_errors
from lakebed.query.compile import compile_query
from lakebed.repair.rebuild import Rebuilt, rebuild
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.storage.store import Store

HISTORY_MAX = 100_000
"""Commits that are told at once: each is a request."""


def lake_history(url: str, limit: int = 20) -> list[CommitInfo]:
    """The newest commits of a lake, the newest first. Raises `NotFoundError`, `CatalogError`."""
    if not 1 <= limit <= HISTORY_MAX:
        raise UsageError(f"not a number of commits: {limit}; wanted 1 to {HISTORY_MAX:,}")
    found = history(open_store(url), limit)
    if not found:
        raise NotFoundError(f"no lake at '{url}'; `lakebed index` makes one")
    return found


def verify_lake(url: str, *, deep: bool = False) -> Verified:
    """Whether the lake is what its catalog says; `deep` reads every event, and so the checksums of all events.

    Raises `NotFoundError` where nothing is, and `StorageError`. What is wrong with the lake is in the result.
    """
    store = open_store(url)
    if next(iter(store.list("")), None) is None:
        raise NotFoundError(f"no lake at '{url}'; `lakebed index` makes one")
    return verify(store, deep_check(store) if deep else None)


def deep_check(store: Store) -> Callable[[SegmentEntry, bytes], str]:
    """Reads all events of a segment, those that do not count included, and compares their number."""
    plan = compile_query("*", newest_first=False).plan_bytes()

    def check(entry: SegmentEntry, address: bytes) -> str:
        with engine_errors(entry.key):
            reader = SegmentReader(address, entry.key)
        task = LeafTask(entry.key, address, index=entry.index)
        events = 0
        for part in run_to_the_end(LeafRun(task, plan, store.get_ranges, reader, is_aggregate=False)):
            events += len(part.rows)
        return "" if events == entry.events else f"has {events:,} events; the catalog says {entry.events:,}"

    return check


def rebuild_lake(url: str, *, dry_run: bool = True, force: bool = False) -> Rebuilt:
    """Makes the catalog of a lake anew from its segments; `dry_run` tells what that would be. See `rebuild`.

    Nobody else may write to the lake meanwhile. Raises `UsageError` when the catalog can be read and `force` is not
    said, `NotFoundError`, `StorageError`, `CatalogError`.
    """
    return rebuild(open_store(url), dry_run=dry_run, force=force)

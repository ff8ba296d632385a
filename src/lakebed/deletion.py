"""Deletes by query: one commit makes the events invisible, and says in the index `_audit` who wanted that and why."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import AUDIT_INDEX
from lakebed.errors import LimitError
from lakebed.ingest.own_events import write_own_events
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from lakebed.catalog.catalog import Catalog
    from lakebed.catalog.entries import Deletion
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class Deleted:
    """What became of a deletion. `commit` is None when nothing was done: no event passed, or it was not confirmed.

    `events` passed the filter when they were counted, just before.
    """

    index: str
    events: int
    id: str = ""
    commit: int | None = None


def commit_deletion(
    store: Store, catalog: Catalog, deletion: Deletion, events: int, *, counted_at: int, time_ns: int
) -> Deleted:
    """Makes the deletion true. Raises `LimitError` when too many wait to be carried out, `StorageError`."""
    waiting = len(catalog.snapshot.deletions)
    if waiting >= config.DELETIONS_PENDING_MAX:
        raise LimitError(
            f"{waiting} deletions wait to be carried out (limit DELETIONS_PENDING_MAX): "
            "merge or rewrite the segments first, `lakebed maintain`"
        )
    told = {
        "time": format_time(time_ns),
        "action": "delete",
        "id": deletion.id,
        "by": deletion.by,
        "reason": deletion.reason,
        "index": deletion.index,
        "query": deletion.query,
        "since": None if deletion.since_ns is None else format_time(deletion.since_ns),
        "until": None if deletion.until_ns is None else format_time(deletion.until_ns),
        "events": events,
        "counted_at_commit": counted_at,
    }
    catalog.open_for_writing()
    audit = write_own_events(store, AUDIT_INDEX, f"audit/{deletion.id}", [told], time_ns)
    outcome = catalog.commit(Changes("delete", [audit], deletions=[deletion]))
    assert outcome.commit is not None, "a deletion is always something to commit"
    return Deleted(deletion.index, events, deletion.id, outcome.commit.number)


def process_user() -> str:
    """Name of the user that the process runs as, as the system knows it, not as the environment says."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"

"""What was committed to a lake, the newest first, from the commit files that are there."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.commit import CATALOG_FOLDER, parse_key
from lakebed.catalog.load import read_commit

if TYPE_CHECKING:
    from lakebed.catalog.commit import CommitFile
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class CommitInfo:
    """One commit. `segments_added` and so on are counts; `events` are those of the segments added.

    `what` is said in words where there is more to say: the filter of a deletion, and why it was made.
    """

    number: int
    time_ns: int
    action: str
    writer: str
    segments_added: int
    segments_removed: int
    objects: int
    events: int
    what: str = ""


def history(store: Store, limit: int) -> list[CommitInfo]:
    """The newest commits. Old ones may have been cleaned away. Raises `CatalogError` for one that is damaged.

    Requests: a listing, and one for each commit.
    """
    numbers: deque[int] = deque(maxlen=limit)
    for info in store.list(CATALOG_FOLDER):
        found = parse_key(info.key)
        if found is not None and found[0] == "commit":
            numbers.append(found[1])
    with ThreadPoolExecutor(config.PARALLEL_RANGES) as pool:
        commits = pool.map(lambda number: read_commit(store, number), reversed(numbers))
        return [_info(commit) for commit in commits]


def _info(commit: CommitFile) -> CommitInfo:
    what = [f"{one.query} in '{one.index}' by {one.by}: {one.reason}" for one in commit.deletions]
    return CommitInfo(
        commit.number,
        commit.time_ns,
        commit.action,
        commit.writer,
        len(commit.add),
        len(commit.remove),
        len(commit.sources),
        sum(new.events for new in commit.add),
        "; ".join(what),
    )

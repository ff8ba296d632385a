"""Lets raw objects go that are indexed and older than their source keeps them.

What was received or pulled lies below `raw/` before it is indexed. Whether an object may go is asked of the catalog
alone: it must have a record of the object in exactly the version that lies there. So what waits, what was set aside,
what a rebuild of the catalog was not sure of, and all of a lake whose catalog was lost stay, however old they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.entries import source_version
from lakebed.maintenance.garbage import delete_all
from lakebed.maintenance.keys import SECOND_NS, created_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.catalog.catalog import Catalog
    from lakebed.storage.store import ObjectInfo, Store

_BELOW_FOLDER = re.compile(r"\d{4}/\d\d/\d\d/\d\d/\d{8}T\d{6}\.\d{3}-[0-9a-f]{16}\.(ndjson|log)\.gz")


@dataclass(frozen=True)
class RawSource:
    """Where the raw objects of a source are, what index they go into, and how long they are kept."""

    folder: str
    index: str
    keep_s: int
    url_of: Callable[[str], str]
    """The address of an object by its key, as the catalog has it."""


@dataclass(frozen=True)
class RawReport:
    """What was deleted. `is_cut_short`: there may be more."""

    objects: int = 0
    size_bytes: int = 0
    is_cut_short: bool = False


def is_raw_key(folder: str, key: str) -> bool:
    """Whether the key is one that Lakebed gives to a raw object; other files there are not ours to judge."""
    return key.startswith(folder) and _BELOW_FOLDER.fullmatch(key, len(folder)) is not None


def let_go(
    store: Store,
    catalog: Catalog,
    source: RawSource,
    now_ns: int,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> RawReport:
    """Deletes what may go, the oldest first, up to a limit. Raises `StorageError`; safe beside everything else."""
    ripe: dict[str, int] = {}
    for info in _indexed_before(store, catalog, source, now_ns - source.keep_s * SECOND_NS):
        if is_stopped() or len(ripe) >= config.RAW_DELETED_MAX:
            break
        ripe[info.key] = info.size_bytes
    gone = list(delete_all(store, ripe, is_stopped))
    is_cut_short = len(ripe) >= config.RAW_DELETED_MAX or len(gone) < len(ripe)
    return RawReport(len(gone), sum(ripe[key] for key in gone), is_cut_short)


def _indexed_before(store: Store, catalog: Catalog, source: RawSource, limit_ns: int) -> Iterator[ObjectInfo]:
    """Those that the catalog knows in this version. Keys begin with the time of arrival, so that only old ones are
    listed; the store's own time must be as old, as the key tells that of the receiver's clock.
    """
    damaged = {one.url for one in catalog.snapshot.flawed if one.index == source.index and one.offset is not None}
    for info in store.list(source.folder):
        arrived_ns = created_ns(info.key) if is_raw_key(source.folder, info.key) else None
        if arrived_ns is None:
            continue
        if arrived_ns >= limit_ns:
            return
        url = source.url_of(info.key)
        version = source_version(info.size_bytes, info.modified_ns, info.etag)
        if info.modified_ns < limit_ns and url not in damaged and catalog.is_indexed(source.index, url, version):
            yield info

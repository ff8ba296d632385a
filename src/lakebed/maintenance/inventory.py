"""What lies in a lake, and which of it the catalog still names.

Only files with names that Lakebed itself gives are looked at: whatever else someone keeps there is not touched.
Segments are listed before the catalog is read, so that one that is committed in between is named by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.checkpoint import read_checkpoint
from lakebed.catalog.commit import CATALOG_FOLDER, parse_key
from lakebed.catalog.entries import SEGMENT_FOLDER
from lakebed.catalog.selftest import SELFTEST_PREFIX
from lakebed.maintenance.keys import is_segment_key
from lakebed.maintenance.temporaries import find_temporaries

if TYPE_CHECKING:
    from lakebed.catalog.catalog import Catalog
    from lakebed.catalog.checkpoint import State
    from lakebed.storage.store import Store

OPENINGS_KEPT = 2
"""Checkpoints that are kept, with all they name: should the newest be damaged, the lake opens from the one before."""

_BESIDE_CHECKPOINT = re.compile(rf"{CATALOG_FOLDER}\d{{20}}-[0-9a-f]{{8}}\.(addresses|sources|redirects)")


@dataclass
class Inventory:
    """What a look found. `unnamed` are keys with sizes, `commits` numbers of files, `commit` is the newest.

    `opening` is the oldest commit that a kept checkpoint is of: those up to it are history.
    """

    unnamed: dict[str, int] = field(default_factory=dict)
    commits: list[int] = field(default_factory=list)
    commit: int = 0
    opening: int = 0


@dataclass
class _CatalogFiles:
    commits: list[int] = field(default_factory=list)
    checkpoints: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    leftovers: dict[str, int] = field(default_factory=dict)


def take_inventory(store: Store, catalog: Catalog) -> Inventory:
    """Looks at all of the lake. Raises `StorageError`, and `CatalogError` when a checkpoint cannot be read."""
    segments = _segments_unknown_to(store, catalog)
    files = _list_catalog(store)
    state = catalog.refresh()
    found = Inventory(commit=state.snapshot.number, commits=files.commits)
    for key, size in segments.items():
        if state.snapshot.entry(key) is None:
            found.unnamed[key] = size
    kept = sorted(files.checkpoints, reverse=True)[:OPENINGS_KEPT]
    named = {*kept, *_names_in(state)}
    for key in kept:
        named |= _names_of(store, key)
    if len(kept) == OPENINGS_KEPT:
        found.opening = _number(kept[-1])
    newest = _number(kept[0]) if kept else 0
    for key, size in {**files.checkpoints, **files.beside}.items():
        # What is newer than the listing's newest checkpoint may belong to one that is being written.
        if key not in named and _number(key) <= newest:
            found.unnamed[key] = size
    found.unnamed |= files.leftovers | find_temporaries(store)
    return found


def _segments_unknown_to(store: Store, catalog: Catalog) -> dict[str, int]:
    snapshot = catalog.snapshot
    found: dict[str, int] = {}
    for info in store.list(SEGMENT_FOLDER):
        if is_segment_key(info.key) and snapshot.entry(info.key) is None:
            found[info.key] = info.size_bytes
            if len(found) >= config.GARBAGE_MARKS_MAX:
                break
    return found


def _list_catalog(store: Store) -> _CatalogFiles:
    found = _CatalogFiles()
    for info in store.list(CATALOG_FOLDER):
        parsed = parse_key(info.key)
        if parsed is not None and parsed[0] == "commit":
            found.commits.append(parsed[1])
        elif parsed is not None:
            found.checkpoints[info.key] = info.size_bytes
        elif _BESIDE_CHECKPOINT.fullmatch(info.key):
            found.beside[info.key] = info.size_bytes
        elif info.key.startswith(SELFTEST_PREFIX):
            found.leftovers[info.key] = info.size_bytes
    return found


def _names_of(store: Store, checkpoint: str) -> set[str]:
    """The files that a checkpoint names."""
    return _names_in(read_checkpoint(store, _number(checkpoint)))


def _names_in(state: State) -> set[str]:
    files = state.sources.files
    return {*state.addresses.packs, *files.runs, files.redirects}


def _number(key: str) -> int:
    """The number that a catalog file's name begins with."""
    return int(key[len(CATALOG_FOLDER) :][:20])

"""The lookup tables of a lake: files under `lookups/` beside its segments.

A table is one object, replaced as a whole. A search sees the version that stands there when it begins, and keeps it in
memory for the next: what a listing says of the object (its tag, else its time and size) tells whether it is the same.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.errors import NotFoundError, UsageError
from lakebed.query.lookup.file import SUFFIXES, LookupFile, check_size, suffix_of
from lakebed.query.lookup.limits import LOOKUP_CACHE_BYTES, LOOKUP_TABLES_MAX
from lakebed.query.suggest import did_you_mean

if TYPE_CHECKING:
    import os

    from lakebed.storage.store import ObjectInfo, Store

FOLDER = "lookups/"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class LookupInfo:
    """A table as a listing shows it. Columns and rows are known of CSV and JSON files that were opened."""

    name: str
    size_bytes: int
    modified_ns: int


class Lookups:
    """The tables of one lake; `lake.lookups`. Any number of threads may use it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[object, LookupFile]] = {}
        """By name, the one used last at the end."""

    def add(self, name: str, source: str | os.PathLike[str]) -> LookupInfo:
        """Adds the file at `source` as the table `name`, in place of one that has this name.

        The end of the name, or else of the file's, tells the format: .csv, .json, .jsonl, .ndjson or .mmdb. The file is
        read whole first: `UsageError` says line and column of what is wrong with it.
        """
        path = Path(source)
        has_suffix = _stem(name) != "" and name.rpartition(".")[2].lower() in SUFFIXES
        full = name if has_suffix else f"{name}{path.suffix.lower()}"
        _check_name(full)
        try:
            check_size(full, path.stat().st_size)
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read '{path}': {(error.strerror or 'system error').lower()}") from error
        LookupFile(full, data).check()
        others = [info.name for info in self.list() if _stem(info.name) == _stem(full) and info.name != full]
        self._store.put(FOLDER + full, data)
        for other in others:
            self._store.delete(FOLDER + other)
        found = self._store.head(FOLDER + full)
        return LookupInfo(full, found.size_bytes, found.modified_ns)

    def list(self) -> list[LookupInfo]:
        """The tables, by name."""
        return [LookupInfo(name, info.size_bytes, info.modified_ns) for name, info in self._objects().items()]

    def remove(self, name: str) -> None:
        """Removes a table; raises `NotFoundError` when there is none of that name."""
        self._store.delete(FOLDER + self._find(name, self._objects()))

    def open(self, name: str) -> LookupFile:
        """The newest version of a table; the end of its name may be left out."""
        objects = self._objects()
        full = self._find(name, objects)
        info = objects[full]
        version = info.etag or (info.modified_ns, info.size_bytes)
        with self._lock:
            kept = self._kept.pop(full, None)
            if kept is not None and kept[0] == version:
                self._kept[full] = kept
                return kept[1]
        check_size(full, info.size_bytes)
        file = LookupFile(full, self._store.get(FOLDER + full))
        with self._lock:
            self._kept[full] = (version, file)
            while len(self._kept) > 1 and sum(one.size_bytes for _, one in self._kept.values()) > LOOKUP_CACHE_BYTES:
                del self._kept[next(iter(self._kept))]
        return file

    def _objects(self) -> dict[str, ObjectInfo]:
        found: dict[str, ObjectInfo] = {}
        for info in self._store.list(FOLDER):
            name = info.key.removeprefix(FOLDER)
            if _NAME.fullmatch(name) is None:
                continue
            if len(found) == LOOKUP_TABLES_MAX:
                raise UsageError(f"more than {LOOKUP_TABLES_MAX} lookup tables in '{self._store.url}'")
            found[name] = info
        return found

    def _find(self, name: str, objects: dict[str, ObjectInfo]) -> str:
        if name in objects:
            return name
        of_stem = [known for known in objects if _stem(known) == name]
        if of_stem:
            return of_stem[0]
        hint = did_you_mean(name, objects) if objects else "; it has none yet: `lakebed lookup add` adds one"
        raise NotFoundError(f"no lookup table '{name}' in this lake{hint}")


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"not a name of a lookup table: '{name}'; wanted letters, digits, '_', '-' and '.'")
    suffix_of(name)

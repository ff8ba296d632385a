"""A file of a lookup table: its format by its name, read once for each choice of keys."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.query.lookup.csv_table import read_csv
from lakebed.query.lookup.json_table import read_json
from lakebed.query.lookup.limits import LOOKUP_BYTES_MAX, LOOKUP_MMDB_BYTES_MAX
from lakebed.query.lookup.mmdb_table import MmdbLookup
from lakebed.query.lookup.table import RowLookup, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.lookup.table import Lookup

SUFFIXES = ("csv", "json", "jsonl", "ndjson", "mmdb")
"""What the end of a file's name may be."""


class LookupFile:
    """One version of a table's file. Any number of searches and threads may share it."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self._lock = threading.Lock()
        self._rows: Rows | None = None
        self._ready: dict[tuple[str, ...], Lookup] = {}

    @property
    def is_mmdb(self) -> bool:
        """Whether it is a table by address whose columns depend on the record."""
        return suffix_of(self.name) == "mmdb"

    @property
    def size_bytes(self) -> int:
        """Of the file."""
        return len(self.data)

    def rows(self) -> Rows:
        """All rows of a CSV or JSON file. Raises `UsageError` with the place of what is wrong."""
        with self._lock:
            return self._read()

    def by(self, keys: Sequence[str]) -> Lookup:
        """The table by these keys, which a table by address takes one of, under any name."""
        if self.is_mmdb and len(keys) != 1:
            raise UsageError(f"the lookup table '{self.name}' takes one key: the address")
        wanted = ("address",) if self.is_mmdb else tuple(keys)
        with self._lock:
            if wanted not in self._ready:
                is_mmdb = self.is_mmdb
                self._ready[wanted] = (
                    MmdbLookup(self.data, self.name) if is_mmdb else RowLookup(self._read(), wanted, self.name)
                )
            return self._ready[wanted]

    def check(self) -> None:
        """Reads all of it; raises `UsageError` when it is no table."""
        check_size(self.name, self.size_bytes)
        if self.is_mmdb:
            self.by(["address"])
        else:
            self.rows()

    def _read(self) -> Rows:
        if self._rows is None:
            read = read_csv if suffix_of(self.name) == "csv" else read_json
            self._rows = read(self.data, self.name)
        return self._rows


def suffix_of(name: str) -> str:
    """The format that the name of a file tells; raises `UsageError` for one that is none."""
    suffix = name.rpartition(".")[2].lower()
    if suffix not in SUFFIXES or "." not in name:
        known = ", ".join(f".{one}" for one in SUFFIXES)
        raise UsageError(f"'{name}' is no lookup table: wanted a name that ends with one of {known}")
    return suffix


def check_size(name: str, size_bytes: int) -> None:
    """Raises `UsageError` for a file that is too large."""
    most = LOOKUP_MMDB_BYTES_MAX if suffix_of(name) == "mmdb" else LOOKUP_BYTES_MAX
    if size_bytes > most:
        raise UsageError(f"'{name}' has {size_bytes:,} bytes; a table of its kind has at most {most:,}")

"""MMDB files (MaxMind DB, as GeoLite2 and IPinfo come) as lookup tables by address."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, cast

from lakebed.errors import UsageError
from lakebed.query.lookup.limits import LOOKUP_COLUMNS_MAX, MMDB_NETWORKS_SAMPLED
from lakebed.query.lookup.table import Found
from lakebed.query.values import flatten, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import maxminddb

    from lakebed.model import JsonValue, Scalar

VALUE_COLUMN = "value"
"""The column of a record that is no object."""


class MmdbLookup:
    """Records of an MMDB file by address. Its columns are those of its first networks."""

    def __init__(self, data: bytes, name: str) -> None:
        self._reader = open_mmdb(data, name)
        self._name = name
        columns: dict[str, None] = {}
        try:
            for _, record in itertools.islice(self._reader, MMDB_NETWORKS_SAMPLED):
                columns.update(dict.fromkeys(_flat(cast("JsonValue", record))))
        except Exception as error:
            raise UsageError(f"'{name}' is damaged: {error}") from error
        self._columns = tuple(itertools.islice(columns, LOOKUP_COLUMNS_MAX))

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Lookup.columns`."""
        return self._columns

    @property
    def is_open(self) -> bool:
        """See `Lookup.is_open`."""
        return True

    def find(self, keys: Sequence[str]) -> Found | None:
        """See `Lookup.find`; the key is the text of an address."""
        try:
            found = self._reader.get(keys[0].partition("%")[0])
        except ValueError:
            return None  # no address, or an IPv6 address in a file of IPv4
        except Exception as error:
            raise UsageError(f"the lookup table '{self._name}' is damaged: {error}") from error
        return None if found is None else Found(_flat(cast("JsonValue", found)))


def open_mmdb(data: bytes, name: str) -> maxminddb.Reader:
    """Raises `UsageError` when the library is not installed, or the bytes are no such file."""
    try:
        import maxminddb
    except ImportError as error:
        raise UsageError(f"'{name}' needs maxminddb: pip install 'lakebed[mmdb]'") from error
    try:
        return maxminddb.open_database(io.BytesIO(data), maxminddb.MODE_FD)
    except Exception as error:
        raise UsageError(f"'{name}' is no MMDB file: {error}") from error


def _flat(record: JsonValue) -> dict[str, Scalar]:
    if not isinstance(record, dict):
        record = {VALUE_COLUMN: record}
    columns: dict[str, Scalar] = {}
    for name, value in flatten(record):
        is_plain = isinstance(value, str | bool | int | float)
        columns.setdefault(name, value if is_plain else text_of(value))
    return columns

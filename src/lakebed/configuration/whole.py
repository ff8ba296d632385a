"""Reads a `lakebed.toml`: as a whole, so that one run tells all that is wrong with it."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lakebed.catalog.entries import check_index_name
from lakebed.configuration.file import read_toml
from lakebed.configuration.model import Configuration
from lakebed.configuration.option import option, required
from lakebed.configuration.overlaps import check_overlaps
from lakebed.configuration.places import state_url, store_url
from lakebed.configuration.plain_secrets import check_no_secrets
from lakebed.configuration.problems import Problems
from lakebed.configuration.sources import read_sources
from lakebed.configuration.table import read_table
from lakebed.configuration.tables import IndexConfig, ReceiveConfig, RunConfig, UsageConfig
from lakebed.configuration.value import Surroundings, Value, Wrong
from lakebed.errors import UsageError
from lakebed.lookups import Lookups
from lakebed.storage.open import open_store
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.query.lookup.file import LookupFile
    from lakebed.secret import Secret

T = TypeVar("T")

STATE_FILE = "lakebed-state.db"
"""Beside the file, when it names no state."""

TABLES = ("indexes", "sources", "run", "receive", "usage")


@dataclass(frozen=True)
class LakeKey:
    """The one key that every file has."""

    lake: str = required(store_url, "where the lake is: a folder, or `s3://bucket/prefix`, `gs://…`, `az://…`", "")


@dataclass(frozen=True)
class TopKeys(LakeKey):
    """Keys at the top of the file, before its first table."""

    state: str | Secret = option(
        state_url,
        "what runners share besides the lake: a file (SQLite), or `postgresql+psycopg://user@host/database`; a URL "
        'with a password stands elsewhere: `"env:NAME"` or `"file:PATH"`',
        "",
        shown=f'"{STATE_FILE}"',
    )


def read(
    path: str | os.PathLike[str],
    *,
    environment: Mapping[str, str] | None = None,
    now: datetime.datetime | None = None,
) -> Configuration:
    """What the file says. Raises `ConfigError`, which lists all that is wrong, and `UsageError` when there is no file.

    Relative paths in it start at its folder. Transforms are read and compiled, for which the keys of masks must be in
    `environment`; other secrets are not read. No store is asked, but for a lookup table of the lake that a transform
    wants. `now` decides which indicators of threats have expired.
    """
    top = _top(Path(path), os.environ if environment is None else environment, now)
    found = _read_all(Path(path), top)
    top.surroundings.problems.raise_if_any()
    return found


def read_lake(file: Path) -> str:
    """The lake that a file names; nothing else of it is looked at. Raises `ConfigError` and `UsageError`."""
    top = _top(file, {}, None)
    found: dict[str, object] = top.found  # type: ignore[assignment] # the top of a file is a table
    lake = read_table(top, LakeKey, known=tuple(found)).values.get("lake", "")
    top.surroundings.problems.raise_if_any()
    return str(lake)


def read_usage(file: Path) -> tuple[str, UsageConfig]:
    """The lake that a file names, and its `[usage]`; nothing else is looked at. Raises as `read_lake`."""
    top = _top(file, {}, None)
    found: dict[str, object] = top.found  # type: ignore[assignment] # the top of a file is a table
    lake = read_table(top, LakeKey, known=tuple(found)).values.get("lake", "")
    usage = _read_plain(top.part("usage", found.get("usage", {})), UsageConfig)
    top.surroundings.problems.raise_if_any()
    return str(lake), usage


def _top(file: Path, environment: Mapping[str, str], now: datetime.datetime | None) -> Value:
    toml = read_toml(file)
    moment = now or datetime.datetime.now(datetime.UTC)
    return Value(toml.values, (), Surroundings(file.parent, environment, moment, Problems(str(file), toml)))


def _read_all(file: Path, value: Value) -> Configuration:
    problems = value.surroundings.problems
    found: dict[str, object] = value.found  # type: ignore[assignment] # the top of a file is a table
    check_no_secrets(value)
    problems.raise_if_any()  # further errors would repeat what stands there
    top = read_table(value, TopKeys, known=TABLES)
    lake: Any = top.values.get("lake", "")  # Any: its reader gives a text
    state: Any = top.values.get("state") or str(file.parent / STATE_FILE)  # Any: as told by its reader
    indexes = _read_indexes(value.part("indexes", found.get("indexes", {})))
    sources = read_sources(value.part("sources", found.get("sources", {})), indexes, _lookups(lake))
    check_overlaps(sources, lake, problems)
    return Configuration(
        path=file,
        lake=lake,
        state=state,
        indexes=indexes,
        sources=sources,
        receive=_read_receive(value.part("receive", found["receive"])) if "receive" in found else None,
        run=_read_plain(value.part("run", found.get("run", {})), RunConfig),
        usage=_read_plain(value.part("usage", found.get("usage", {})), UsageConfig),
    )


def _read_plain(value: Value, table: type[T]) -> T:
    return table(**read_table(value, table).values)


def _read_receive(value: Value) -> ReceiveConfig:
    table = read_table(value, ReceiveConfig)
    keys = {"tls_certificate", "tls_key"}
    if len(keys & {*table.values, *table.wrong}) == 1:
        value.surroundings.problems.add_at(value.path, 'wanted both "tls_certificate" and "tls_key", or neither')
    told: dict[str, Any] = table.values  # Any: each was read by the reader of its field
    return ReceiveConfig(**told)


def _read_indexes(value: Value) -> dict[str, IndexConfig]:
    problems = value.surroundings.problems
    if not isinstance(value.found, dict):
        problems.add(Wrong(value.path, f"wanted tables [indexes.NAME], found {described(value.found)}"))
        return {}
    indexes: dict[str, IndexConfig] = {}
    for name, found in value.found.items():
        table = value.part(name, found)
        try:
            check_index_name(name)
        except UsageError as error:
            problems.add_at(table.path, str(error))
        told: dict[str, Any] = read_table(table, IndexConfig).values  # Any: each was read by the reader of its field
        indexes[name] = IndexConfig(name, **told)
    return indexes


def _lookups(lake: str) -> Callable[[str], LookupFile]:
    def opened(name: str) -> LookupFile:
        return Lookups(open_store(lake)).open(name)

    return opened

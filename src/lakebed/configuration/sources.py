"""`[sources.NAME]`: one source, whatever its kind."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from lakebed import config
from lakebed.configuration import readers
from lakebed.configuration.events import EventKeys, settings_of
from lakebed.configuration.kinds import KINDS, BucketKeys
from lakebed.configuration.model import SourceConfig
from lakebed.configuration.option import option, options_of, required
from lakebed.configuration.places import store_url
from lakebed.configuration.table import read_table
from lakebed.configuration.value import Wrong
from lakebed.errors import LakebedError
from lakebed.query.suggest import did_you_mean
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.configuration.model import Kind
    from lakebed.configuration.table import Table
    from lakebed.configuration.value import Value
    from lakebed.query.lookup.file import LookupFile

SYSTEM_PREFIX = "_"
"""Indexes that begin so are written by Lakebed itself."""

CONNECTORS = ("urllib3", "yaml", "lakebed.pull.kinds")
"""What judging options of connectors takes, last the module that does."""


@dataclass(frozen=True)
class SourceKeys:
    """Keys of all sources."""

    kind: str = option(readers.one_of(*KINDS), "where the events come from", "bucket", shown='"bucket"')
    index: str = required(readers.text, "the index that the events go into; it has a table `[indexes.NAME]`", "")


def read_sources(
    value: Value, indexes: Mapping[str, object], lookups: Callable[[str], LookupFile]
) -> dict[str, SourceConfig]:
    """All sources of a file."""
    problems = value.surroundings.problems
    if not isinstance(value.found, dict):
        problems.add(Wrong(value.path, f"wanted tables [sources.NAME], found {described(value.found)}"))
        return {}
    if len(value.found) > config.CONFIG_SOURCES_MAX:
        problems.add_at(value.path, f"wanted at most {config.CONFIG_SOURCES_MAX:,} sources, found {len(value.found):,}")
        return {}
    sources: dict[str, SourceConfig] = {}
    for name, found in value.found.items():
        source = value.part(name, found)
        try:
            readers.source_name(source.with_found(name))
        except Wrong as wrong:
            problems.add(wrong)
        sources[name] = _read_source(source, name, indexes, lookups)
    return sources


def _read_source(
    value: Value, name: str, indexes: Mapping[str, object], lookups: Callable[[str], LookupFile]
) -> SourceConfig:
    kind = _kind(value)
    table = read_table(value, SourceKeys, EventKeys, KINDS[kind], hints=_hints())
    index = _index(value, table, indexes)
    labels = cast("Mapping[str, str]", table.values.get("labels", {}))
    settings = settings_of(table, value, lookups)
    if kind == "bucket":
        told: dict[str, Any] = {  # Any: each was read by the reader of its field
            one: table.values[one] for one in options_of(BucketKeys) if one in table.values
        }
        told["url"] = _bucket_url(value, table)
        return SourceConfig(name, kind, index, settings, labels, **told)
    defaults = KINDS[kind]()
    options = {one.key: table.values.get(at, getattr(defaults, at)) for at, one in options_of(KINDS[kind]).items()}
    raw_retention_s = cast(
        "int | None", options.pop("raw_retention")
    )  # whoever listens or asks has nothing to do with it
    if not table.wrong:
        _check_options(kind, options, value)
    return SourceConfig(name, kind, index, settings, labels, options=options, raw_retention_s=raw_retention_s)


@functools.cache
def _hints() -> dict[str, str]:
    """What is said of a key that another kind has."""
    kinds: dict[str, list[str]] = {}
    for kind, table in KINDS.items():
        for one in options_of(table).values():
            kinds.setdefault(one.key, []).append(f'"{kind}"')
    return {key: f": only sources of kind {' or '.join(names)} have it" for key, names in kinds.items()}


def _kind(value: Value) -> Kind:
    """The kind, to know which keys there are; what is wrong with it is told when its key is read."""
    found = value.found.get("kind", "bucket") if isinstance(value.found, dict) else "bucket"
    return next((kind for kind in KINDS if kind == found), "bucket")


def _index(value: Value, table: Table, indexes: Mapping[str, object]) -> str:
    problems = value.surroundings.problems
    index = cast("str", table.values.get("index", ""))
    if not index:
        return ""
    if index.startswith(SYSTEM_PREFIX):
        problems.add_at((*value.path, "index"), f"{described(index)} is written by Lakebed itself")
    elif index not in indexes:
        near = did_you_mean(index, indexes) if indexes else ""
        problems.add_at((*value.path, "index"), f"there is no [indexes.{index[:40]}] in this file{near}")
    return index


def _bucket_url(value: Value, table: Table) -> str:
    """Where the objects are; nothing when it is not known which of them are taken."""
    if "url" not in table.values:
        return ""
    at = value.part("url", table.values["url"])
    problems = value.surroundings.problems
    try:
        url = store_url(at)
    except Wrong as wrong:
        problems.add(wrong)
        return ""
    if "notifications" in table.values and not url.startswith("s3://"):
        problems.add_at((*value.path, "notifications"), "only buckets of S3 write into queues")
    return "" if "match" in table.wrong else url


def _check_options(kind: Kind, options: Mapping[str, object], value: Value) -> None:
    """What keys of one kind need of each other."""
    problems = value.surroundings.problems
    if kind == "receive":
        if not options["tokens"] and not options["syslog"]:
            problems.add_at(value.path, 'nobody may send anything: wanted "tokens" or "syslog"')
        if options["allow"] and not options["syslog"]:
            problems.add_at((*value.path, "allow"), 'means nothing without "syslog": HTTP clients show a token')
        return
    if kind == "github" and bool(options["organization"]) == bool(options["enterprise"]):
        found = "both" if options["organization"] else "neither"
        problems.add_at(value.path, f'wanted "organization" or "enterprise", found {found}')
        return
    try:
        *_, connectors = map(importlib.import_module, CONNECTORS)
    except ImportError:  # a base install has no connectors: what runs them will check again
        return
    try:
        connectors.check_options(kind, options)
    except LakebedError as error:
        problems.add_at(value.path, str(error))

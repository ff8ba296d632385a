"""How the events of a source are read and changed: the keys that stand for options of `lakebed index`, and labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lakebed.configuration import readers
from lakebed.configuration.option import option
from lakebed.errors import LakebedError, UsageError
from lakebed.ingest.settings import SourceSettings, TimeRule
from lakebed.native import formats
from lakebed.query.suggest import did_you_mean
from lakebed.transform.computing import NORMAL_FORMS
from lakebed.transform.load import load_transform
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.configuration.table import Table
    from lakebed.configuration.value import Value
    from lakebed.ingest.settings import Transform
    from lakebed.query.lookup.file import LookupFile

_TIME_KEYS = ("field", "regex", "format", "zone")


def format_name(value: Value) -> str:
    """The name of a format that the engine has."""
    found = readers.text(value)
    known = [str(one["name"]) for one in msgspec.json.decode(formats())]
    if found not in known:
        value.fail(f"unknown format {described(found)}{did_you_mean(found, known)}")
    return _checked(value, found, SourceSettings(format=found))


def zone_name(value: Value) -> str:
    """A zone that the engine knows."""
    found = readers.text(value)
    return _checked(value, found, SourceSettings(zone=found))


def time_rule(value: Value) -> TimeRule:
    """A rule for the event time: in its short form, or as a table."""
    if isinstance(value.found, dict):
        for key, one in value.found.items():
            if key not in _TIME_KEYS:
                value.part(key, one).fail(f"unknown key{did_you_mean(key, _TIME_KEYS)}")
        rule = TimeRule(**{key: readers.text(value.part(key, one)) for key, one in value.found.items()})
    else:
        try:
            rule = TimeRule.parse(readers.text(value))
        except UsageError as error:
            value.fail(str(error))
    settings = SourceSettings(time=(rule,))
    try:
        settings.for_engine()
    except LakebedError as error:
        value.fail(str(error).removeprefix("rule 1 for the event time: "))
    return rule


def compression(value: Value) -> str:
    """`auto`: there is nothing to choose, and who looks for the key finds that out."""
    if value.found != "auto":
        value.fail(f'wanted "auto", found {described(value.found)}: compressions are found by content, of each object')
    return "auto"


def _checked(value: Value, found: str, settings: SourceSettings) -> str:
    """The value, when the engine takes settings that have only it."""
    try:
        settings.for_engine()
    except LakebedError as error:
        value.fail(str(error))
    return found


@dataclass(frozen=True)
class EventKeys:
    """Keys that say how events are read, of all kinds of sources. What is not said is found by content."""

    format: str | None = option(
        format_name, "[format](formats.md) of the objects; found by content, when nothing is said", None
    )
    compression: str = option(
        compression,
        '`"auto"`, and nothing else: compressions and archives are found by content',
        "auto",
        shown='"auto"',
    )
    source_type: str | None = option(
        readers.text, "what `@lb.source_type` shall be; found by content, when nothing is said", None
    )
    columns: tuple[str, ...] = option(readers.texts, "names of the columns of tables without a header", ())
    time: tuple[TimeRule, ...] = option(
        readers.array(time_rule),
        "rules for the [event time](times.md), tried in their order: `FIELD`, `FIELD%FORMAT`, `FIELD~REGEX`, "
        "`~REGEX`, or a table of `field`, `regex`, `format`, `zone`",
        (),
    )
    time_fields: tuple[str, ...] = option(readers.texts, "fields that are tried after them, any form is read", ())
    zone: str | None = option(
        zone_name, 'zone of times without one: `"Europe/Berlin"`, `"+02:00"`; UTC, when nothing is said', None
    )
    transform: tuple[str, ...] = option(
        readers.texts,
        'what events go through first: `"ecs"`, `"ocsf"` or the path of a file of [steps](transforms.md), or several',
        (),
    )
    labels: Mapping[str, str] | None = option(
        readers.labels, 'fields that every event gets as `labels.NAME`, at last: `{ env = "prod" }`', None
    )


def settings_of(table: Table, value: Value, lookups: Callable[[str], LookupFile]) -> SourceSettings:
    """What the engine takes of a source. What is wrong is told to the problems."""
    problems = value.surroundings.problems
    names = ("format", "source_type", "columns", "time", "time_fields", "zone")
    told: dict[str, Any] = {name: table.values[name] for name in names if name in table.values}  # Any: read by name
    settings = SourceSettings(**told)
    try:
        settings.for_engine()
    except LakebedError as error:
        problems.add_at(value.path, str(error))
        settings = SourceSettings()
    return replace(settings, transform=_transform(table, value, lookups))


def _transform(table: Table, value: Value, lookups: Callable[[str], LookupFile]) -> Transform | None:
    surroundings = value.surroundings
    names: tuple[str, ...] = table.values.get("transform", ())  # type: ignore[assignment] # its reader gives texts
    labels: Mapping[str, str] = table.values.get("labels", {})  # type: ignore[assignment] # its reader gives these
    if not names and not labels:
        return None
    paths = [name if name in NORMAL_FORMS else surroundings.folder / Path(name).expanduser() for name in names]
    try:
        return load_transform(
            *paths, lookups=lookups, environment=surroundings.environment, now=surroundings.now, labels=labels
        )
    except LakebedError as error:
        key = "transform" if names else "labels"
        surroundings.problems.add_at((*value.path, key), str(error))
        return None

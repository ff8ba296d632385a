"""Which fields segments have, from their schemas and directories: metadata, never an event.

A segment's schema names its fields; a row group's directory says how many values of which kind each has there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.native import directory_range, engine_errors, group_fields, schema_range, segment_fields
from lakebed.query.record import ALIASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.execute.leaf import LeafTask, ReadRanges
    from lakebed.execute.readers import ReaderCache

_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Schema:
    """The fields of one segment: name with `[*]` for array positions → whether other fields are below it."""

    fields: dict[str, bool]
    is_complete: bool
    """False: the segment has so many fields that not all are listed."""


@dataclass(frozen=True)
class FieldCount:
    """What one row group has of a field."""

    name: str
    kind: str
    """`text`, `number` or `boolean`."""
    values: int


def general_name(name: str) -> str:
    """The name with any position for each array position.

    >>> general_name("tags[0].x[12]")
    'tags[*].x[*]'
    """
    return _POSITION.sub("[*]", name)


def schema_of(task: LeafTask, readers: ReaderCache, read: ReadRanges | None) -> Schema | None:
    """The schema of a segment; None when it is not known and `read` is not there to learn it. One small range."""
    reader = readers.find(task.key, task.address)
    with engine_errors(task.key):
        found = segment_fields(reader)
        if found is None and read is not None:
            (frame,) = read(task.key, [schema_range(reader)])
            found = segment_fields(reader, frame)
    if found is None:
        return None
    fields, is_complete = found
    return Schema({name.replace("[]", "[*]"): holds_others for name, holds_others in fields}, is_complete)


def counts_of(task: LeafTask, group: int, readers: ReaderCache, read: ReadRanges) -> tuple[list[FieldCount], int]:
    """The fields of a row group (counted from the end when negative) and its rows. Two small ranges at most."""
    reader = readers.find(task.key, task.address)
    wanted = directory_range(reader, group % reader.groups)
    if wanted is None or schema_of(task, readers, read) is None:
        return [], 0
    (frame,) = read(task.key, [wanted])
    with engine_errors(task.key):
        counts, rows = group_fields(reader, group % reader.groups, frame)
    return [FieldCount(name.replace("[]", "[*]"), kind, values) for name, kind, values in counts], rows


def plan_columns(plan: object) -> Iterator[str]:
    """Names of the event's own columns that a plan looks at, without metadata, in the order of the plan."""
    if isinstance(plan, list):
        for inner in plan:
            yield from plan_columns(inner)
    elif isinstance(plan, dict):
        for key, value in plan.items():
            if key in ("columns", "by") and isinstance(value, list):
                yield from (name for name in value if isinstance(name, str) and not _is_about(name))
            elif key == "column":
                yield from _names_of_column(value)
            if isinstance(value, dict | list):
                yield from plan_columns(value)


def _names_of_column(column: object) -> Iterator[str]:
    if isinstance(column, dict):
        parts = column.get("parts")
        column = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
    if isinstance(column, str) and not _is_about(column):
        yield column


def _is_about(name: str) -> bool:
    """Whether the column is metadata, or a column that a stage makes."""
    return name.startswith("@") or name in ALIASES

"""JSON files as lookup tables: an array of objects, or an object on each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.model import decode_json
from lakebed.query.lookup.limits import LOOKUP_COLUMNS_MAX, LOOKUP_ROWS_MAX
from lakebed.query.lookup.table import Rows
from lakebed.query.values import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.model import JsonValue, Scalar


def read_json(data: bytes, name: str) -> Rows:
    """Reads the objects; nested values become columns such as `owner.name` and `tags[0]`."""
    columns: dict[str, int] = {}
    flat: list[dict[str, Scalar]] = []
    for place, value in _objects(data, name):
        if not isinstance(value, dict):
            raise UsageError(f"'{name}', {place}: wanted an object, found {json.dumps(value, default=str)[:40]}")
        if len(flat) == LOOKUP_ROWS_MAX:
            raise UsageError(f"'{name}', {place}: more than {LOOKUP_ROWS_MAX:,} rows")
        row: dict[str, Scalar] = {}
        for column, inner in flatten(value):
            row.setdefault(column, inner)
            columns.setdefault(column, len(columns))
        if len(columns) > LOOKUP_COLUMNS_MAX:
            raise UsageError(f"'{name}', {place}: more than {LOOKUP_COLUMNS_MAX} columns so far")
        flat.append(row)
    if len(columns) < 2:
        raise UsageError(f"'{name}': wanted objects with at least two members, found {len(flat)} objects")
    return Rows(tuple(columns), [[row.get(column) for column in columns] for row in flat])


def _objects(data: bytes, name: str) -> Iterator[tuple[str, JsonValue]]:
    """Each value, and where it stands."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"[":
        array = _decoded(data, name, 1)
        assert isinstance(array, list)  # it begins with a bracket
        for place, value in enumerate(array, 1):
            yield f"element {place}", value
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield f"line {number}", _decoded(line, name, number)


def _decoded(data: bytes, name: str, first_line: int) -> JsonValue:
    try:
        return decode_json(data)
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            place = f"line {first_line + error.lineno - 1}, column {error.colno}: not JSON: {error.msg.lower()}"
            raise UsageError(f"'{name}', {place}") from error
        raise UsageError(f"'{name}', line {first_line}: not JSON in UTF-8") from error
    except RecursionError as error:
        raise UsageError(f"'{name}', line {first_line}: nested too deeply") from error

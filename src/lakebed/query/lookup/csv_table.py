"""CSV files as lookup tables."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.model import decode_json
from lakebed.query.literals import parse_number
from lakebed.query.lookup.limits import LOOKUP_COLUMNS_MAX, LOOKUP_ROWS_MAX
from lakebed.query.lookup.table import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar

_CELL_CHARACTERS_MAX = 1 << 20
"""The library's own limit is 131,072, which a cell of JSON may pass."""


def read_csv(data: bytes, name: str) -> Rows:
    """Reads RFC 4180 with a header. Cells that are numbers by JSON's grammar are numbers, empty ones null."""
    lines = csv.reader(io.StringIO(_text(data, name), newline=""), strict=True)
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    try:
        header = next(lines, None)
        columns = _columns(header or [], name)
        rows: list[Sequence[Scalar]] = []
        for cells in lines:
            if not cells:
                continue  # an empty line
            if len(cells) != len(columns):
                wanted = f"wanted {len(columns)} cells as in the header, found {len(cells)}"
                raise UsageError(f"'{name}', line {lines.line_num}: {wanted}")
            if len(rows) == LOOKUP_ROWS_MAX:
                raise UsageError(f"'{name}', line {lines.line_num}: more than {LOOKUP_ROWS_MAX:,} rows")
            rows.append([_value(cell) for cell in cells])
    except csv.Error as error:
        raise UsageError(f"'{name}', line {lines.line_num}: not CSV: {error}") from error
    return Rows(columns, rows)


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise UsageError(f"'{name}', line {line}, column {column}: not UTF-8") from error


def _columns(header: Sequence[str], name: str) -> tuple[str, ...]:
    if len(header) < 2:
        raise UsageError(f"'{name}', line 1: wanted a header of at least two columns, found {len(header)}")
    if len(header) > LOOKUP_COLUMNS_MAX:
        raise UsageError(f"'{name}', line 1: wanted at most {LOOKUP_COLUMNS_MAX} columns, found {len(header)}")
    columns = [cell.strip() for cell in header]
    for place, column in enumerate(columns):
        if not column:
            raise UsageError(f"'{name}', line 1, column {place + 1}: the column has no name")
        if column in columns[:place]:
            raise UsageError(f"'{name}', line 1, column {place + 1}: the name '{column}' comes twice")
    return tuple(columns)


def _value(cell: str) -> Scalar:
    if cell == "":
        return None
    if cell[0] in "-0123456789" and parse_number(cell) is not None:
        return decode_json(cell.encode())  # type: ignore[return-value] # the text is a number
    return cell

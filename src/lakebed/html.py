"""An answer as a table for notebooks. Log content is text there, whatever it holds: escaped, cut, never run."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lakebed.model import Row
from lakebed.query.json_lines import json_text
from lakebed.query.times import format_time
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.run import AnswerRow

ROWS_SHOWN = 50
"""Rows of the table; a notebook is no place to page through more."""

COLUMNS_SHOWN = 50
"""Columns of the table."""

CELL_CHARACTERS_MAX = 500
"""Characters of a value that are shown."""


def rows_html(rows: Sequence[AnswerRow], columns: Sequence[str] | None, more: str, remarks: Sequence[str]) -> str:
    """A table of the first rows; `more` says how many are left, `remarks` stand below it."""
    names = ["@lb.time", "@index", "event"] if columns is None and _are_events(rows) else list(columns or _names(rows))
    left_out = f" and {len(names) - COLUMNS_SHOWN:,} more columns" if len(names) > COLUMNS_SHOWN else ""
    names = names[:COLUMNS_SHOWN]
    head = "".join(f"<th>{_cell(name)}</th>" for name in names)
    body = "".join(f"<tr>{_cells(row, names, is_whole=columns is None)}</tr>" for row in rows[:ROWS_SHOWN])
    below = "".join(f"<p>{_cell(remark)}</p>" for remark in (f"{more}{left_out}", *remarks) if remark)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _are_events(rows: Sequence[AnswerRow]) -> bool:
    return all(isinstance(row, Row) for row in rows)


def _names(rows: Sequence[AnswerRow]) -> list[str]:
    return list(dict.fromkeys(name for row in rows if not isinstance(row, Row) for name in row))


def _cells(row: AnswerRow, names: Sequence[str], *, is_whole: bool) -> str:
    values: list[Scalar]
    if isinstance(row, Row) and is_whole:
        values = [format_time(row.time_ns), row.index, json_text(dict(row.event)).decode(errors="backslashreplace")]
    elif isinstance(row, Row):
        values = [row.event.get(name) for name in names]  # type: ignore[misc] # chosen columns hold scalars
    else:
        values = [row.get(name) for name in names]
    return "".join(_value_cell(value) for value in values)


def _value_cell(value: Scalar) -> str:
    if isinstance(value, bool):
        return f"<td>{str(value).lower()}</td>"
    if value is None:
        return "<td></td>"
    if isinstance(value, str):
        return f'<td style="text-align:left">{_cell(value)}</td>'
    return f'<td style="text-align:right">{_cell(str(value))}</td>'


def _cell(text: str) -> str:
    shown = text[:CELL_CHARACTERS_MAX] + ("…" if len(text) > CELL_CHARACTERS_MAX else "")
    return escape(safe_text(shown))

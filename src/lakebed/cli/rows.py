"""Writes rows as they come: JSON lines, CSV, or a table that fits the terminal."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from typing import TYPE_CHECKING, Literal, Protocol, TextIO

from rich.cells import cell_len, set_cell_size

from lakebed.arrow import flat_row
from lakebed.model import Row
from lakebed.query.json_lines import json_line, json_text
from lakebed.query.mentions import Mentions
from lakebed.query.times import format_time
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.run import AnswerRow

Output = Literal["table", "jsonl", "csv"]

NOTHING_MENTIONED = Mentions()

SAMPLE_ROWS = 100
"""Rows that a table looks at to choose the widths of its columns; further rows are cut to them."""

COLUMN_WIDTH_MIN = 6
"""A column is not made narrower to fit the terminal; lines are then longer than it."""

CELL_CHARACTERS_MAX = 4096
"""Longer values are cut before they are measured: a 20 MB line must not stall a table."""


class RowWriter(Protocol):
    """Takes rows one by one; `end` writes what was kept back."""

    def write(self, row: AnswerRow) -> None:
        """Writes one row, or keeps it back to see how wide its columns are."""

    def end(self) -> None:
        """No more rows come."""


def open_writer(
    output: Output, columns: Sequence[str] | None, *, is_table: bool, mentioned: Mentions = NOTHING_MENTIONED
) -> RowWriter:
    """The writer for standard output. `columns` None: the rows are whole events; `is_table`: all rows come at once.

    `mentioned`: what of an event is shown first.
    """
    if output == "jsonl":
        return JsonWriter()
    if output == "csv":
        return CsvWriter(columns)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((160, 24)).columns
    if columns is None and not is_table:
        return EventWriter(sys.stdout, width, is_terminal=is_terminal, mentioned=mentioned)
    return TableWriter(sys.stdout, list(columns or ()), width, is_terminal=is_terminal)


class JsonWriter:
    """One JSON object per line, flushed at once: whoever reads the pipe sees rows as they are found."""

    def write(self, row: AnswerRow) -> None:
        """See `RowWriter.write`."""
        sys.stdout.buffer.write(json_line(row))
        sys.stdout.buffer.flush()

    def end(self) -> None:
        """Nothing was kept back."""


class CsvWriter:
    """RFC 4180 with a header. Whole events have no fixed columns: they are JSON in the column `event`."""

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns
        self._header = ["@lb.time", "@index", "@lb.object", "@lb.record", "event"] if columns is None else list(columns)
        self._has_header = False

    def write(self, row: AnswerRow) -> None:
        """See `RowWriter.write`."""
        if self._columns is None and not isinstance(row, Row):
            self._header = list(row)
        cells: list[Scalar]
        if isinstance(row, Row) and self._columns is None:
            event = json_text(dict(row.event)).decode()
            cells = [format_time(row.time_ns), row.index, row.object, row.record, event]
        else:
            flat = flat_row(row, self._columns)
            cells = [flat.get(name) for name in self._header]
        self._line(cells)

    def end(self) -> None:
        """Nothing was kept back."""

    def _line(self, cells: Sequence[Scalar]) -> None:
        text = io.StringIO()
        lines = csv.writer(text)
        if not self._has_header:
            lines.writerow(self._header)
            self._has_header = True
        lines.writerow(["" if cell is None else plain_text(cell) for cell in cells])
        sys.stdout.buffer.write(text.getvalue().encode(errors="backslashreplace"))
        sys.stdout.buffer.flush()


class EventWriter:
    """One line per event: time to the millisecond, index, and `key=value` as far as the terminal is wide.

    What the query mentions comes first: columns by name, and values in which one of its words is.
    """

    def __init__(self, stream: TextIO, width: int, *, is_terminal: bool, mentioned: Mentions) -> None:
        self._stream = stream
        self._width = width
        self._is_terminal = is_terminal
        self._mentioned = mentioned

    def write(self, row: AnswerRow) -> None:
        """See `RowWriter.write`."""
        assert isinstance(row, Row), "rows of tables have columns"
        head = f"{short_time(row.time_ns):24}  {safe_text(row.index or '')}  "
        pairs: list[str] = []
        length = len(head)
        for name, text in self._ordered(row):
            pairs.append(safe_text(f"{name}={text}"))
            length += len(pairs[-1]) + 1
            if length > self._width:
                break
        self._stream.write(fit(head + " ".join(pairs), self._width if self._is_terminal else 0).rstrip() + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Nothing was kept back."""

    def _ordered(self, row: Row) -> list[tuple[str, str]]:
        """Names and texts of the event's own columns, what the query mentions first."""
        first: list[tuple[str, str]] = []
        rest: list[tuple[str, str]] = []
        for name, value in flat_row(row, None).items():
            if name.startswith("@lb.") or name == "@index":
                continue
            text = plain_text(value)[:CELL_CHARACTERS_MAX]
            (first if self._is_mentioned(name, text) else rest).append((name, text))
        return first + rest

    def _is_mentioned(self, name: str, text: str) -> bool:
        lowered = text.lower()
        return name in self._mentioned.columns or any(word in lowered for word in self._mentioned.words)


class TableWriter:
    """Columns with a header, as wide as the first rows need and the terminal allows."""

    def __init__(self, stream: TextIO, columns: list[str], width: int, *, is_terminal: bool) -> None:
        self._stream = stream
        self._columns = columns
        self._width = width
        self._is_terminal = is_terminal
        self._held: list[list[str]] = []
        self._numeric: set[int] = set()
        self._widths: list[int] | None = None

    def write(self, row: AnswerRow) -> None:
        """See `RowWriter.write`."""
        flat = flat_row(row, self._columns or None)
        if not self._columns:
            self._columns = list(flat)
        values = [flat.get(name) for name in self._columns]
        cells = ["" if value is None else safe_text(plain_text(value)[:CELL_CHARACTERS_MAX]) for value in values]
        if self._widths is not None:
            self._line(cells)
            return
        for place, value in enumerate(values):
            if isinstance(value, int | float) and not isinstance(value, bool):
                self._numeric.add(place)
        self._held.append(cells)
        if len(self._held) >= SAMPLE_ROWS:
            self._begin()

    def end(self) -> None:
        """See `RowWriter.end`."""
        if self._widths is None and self._held:
            self._begin()

    def _begin(self) -> None:
        names = [safe_text(name) for name in self._columns]
        wanted = [max(map(cell_len, column)) for column in zip(names, *self._held, strict=True)]
        self._widths = shrink(wanted, self._width) if self._is_terminal else wanted
        self._line(names)
        self._stream.write("  ".join("-" * width for width in self._widths) + "\n")
        for cells in self._held:
            self._line(cells)
        self._held = []

    def _line(self, cells: Sequence[str]) -> None:
        assert self._widths is not None, "widths are chosen before the first line"
        places = range(len(cells))
        padded = [self._pad(place, cells[place], self._widths[place]) for place in places]
        self._stream.write("  ".join(padded).rstrip() + "\n")
        self._stream.flush()

    def _pad(self, place: int, cell: str, width: int) -> str:
        if cell_len(cell) > width:
            return fit(cell, width) if self._is_terminal else cell
        return " " * (width - cell_len(cell)) + cell if place in self._numeric else set_cell_size(cell, width)


def short_time(time_ns: int) -> str:
    """The time to the millisecond, of one width as long as there are milliseconds.

    >>> short_time(1_767_225_600_123_456_789), short_time(1_767_225_600_000_000_000)
    ('2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00Z')
    """
    return format_time(time_ns // 1_000_000 * 1_000_000)


def plain_text(value: Scalar) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def fit(text: str, width: int) -> str:
    """The text cut to a width in terminal cells, with an ellipsis; 0 is no limit."""
    if width <= 0 or cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "…"


def shrink(wanted: Sequence[int], width: int) -> list[int]:
    """Takes from the widest columns until all fit, with two spaces between them.

    >>> shrink([10, 50, 5], 40)
    [10, 21, 5]
    """
    found = list(wanted)
    room = width - 2 * (len(found) - 1)
    while sum(found) > room and max(found) > COLUMN_WIDTH_MIN:
        widest = found.index(max(found))
        second = max([one for one in found if one < found[widest]], default=COLUMN_WIDTH_MIN)
        target = max(second, COLUMN_WIDTH_MIN, found[widest] - (sum(found) - room))
        found[widest] = min(target, found[widest] - 1)
    return found

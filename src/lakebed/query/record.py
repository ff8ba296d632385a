"""One row on its way through the root part: an event, an event cut down to some columns, or a
row of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lakebed.query.times import format_time
from lakebed.query.values import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakebed.model import Row, Scalar, TableRow

LEAF_ONLY_METADATA = frozenset(
    {"@lb.source_type", "@scnr.source_type", "@lb.received", "@lb.time_source", "@lb.parse_error"}
)
"""Metadata that a row of whole events does not carry: only the engine knows it."""


class Record:
    """Gives the columns of a row. Rows of tables hold them; events are flattened when first
    asked."""

    __slots__ = ("_columns", "_is_whole_event", "row", "table_row")

    def __init__(self, row: Row | None, table_row: TableRow | None, is_whole_event: bool) -> None:
        self.row = row
        self.table_row = table_row
        self._is_whole_event = is_whole_event
        self._columns: list[tuple[str, Scalar]] | None = None

    @classmethod
    def of_event(cls, row: Row, is_whole: bool) -> Record:
        """A row as the engine found it: with the whole event, or with the columns that the plan
        asked for."""
        return cls(row, None, is_whole)

    @classmethod
    def of_table(cls, table_row: TableRow) -> Record:
        """A row of a table."""
        return cls(None, table_row, False)

    def named(self, name: str) -> Iterable[Scalar]:
        """Values of the column with this name; metadata too."""
        if self._is_whole_event or name == "@index":
            metadata = self._metadata(name)
            if metadata is not None:
                return [metadata]
        return [value for column, value in self.every() if column == name]

    def value(self, name: str) -> Scalar:
        """The value of one column, None when it is not there."""
        return next((value for value in self.named(name) if value is not None), None)

    def every(self) -> Iterable[tuple[str, Scalar]]:
        """All columns without metadata."""
        if self._columns is None:
            if self.table_row is not None:
                self._columns = list(self.table_row.items())
            else:
                assert self.row is not None
                self._columns = list(flatten(dict(self.row.event)))
        return self._columns

    def projected(self, names: tuple[str, ...]) -> Record:
        """The row cut down to these columns, in this order; None where one is missing."""
        columns: TableRow = {name: self.value(name) for name in names}
        if self.row is None:
            return Record.of_table(columns)
        return Record.of_event(replace(self.row, event=columns), is_whole=False)

    def _metadata(self, name: str) -> Scalar:
        row = self.row
        if row is None:
            return None
        match name:
            case "@lb.time":
                return format_time(row.time_ns)
            case "@lb.time_ns":
                return row.time_ns
            case "@lb.object":
                return row.object
            case "@lb.record":
                return row.record
            case "@index":
                return row.index
            case "@scnr.datetime" | "@scnr.time_ns":
                if any(column == name for column, _ in self.every()):
                    return None
                return format_time(row.time_ns) if name == "@scnr.datetime" else row.time_ns
        return None

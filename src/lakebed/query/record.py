"""One row on its way through the root part: an event, an event cut down to some columns, or a
row of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lakebed.model import Row
from lakebed.query.times import format_time
from lakebed.query.values import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lakebed.model import Scalar, TableRow

LEAF_ONLY_METADATA = frozenset(
    {
        "@lb.source_type",
        "@scnr.source_type",
        "%ingest.source_type",
        "@lb.received",
        "@lb.time_source",
        "@lb.parse_error",
    }
)
"""Metadata that a row of whole events does not carry: only the engine knows it."""

ALIASES = frozenset({"@scnr.datetime", "@scnr.time_ns", "@scnr.source_type", "%ingest.source_type"})
"""Other names of metadata, as long as the event has no columns of these names itself."""

SHOWN_METADATA = frozenset({"@lb.time", "@lb.object", "@lb.record", "@index"})
"""What every row of an event says of where it is from."""

ROW_METADATA = SHOWN_METADATA | {"@lb.time_ns"}
"""What an event keeps whatever is done to its columns."""

NAMED_METADATA = LEAF_ONLY_METADATA | ALIASES
"""What is treated like a column where columns are chosen."""


class Record:
    """Gives the columns of a row. Rows of tables hold them; events are flattened when first
    asked."""

    __slots__ = ("_also_known", "_changes", "_columns", "_is_whole_event", "row", "table_row")

    def __init__(self, row: Row | None, table_row: TableRow | None, is_whole_event: bool) -> None:
        self.row = row
        self.table_row = table_row
        self._is_whole_event = is_whole_event
        self._columns: list[tuple[str, Scalar]] | None = None
        self._also_known: Mapping[str, str] = {}
        self._changes: Mapping[str, Scalar] = {}
        """Columns of a whole event that stages have set; None takes one away."""

    @classmethod
    def of_event(cls, row: Row, is_whole: bool) -> Record:
        """A row as the engine found it: with the whole event, or with the columns that the plan
        asked for."""
        return cls(row, None, is_whole)

    @classmethod
    def of_answer(cls, row: Row | TableRow, columns: tuple[str, ...] | None) -> Record:
        """A row of the answer of another query, whose output columns are these; None for whole events."""
        if isinstance(row, Row):
            return cls.of_event(row, is_whole=columns is None)
        return cls.of_table(row)

    @classmethod
    def of_table(cls, table_row: TableRow, also_known: Mapping[str, str] | None = None) -> Record:
        """A row of a table. `also_known`: other names that stages may call its columns by; they are not shown."""
        record = cls(None, table_row, False)
        record._also_known = also_known or {}
        return record

    @property
    def is_whole_event(self) -> bool:
        """Whether it holds all columns of an event, and its metadata."""
        return self._is_whole_event

    def named(self, name: str) -> Iterable[Scalar]:
        """Values of the column with this name; metadata too."""
        if name in self._changes:
            return [self._changes[name]]
        if self._is_whole_event or name == "@index":
            metadata = self._metadata(name)
            if metadata is not None:
                return [metadata]
        found = [value for column, value in self.every() if column == name]
        return self.named(self._also_known[name]) if not found and name in self._also_known else found

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
                columns = list(flatten(dict(self.row.event)))
                if self._changes:
                    columns = [(name, value) for name, value in columns if name not in self._changes]
                    columns += [(name, value) for name, value in self._changes.items() if value is not None]
                self._columns = columns
        return self._columns

    def answer(self) -> Row | TableRow:
        """The row as the answer of a query has it.

        An event with new columns keeps its shape when they only add to it, else it becomes flat.
        """
        if self.row is None:
            assert self.table_row is not None
            return self.table_row
        if not self._changes:
            return self.row
        added = {name: value for name, value in self._changes.items() if value is not None}
        known = {name for name, _ in flatten(dict(self.row.event))}
        is_addition = (
            len(added) == len(self._changes) and not known & added.keys() and not self.row.event.keys() & added
        )
        event = {**self.row.event, **added} if is_addition else dict(self.every())
        return replace(self.row, event=event)

    def with_column(self, name: str, value: Scalar) -> Record:
        """The row with this value in this column, which stands last when it is new."""
        return self._changed({name: value})

    def with_columns(self, values: Mapping[str, Scalar]) -> Record:
        """The row with these values; new columns stand last."""
        return self._changed(values)

    def without(self, names: Iterable[str]) -> Record:
        """The row without these columns."""
        if self._is_whole_event:
            return self._changed(dict.fromkeys(names))
        gone = frozenset(names)
        return self._with_flat({name: value for name, value in self._flat().items() if name not in gone})

    def cut_to(self, columns: Sequence[tuple[str, Scalar]], gone: Iterable[str]) -> Record:
        """The row with only these of its columns; an event keeps `ROW_METADATA`, and other metadata but for `gone`."""
        if not self._is_whole_event:
            return self._with_flat(dict(columns))
        changed = Record(self.row, None, True)
        kept = dict(columns)
        own = [name for name, _ in self.every() if name not in kept]
        told = {name: value for name, value in columns if name in ROW_METADATA | NAMED_METADATA}
        changed._changes = {**self._changes, **dict.fromkeys([*own, *gone]), **told}
        changed._columns = list(columns)
        return changed

    def renamed(self, pairs: Sequence[tuple[str, str]]) -> Record:
        """The row with other names for its columns, each pair being the old and the new one."""
        news = dict(pairs)
        if self._is_whole_event:
            values = {new: self.value(old) for old, new in pairs}
            return self._changed({**dict.fromkeys(news), **values})
        flat = self._flat()
        replaced = frozenset(news.values()) - frozenset(news)
        kept = {news.get(name, name): value for name, value in flat.items() if name not in replaced}
        return self._with_flat({**kept, **{new: self.value(old) for old, new in pairs}})

    def _changed(self, changes: Mapping[str, Scalar]) -> Record:
        if not self._is_whole_event:
            return self._with_flat({**self._flat(), **changes})
        changed = Record(self.row, None, True)
        changed._changes = {**self._changes, **changes}
        return changed

    def _flat(self) -> TableRow:
        """The columns of a row that is flat already, in order."""
        if self.table_row is not None:
            return self.table_row
        assert self.row is not None
        return cast("TableRow", dict(self.row.event))

    def _with_flat(self, columns: TableRow) -> Record:
        if self.row is None:
            return Record.of_table(columns)
        return Record.of_event(replace(self.row, event=columns), is_whole=False)

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

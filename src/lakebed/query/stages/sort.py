"""`sort`: rows in the order of their values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from lakebed.errors import LimitError
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import close_parenthesis, parse_name, take_minus
from lakebed.query.stages.base import Stage, StageRun, rows_wanted
from lakebed.query.values import SortKey, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

SORT_EVENTS_MAX = 50_000
"""Whole events held in memory, at about 10 kB each. `sort … | head N` holds some N."""

SORT_ROWS_MAX = 500_000
"""Rows of a table, or events cut down to some columns, held in memory, at about 1 kB each."""

TRIMMED_AT_ONCE = 1_000
"""Rows beyond those wanted that come together before the worst are dropped; sorting for each row would cost more."""


@dataclass(frozen=True, slots=True)
class SortColumn:
    """One column of the order."""

    column: str
    is_descending: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.is_descending else ''}{print_name(self.column)}"


@dataclass(frozen=True, slots=True)
class Sort(Stage):
    """`sort a, -b`: rows ordered by `a`; those with the same `a` by `b`, greatest first. `sort b desc` and
    `sort by a` mean the same.

    Numbers stand before strings, strings before booleans; `-` turns that around. Rows without the column come last
    either way. Rows that are equal keep their order. `sort … | head 10` needs memory for some ten rows only; without
    `head` at most 50,000 events or 500,000 rows of a table can be sorted.

    Example: `* | groupbycount(src) | sort -src | head 3`
    """

    name: ClassVar[str] = "sort"
    gives_order: ClassVar[bool] = True
    columns: tuple[SortColumn, ...]
    keeps: int | None = field(default=None, compare=False)
    """Only so many of its first rows are looked at."""

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        if opening is None:
            cursor.take_keyword("by")
        columns = [_parse_column(cursor, f'a column name after "{cursor.last.source}"')]
        while cursor.take_if(Kind.COMMA):
            columns.append(_parse_column(cursor, 'a column name after ","'))
        if opening is not None:
            close_parenthesis(cursor, f'"," or ")" after the column `{columns[-1].column}`')
        return cls(cursor.span_from(start), tuple(columns))

    def __str__(self) -> str:
        return f"sort {', '.join(map(str, self.columns))}"

    def followed_by(self, stages: Sequence[Stage]) -> Stage:
        return replace(self, keeps=rows_wanted(stages))

    def reads(self) -> frozenset[str] | None:
        return frozenset(column.column for column in self.columns)

    def start(self, context: RunContext) -> StageRun:
        return _SortRun(self)


def _parse_column(cursor: Cursor, expected: str) -> SortColumn:
    has_minus = take_minus(cursor)
    column, _ = parse_name(cursor, 'a column name after "-"' if has_minus else expected)
    is_descending = has_minus
    if not has_minus and not cursor.take_keyword("asc"):
        is_descending = cursor.take_keyword("desc")
    return SortColumn(column, is_descending)


_NOTHING = sort_key(None)
_Held: TypeAlias = "tuple[list[SortKey | None], Record]"


class _SortRun(StageRun):
    def __init__(self, stage: Sort) -> None:
        self._columns = stage.columns
        self._keeps = stage.keeps
        self._rows: list[_Held] = []

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        for record in records:
            self._rows.append(([_key(record, column.column) for column in self._columns], record))
            most = SORT_EVENTS_MAX if record.is_whole_event else SORT_ROWS_MAX
            if self._keeps is not None and self._keeps < most:
                if len(self._rows) >= self._keeps + max(self._keeps, TRIMMED_AT_ONCE):
                    self._order()
            elif len(self._rows) > most:
                what = "whole events" if record.is_whole_event else "rows"
                hint = "put `head` after it, or `table` with fewer columns before it"
                raise LimitError(f"`sort` holds at most {most} {what} (SORT_ROWS_MAX, SORT_EVENTS_MAX): {hint}")
        return ()

    def finish(self) -> Sequence[Record]:
        self._order()
        return [record for _, record in self._rows]

    def _order(self) -> None:
        """Each pass is stable, so the last one, over the first column, decides first."""
        for place, column in reversed(list(enumerate(self._columns))):
            key = _missing_last(place, column.is_descending)
            self._rows.sort(key=key, reverse=column.is_descending)
        if self._keeps is not None:
            del self._rows[self._keeps :]


def _missing_last(place: int, is_descending: bool) -> Callable[[_Held], tuple[bool, SortKey]]:
    """The key of one pass, for rows with a value and for those without."""

    def key(held: _Held) -> tuple[bool, SortKey]:
        found = held[0][place]
        return ((found is None) is not is_descending, found or _NOTHING)

    return key


def _key(record: Record, column: str) -> SortKey | None:
    value = record.value(column)
    return None if value is None else sort_key(value)

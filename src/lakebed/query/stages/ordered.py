"""What stages have in common that follow events through time: rows come to them the oldest first."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lakebed.errors import LimitError
from lakebed.query.expression import ColumnRef
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun
from lakebed.query.time_spans import TimeSpan, parse_span
from lakebed.query.times import NS_PER_S, format_time
from lakebed.query.values import SortKey, group_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Row, Scalar, TableRow
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

ORDERED_ROWS_MAX = 50_000
"""Rows that are put in order of time in memory, where the search cannot find them in that order."""

TIME_COLUMN = "@lb.time"
END_COLUMN = "@q.end"
DURATION_COLUMN = "@q.duration_s"

Key: TypeAlias = tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class OrderedStage(Stage):
    """A stage over events by key, oldest first. Rows without an event time or without a key are left out."""

    gives_table: ClassVar[bool] = True
    by: tuple[str, ...]
    is_oldest_first: bool = field(default=False, compare=False, kw_only=True)
    """Whether rows come in this order."""

    @abstractmethod
    def run(self, context: RunContext) -> OrderedRun:
        """A fresh run over rows in order."""

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.aggregate is None:
            if leaf.takes_filters:
                leaf.is_reversed = leaf.order.is_descending
            leaf.require(map(ColumnRef, self.by))
            is_oldest_first = leaf.takes_filters or not leaf.order.is_descending
            leaf.instead = replace(self, is_oldest_first=is_oldest_first)
        return Pushed.NOTHING

    def start(self, context: RunContext) -> StageRun:
        run = self.run(context)
        return run if self.is_oldest_first else _SortingRun(self.name, run)


def take_span(cursor: Cursor, expected: str) -> TimeSpan:
    """Takes a span of time that is no month."""
    token = cursor.take_operand()
    span = parse_span(token.source)
    if span is None or span.ns is None:
        cursor.fail(f"expected {expected} such as 30s, 10m or 2h, found {token.describe()}", token)
    return span


def times_of(first: Row, last: Row) -> TableRow:
    """The columns that say from when to when: in seconds, exact as far as a double is."""
    duration_ns = last.time_ns - first.time_ns
    seconds = duration_ns // NS_PER_S if duration_ns % NS_PER_S == 0 else duration_ns / NS_PER_S
    return {
        TIME_COLUMN: format_time(first.time_ns),
        END_COLUMN: format_time(last.time_ns),
        DURATION_COLUMN: seconds,
    }


class OrderedRun(StageRun):
    """Takes rows the oldest first."""

    def __init__(self, stage: OrderedStage, context: RunContext) -> None:
        self._by = stage.by
        self.notes = context.notes

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        """See `StageRun.push`."""
        found: list[Record] = []
        for record in records:
            if record.row is None:
                self.notes.add("rows of a table have no event time and are left out")
                continue
            values = [record.value(column) for column in self._by]
            if all(value is not None for value in values):
                found += self.take(tuple(map(group_key, values)), values, record.row, record)
        return found

    @abstractmethod
    def take(self, key: Key, values: list[Scalar], row: Row, record: Record) -> Sequence[Record]:
        """Takes the next event of a key; gives what is complete now."""


class _SortingRun(StageRun):
    """Holds all rows, to give them on in order."""

    def __init__(self, name: str, run: OrderedRun) -> None:
        self._name = name
        self._run = run
        self._held: list[Record] = []

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        self._held.extend(records)
        if len(self._held) > ORDERED_ROWS_MAX:
            message = f"`{self._name}` puts at most {ORDERED_ROWS_MAX} rows in order (ORDERED_ROWS_MAX)"
            raise LimitError(f"{message}: put it before `head` and other stages that hold rows, or filter before it")
        return ()

    def finish(self) -> Sequence[Record]:
        self._held.sort(key=_place_in_time)
        found = list(self._run.push(self._held))
        self._held = []
        return [*found, *self._run.finish()]


def _place_in_time(record: Record) -> tuple[int, str, int]:
    row = record.row
    return (0, "", 0) if row is None else (row.time_ns, row.object, row.record)

"""`tail`: the last rows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.stages.arguments import parse_row_count
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

TAIL_ROWS_MAX = 50_000
"""Rows held in memory until the last is seen; whole events take about 10 kB each."""


@dataclass(frozen=True, slots=True)
class Tail(Stage):
    """`tail 10` or `tail(10)`: the last 10 rows, in the order that they had; at most 50,000.

    Events come newest first unless the caller asked for another order, so these are the oldest; the search then begins
    at the old end and stops when it has them.

    Example: `sourceIPAddress: 203.0.113.7 | tail 1`
    """

    name: ClassVar[str] = "tail"
    row_count: int
    is_reversed: bool = field(default=False, compare=False)
    """Whether rows come in the opposite order: then it takes the first, and turns them around."""

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        row_count = parse_row_count(cursor, name, TAIL_ROWS_MAX)
        return cls(cursor.span_from(start), row_count)

    def __str__(self) -> str:
        return f"tail {self.row_count}"

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.takes_filters:
            leaf.is_reversed = True
            leaf.limit = self.row_count
            leaf.instead = replace(self, is_reversed=True)
        return Pushed.NOTHING

    def reads(self) -> frozenset[str] | None:
        return frozenset()

    def start(self, context: RunContext) -> StageRun:
        return _ReversedRun(self.row_count) if self.is_reversed else _TailRun(self.row_count)


class _TailRun(StageRun):
    def __init__(self, row_count: int) -> None:
        self._last: deque[Record] = deque(maxlen=row_count)

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        self._last.extend(records)
        return ()

    def finish(self) -> Sequence[Record]:
        return list(self._last)


class _ReversedRun(StageRun):
    def __init__(self, row_count: int) -> None:
        self._row_count = row_count
        self._first: list[Record] = []

    @property
    def is_done(self) -> bool:
        return len(self._first) == self._row_count

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        self._first.extend(records[: self._row_count - len(self._first)])
        return ()

    def finish(self) -> Sequence[Record]:
        return self._first[::-1]

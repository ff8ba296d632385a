"""`table`: chosen columns only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.printer import print_names
from lakebed.query.stages.arguments import parse_names
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record


@dataclass(frozen=True, slots=True)
class Table(Stage):
    """`table(a, b)` or `table a, b`: these columns in this order, null where one is missing.

    Only these columns are read, which makes the search cheaper too.

    Example: `error | table(@lb.time, host, message)`
    """

    name: ClassVar[str] = "table"
    keeps_each_row: ClassVar[bool] = True
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        columns = parse_names(cursor, name)
        return cls(cursor.span_from(start), columns)

    def __str__(self) -> str:
        return f"table({print_names(self.columns)})"

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.aggregate is not None:
            return Pushed.NOTHING
        leaf.names = leaf.names.only(self.columns)
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        return frozenset(self.columns)

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self.columns

    def start(self, context: RunContext) -> StageRun:
        return _TableRun(self.columns)


class _TableRun(StageRun):
    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record.projected(self._columns) for record in records]

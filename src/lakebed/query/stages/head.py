"""`head`: the first rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.stages.arguments import parse_row_count
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

HEAD_ROWS_MAX = 1_000_000_000
"""More rows than one answer will ever have; a larger number is a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Head(Stage):
    """`head 10`, `head(10)` or `limit 10`: the first 10 rows, then the search stops.

    Rows come newest first unless the caller asked for another order; after an aggregate they come
    in its order.

    Example: `error | head 10`
    """

    name: ClassVar[str] = "head, limit"
    row_count: int

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        row_count = parse_row_count(cursor, name, HEAD_ROWS_MAX)
        return cls(cursor.span_from(start), row_count)

    def __str__(self) -> str:
        return f"head {self.row_count}"

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.aggregate is not None:
            return Pushed.NOTHING
        leaf.limit = self.row_count if leaf.limit is None else min(leaf.limit, self.row_count)
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        return frozenset()

    def takes_rows(self) -> int | None:
        return self.row_count

    def start(self, context: RunContext) -> StageRun:
        return _HeadRun(self.row_count)


class _HeadRun(StageRun):
    def __init__(self, row_count: int) -> None:
        self._left = row_count

    @property
    def is_done(self) -> bool:
        return self._left == 0

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        taken = records[: self._left]
        self._left -= len(taken)
        return taken

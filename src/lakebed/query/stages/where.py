"""`where`: keeps the rows that pass a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.filters import parse_filter
from lakebed.query.match import matches
from lakebed.query.printer import print_filter
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun
from lakebed.query.walk import columns_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record
    from lakebed.query.syntax import Filter


@dataclass(frozen=True, slots=True)
class Where(Stage):
    """`where <filter>`: the whole filter language, over the rows of the stage before.

    Before the first aggregate or `head` it is part of the search itself and costs nothing extra. After them it also
    sees computed columns such as `@q.count`.

    Example: `* | groupbycount(src) | where @q.count > 1`
    """

    name: ClassVar[str] = "where"
    filter: Filter

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        filter_ = parse_filter(cursor)
        return cls(cursor.span_from(start), filter_)

    def __str__(self) -> str:
        return f"where {print_filter(self.filter)}"

    def push_down(self, leaf: Leaf) -> Pushed:
        filter_ = leaf.names.filter(self.filter) if leaf.takes_filters else None
        if filter_ is None:
            return Pushed.NOTHING
        leaf.filters.append(filter_)
        return Pushed.ALL

    def filters(self) -> tuple[Filter, ...]:
        return (self.filter,)

    def reads(self) -> frozenset[str] | None:
        return columns_read(self.filter)

    def start(self, context: RunContext) -> StageRun:
        return _WhereRun(self.filter)


class _WhereRun(StageRun):
    def __init__(self, filter_: Filter) -> None:
        self._filter = filter_

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record for record in records if matches(self._filter, record)]

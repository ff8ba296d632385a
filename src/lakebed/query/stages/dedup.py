"""`dedup`: the first rows of each combination of values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.errors import LimitError
from lakebed.query.expression import ColumnRef
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_names
from lakebed.query.stages.arguments import parse_names, take_leading_count
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun
from lakebed.query.values import SortKey, group_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

DEDUP_KEYS_MAX = 500_000
"""Combinations remembered, at about 0.3 kB each."""

DEDUP_ROWS_MAX = 1_000_000
"""Rows kept of each combination; a larger number is a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Dedup(Stage):
    """`dedup a, b`: the first row of each combination of values; `dedup 3 a` the first three.

    Events come newest first unless asked otherwise, so these are the newest of each; after `sort` the first in that
    order. Rows without one of the columns are left out. Values are told apart as groups are: `1` and `1.0` are one
    value, `1` and `"1"` two. At most 500,000 combinations; beyond that the search ends with an error.

    Example: `eventName: ConsoleLogin | dedup userIdentity.arn | table(@lb.time, userIdentity.arn, sourceIPAddress)`
    """

    name: ClassVar[str] = "dedup"
    columns: tuple[str, ...]
    row_count: int = 1

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        row_count = take_leading_count(cursor, DEDUP_ROWS_MAX) if cursor.peek().kind is Kind.WORD else None
        columns = parse_names(cursor, name)
        return cls(cursor.span_from(start), columns, row_count or 1)

    def __str__(self) -> str:
        count = "" if self.row_count == 1 else f"{self.row_count} "
        return f"dedup {count}{print_names(self.columns)}"

    def push_down(self, leaf: Leaf) -> Pushed:
        leaf.require(map(ColumnRef, self.columns))
        return Pushed.NOTHING

    def reads(self) -> frozenset[str] | None:
        return frozenset(self.columns)

    def start(self, context: RunContext) -> StageRun:
        return _DedupRun(self)


class _DedupRun(StageRun):
    def __init__(self, stage: Dedup) -> None:
        self._columns = stage.columns
        self._row_count = stage.row_count
        self._seen: Counter[tuple[SortKey, ...]] = Counter()

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record for record in records if self._is_kept(record)]

    def _is_kept(self, record: Record) -> bool:
        values = [record.value(column) for column in self._columns]
        if None in values:
            return False
        key = tuple(map(group_key, values))
        if self._seen[key] == self._row_count:
            return False
        self._seen[key] += 1
        if len(self._seen) > DEDUP_KEYS_MAX:
            message = f"`dedup` found more than {DEDUP_KEYS_MAX} combinations of values (DEDUP_KEYS_MAX)"
            raise LimitError(f"{message}: put `head` after it, filter before it, or count them with `groupbycount`")
        return True

"""`countdistinct`: how many different values, or combinations of values, there are."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.functions.base import FunctionCall
from lakebed.query.stages.arguments import parse_operands
from lakebed.query.stages.base import COUNT_COLUMN, UNIQUE_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder


@dataclass(frozen=True, slots=True)
class CountDistinct(AggregateStage):
    """`countdistinct(a)`, `countdistinct(a, b)`: one row with the number of different values, or combinations of
    values, in `@q.uniq`.

    Rows without one of the columns do not count. Values of different types differ (`1` and `"1"`), spellings of one
    number do not (`1` and `1.0`). Exact while there are few; beyond that a sketch, and the answer says so. The next
    stages may call the column `@q.count` too, as older rules do.

    Example: `eventName: ConsoleLogin | countdistinct(sourceIPAddress)`
    """

    name: ClassVar[str] = "countdistinct"
    also_known: ClassVar[Mapping[str, str]] = MappingProxyType({COUNT_COLUMN: UNIQUE_COLUMN})
    call: FunctionCall

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        operands = parse_operands(cursor, name)
        return cls(cursor.span_from(start), FunctionCall(name, operands))

    def __str__(self) -> str:
        return str(self.call)

    def aggregate(self, order: RowOrder) -> Aggregate:
        return Aggregate((), (self.call.kernel(order),))

    @property
    def output(self) -> tuple[str, ...]:
        return (UNIQUE_COLUMN,)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return functions

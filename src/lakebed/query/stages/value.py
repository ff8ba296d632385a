"""`avg`, `max`, `min`, `percentile`, `sum`, `var` and their like as stages: one value over all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.lexer import Kind
from lakebed.query.stages.base import VALUE_COLUMN, AggregateStage, Values
from lakebed.query.stages.calls import parse_arguments

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import FunctionCall, RowOrder


@dataclass(frozen=True, slots=True)
class SingleValue(AggregateStage):
    """`sum(bytes)`, `percentile(95, bytes)` …: a function of `stats` alone, one row with the result in `@q.value`.

    Works for `avg`, `max`, `median`, `min`, `mode`, `percentile`, `stdev`, `sum` and `var`.

    Example: `action: accept | sum(bytes)`
    """

    name: ClassVar[str] = "avg, max, median, min, mode, percentile, stdev, sum, var"
    call: FunctionCall

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        call = parse_arguments(cursor, name, closes=opening is not None)
        return cls(cursor.span_from(start), call)

    def __str__(self) -> str:
        return str(self.call)

    def aggregate(self, order: RowOrder) -> Aggregate:
        return Aggregate((), (self.call.kernel(order),))

    @property
    def output(self) -> tuple[str, ...]:
        return (VALUE_COLUMN,)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return functions

"""`avg`, `sum`, `min`, `max` as stages: one number over all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate, Function
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import parse_argument
from lakebed.query.stages.base import VALUE_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor


@dataclass(frozen=True, slots=True)
class SingleValue(AggregateStage):
    """`sum(bytes)`, `avg(bytes)`, `min(bytes)`, `max(bytes)`: one row with the result in
    `@q.value`.

    `sum` and `avg` look at numbers only and give null when there is none; `min` and `max` order
    numbers before strings before booleans, so that they work on times too.

    Example: `@lb.source_type: "aws:vpcflow" | sum(bytes)`
    """

    name: ClassVar[str] = "avg, sum, min, max"
    function: Function

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        column = parse_argument(cursor, name)
        return cls(cursor.span_from(start), Function(name, column))

    def __str__(self) -> str:
        assert self.function.column is not None
        return f"{self.function.name}({print_name(self.function.column)})"

    @property
    def aggregate(self) -> Aggregate:
        return Aggregate((), (self.function,))

    @property
    def output(self) -> tuple[str, ...]:
        return (VALUE_COLUMN,)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return functions

"""`count`: how many rows there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.stages.arguments import take_empty_parentheses
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder


@dataclass(frozen=True, slots=True)
class Count(AggregateStage):
    """`count` or `count()`: one row with the number of rows in `@q.count`; 0 when there is none.

    Example: `error | count`
    """

    name: ClassVar[str] = "count"

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        take_empty_parentheses(cursor, name)
        return cls(cursor.span_from(start))

    def __str__(self) -> str:
        return "count()"

    def aggregate(self, order: RowOrder) -> Aggregate:
        return Aggregate((), ())

    @property
    def output(self) -> tuple[str, ...]:
        return (COUNT_COLUMN,)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (count,)

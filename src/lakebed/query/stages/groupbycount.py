"""`groupbycount`: how many rows there are of each combination of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.lexer import Kind
from lakebed.query.stages.arguments import Key, close_parenthesis, distinct, parse_keys
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder


@dataclass(frozen=True, slots=True)
class GroupByCount(AggregateStage):
    """`groupbycount(a, b)` or `groupbycount a, b`: one row for each combination of values, the most
    frequent first.

    The columns are those named, then `@q.count`. Rows without a column are counted under null.

    Example: `eventName: Delete* | groupbycount(eventName, userIdentity.arn)`
    """

    name: ClassVar[str] = "groupbycount"
    by: tuple[Key, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        by = parse_keys(cursor, f'a column name after "{name}{"(" if opening else ""}"')
        if opening is not None:
            close_parenthesis(cursor, f'"," or ")" after the column `{by[-1].output}`')
        span = cursor.span_from(start)
        distinct(cursor, [*((key.output, key.span) for key in by), (COUNT_COLUMN, span)])
        return cls(span, by)

    def __str__(self) -> str:
        return f"groupbycount({', '.join(map(str, self.by))})"

    def aggregate(self, order: RowOrder) -> Aggregate:
        return Aggregate(tuple(key.expression for key in self.by), ())

    @property
    def output(self) -> tuple[str, ...]:
        return (*(key.output for key in self.by), COUNT_COLUMN)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (*by, count)

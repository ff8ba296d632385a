"""`groupbycount`: how many rows there are of each combination of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.printer import print_names
from lakebed.query.stages.arguments import distinct, parse_names
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor


@dataclass(frozen=True, slots=True)
class GroupByCount(AggregateStage):
    """`groupbycount(a, b)` or `groupbycount a, b`: one row for each combination of values, the most
    frequent first.

    The columns are those named, then `@q.count`. Rows without a column are counted under null.

    Example: `eventName: Delete* | groupbycount(eventName, userIdentity.arn)`
    """

    name: ClassVar[str] = "groupbycount"
    by: tuple[str, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        by = parse_names(cursor, name)
        span = cursor.span_from(start)
        distinct(cursor, [(column, span) for column in (*by, COUNT_COLUMN)])
        return cls(span, by)

    def __str__(self) -> str:
        return f"groupbycount({print_names(self.by)})"

    @property
    def aggregate(self) -> Aggregate:
        return Aggregate(self.by, ())

    @property
    def output(self) -> tuple[str, ...]:
        return (*self.by, COUNT_COLUMN)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (*by, count)

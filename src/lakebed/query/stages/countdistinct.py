"""`countdistinct`: how many different values a column has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate, Function
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import parse_argument
from lakebed.query.stages.base import UNIQUE_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor


@dataclass(frozen=True, slots=True)
class CountDistinct(AggregateStage):
    """`countdistinct(a)`: one row with the number of different values of `a` in `@q.uniq`, exact.

    Rows without the column do not count. Values of different types differ (`1` and `"1"`), spellings
    of one number do not (`1` and `1.0`).

    Example: `eventName: ConsoleLogin | countdistinct(sourceIPAddress)`
    """

    name: ClassVar[str] = "countdistinct"
    column: str

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        column = parse_argument(cursor, name)
        return cls(cursor.span_from(start), column)

    def __str__(self) -> str:
        return f"countdistinct({print_name(self.column)})"

    @property
    def aggregate(self) -> Aggregate:
        return Aggregate((), (Function("countdistinct", self.column),))

    @property
    def output(self) -> tuple[str, ...]:
        return (UNIQUE_COLUMN,)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return functions

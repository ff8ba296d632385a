"""`top` and `rare`: the most and the least frequent values, with their share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate, Ranking
from lakebed.query.lexer import Kind
from lakebed.query.stages.arguments import Key, close_parenthesis, distinct, parse_keys, take_leading_count
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values

if TYPE_CHECKING:
    from lakebed.model import Table, TableRow
    from lakebed.query.aggregate import Wanted
    from lakebed.query.context import Notes
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder
    from lakebed.query.stages.base import Leaf, Pushed

PERCENT_COLUMN = "@q.percent"

TOP_DEFAULT = 10

TOP_ROWS_MAX = 100_000
"""Rows of each group; a larger number is a slip of the finger, `groupbycount` gives them all."""

PERCENT_UNIT = 1_000_000
"""Shares are rounded to a millionth of a percent."""


@dataclass(frozen=True, slots=True)
class Top(AggregateStage):
    """`top a`: the ten most frequent values of `a`; `top 5 a, b`: the five most frequent combinations; `top 3 a by c`:
    the three most frequent for each `c`. `rare` gives the least frequent.

    The columns are those after `by`, those named, `@q.count` and `@q.percent`, the share of the rows that have all the
    columns; rows without one of them do not count. Groups stand in the order of `by`; of equally frequent values the
    smaller comes first.

    Example: `eventName: ConsoleLogin | top 5 sourceIPAddress by userIdentity.arn`
    """

    name: ClassVar[str] = "top, rare"
    columns: tuple[Key, ...]
    by: tuple[Key, ...] = ()
    row_count: int = TOP_DEFAULT
    is_rare: bool = False

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        row_count = take_leading_count(cursor, TOP_ROWS_MAX)
        opening = cursor.take_if(Kind.OPEN)
        columns = parse_keys(cursor, f'a column name after "{cursor.last.source}"')
        if opening is not None:
            close_parenthesis(cursor, f'"," or ")" after the column `{columns[-1].output}`')
        by = parse_keys(cursor, 'a column name after "by"') if cursor.take_keyword("by") else ()
        span = cursor.span_from(start)
        own = [(COUNT_COLUMN, span), (PERCENT_COLUMN, span)]
        distinct(cursor, [*((key.output, key.span) for key in (*by, *columns)), *own])
        return cls(span, columns, by, row_count or TOP_DEFAULT, name == "rare")

    def __str__(self) -> str:
        by = f" by {', '.join(map(str, self.by))}" if self.by else ""
        columns = ", ".join(map(str, self.columns))
        # a parenthesis after the number opens the list
        listed = f"({columns})" if columns.startswith("(") else columns
        return f"{'rare' if self.is_rare else 'top'} {self.row_count} {listed}{by}"

    def aggregate(self, order: RowOrder) -> Aggregate:
        return Aggregate(tuple(key.expression for key in (*self.by, *self.columns)), ())

    @property
    def output(self) -> tuple[str, ...]:
        return (*(key.output for key in (*self.by, *self.columns)), COUNT_COLUMN, PERCENT_COLUMN)

    def groups_wanted(self, row_count: int | None) -> Wanted:
        limit = self.row_count if row_count is None else min(row_count, self.row_count)
        return Ranking(len(self.by), limit, self.is_rare)

    def push_down(self, leaf: Leaf) -> Pushed:
        leaf.require(self.aggregate(leaf.order).by)
        return AggregateStage.push_down(self, leaf)

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (*by, count, *functions)

    def to_rows(self, table: Table, notes: Notes) -> list[TableRow]:
        rows: list[TableRow] = []
        for row in table.rows:
            *values, total, count = row
            assert isinstance(total, int), "a ranking ends a row with these"
            assert isinstance(count, int)
            rows.append(dict(zip(self.output, (*values, count, _percent(count, total)), strict=True)))
        return rows


def _percent(count: int, total: int) -> float:
    """Rounded half up, from exact integers."""
    return (2 * 100 * PERCENT_UNIT * count + total) // (2 * total) / PERCENT_UNIT

"""`stats`: functions over groups of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.lexer import Kind, Token
from lakebed.query.stages.arguments import Key, distinct, parse_keys
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values
from lakebed.query.stages.measures import Measure, parse_measures

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder
    from lakebed.query.syntax import Span


@dataclass(frozen=True, slots=True)
class Stats(AggregateStage):
    """`stats [function [as name], …] [by column, …]`: one row for each combination of the `by`
    columns.

    The columns of the answer are the `by` columns, `@q.count`, then one for each function: its name after `as`, else
    the function as it is written, such as `sum(bytes)`. A bare column gives one of its values. Functions and `by` take
    expressions too. Without `by` there is exactly one row.

    Example: `* | stats sum(bytes) as total, max(bytes) by src`
    """

    name: ClassVar[str] = "stats"
    measures: tuple[Measure, ...]
    by: tuple[Key, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        named: list[tuple[Measure, Span]] = []
        if cursor.peek().kind not in (Kind.END, Kind.PIPE, Kind.CLOSE) and not _is_by(cursor.peek()):
            named = parse_measures(cursor)
        by = _parse_by(cursor)
        by_names = [key.output for key in by]
        kept = [pair for pair in named if not (pair[0].is_bare and pair[0].output in by_names)]
        outputs = [(measure.output, span) for measure, span in kept]
        by_outputs = [(key.output, key.span) for key in by]
        distinct(cursor, [*by_outputs, (COUNT_COLUMN, cursor.span_from(start)), *outputs])
        return cls(cursor.span_from(start), tuple(measure for measure, _ in kept), by)

    def __str__(self) -> str:
        measures = " " + ", ".join(map(str, self.measures)) if self.measures else ""
        by = " by " + ", ".join(map(str, self.by)) if self.by else ""
        return f"stats{measures}{by}"

    def aggregate(self, order: RowOrder) -> Aggregate:
        by = tuple(key.expression for key in self.by)
        return Aggregate(by, tuple(measure.call.kernel(order) for measure in self.measures))

    @property
    def output(self) -> tuple[str, ...]:
        return (*(key.output for key in self.by), COUNT_COLUMN, *(measure.output for measure in self.measures))

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (*by, count, *functions)


def _parse_by(cursor: Cursor) -> tuple[Key, ...]:
    return parse_keys(cursor, 'a column name after "by"') if cursor.take_keyword("by") else ()


def _is_by(token: Token) -> bool:
    return token.kind is Kind.WORD and token.source.lower() == "by"

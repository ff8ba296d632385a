"""`stats`: functions over groups of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.expression_printer import label_of, print_operand
from lakebed.query.functions.base import FunctionCall
from lakebed.query.lexer import Kind, Token
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import Key, distinct, parse_keys, parse_name, parse_operand
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values
from lakebed.query.stages.calls import take_call

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder
    from lakebed.query.syntax import Span

_ANY_VALUE = "min"
"""How an arbitrary value of a bare column is chosen: the smallest, so that the answer is the
same every time."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One function of `stats` under its output name. `is_bare`: written as a column, any value
    of which will do."""

    call: FunctionCall
    output: str
    is_bare: bool = False

    def __str__(self) -> str:
        text = print_operand(self.call.operands[0]) if self.is_bare else str(self.call)
        is_default = self.output == _default_output(self.call, self.is_bare)
        return text if is_default else f"{text} as {print_name(self.output)}"


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
        if cursor.peek().kind not in (Kind.END, Kind.PIPE) and not _is_by(cursor.peek()):
            named.append(_parse_measure(cursor))
            while cursor.take_if(Kind.COMMA):
                named.append(_parse_measure(cursor))
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


def _parse_measure(cursor: Cursor) -> tuple[Measure, Span]:
    start = cursor.peek()
    is_bare = False
    found = take_call(cursor)
    if found is None:
        operand = parse_operand(cursor, "a function or a column name")
        found, is_bare = FunctionCall(_ANY_VALUE, (operand.expression,)), True
    span = cursor.span_from(start)
    if cursor.take_keyword("as"):
        output, span = parse_name(cursor, 'a column name after "as"')
        return Measure(found, output, is_bare), span
    return Measure(found, _default_output(found, is_bare), is_bare), span


def _default_output(call: FunctionCall, is_bare: bool) -> str:
    return label_of(call.operands[0]) if is_bare else call.label

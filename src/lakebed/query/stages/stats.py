"""`stats`: functions over groups of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import FUNCTIONS, Aggregate, Function
from lakebed.query.lexer import Kind, Token
from lakebed.query.printer import print_name, print_names
from lakebed.query.stages.arguments import close_parenthesis, distinct, parse_name, refuse_several
from lakebed.query.stages.base import COUNT_COLUMN, AggregateStage, Values
from lakebed.query.stages.planned import PLANNED_FUNCTIONS
from lakebed.query.suggest import did_you_mean

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.syntax import Span

_ANY_VALUE = "min"
"""How an arbitrary value of a bare column is chosen: the smallest, so that the answer is the
same every time."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One function of `stats` under its output name. `is_bare`: written as a column, any value
    of which will do."""

    function: Function
    output: str
    is_bare: bool = False

    def __str__(self) -> str:
        column = "" if self.function.column is None else print_name(self.function.column)
        text = column if self.is_bare else f"{self.function.name}({column})"
        is_default = self.output == _default_output(self.function, self.is_bare)
        return text if is_default else f"{text} as {print_name(self.output)}"


@dataclass(frozen=True, slots=True)
class Stats(AggregateStage):
    """`stats [function [as name], …] [by column, …]`: one row for each combination of the `by`
    columns.

    Functions: `count()`, `count(c)` (rows that have c), `countdistinct(c)` (different values),
    `min(c)`, `max(c)`, `sum(c)`, `avg(c)`; a bare column gives one of its values. The columns of the
    answer are the `by` columns, `@q.count`, then one for each function: its name after `as`, else the
    function as it is written, such as `sum(bytes)`. Without `by` there is exactly one row.

    Example: `* | stats sum(bytes) as total, max(bytes) by src`
    """

    name: ClassVar[str] = "stats"
    measures: tuple[Measure, ...]
    by: tuple[str, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        named: list[tuple[Measure, Span]] = []
        if cursor.peek().kind not in (Kind.END, Kind.PIPE) and not _is_by(cursor.peek()):
            named.append(_parse_measure(cursor))
            while cursor.take_if(Kind.COMMA):
                named.append(_parse_measure(cursor))
        by = _parse_by(cursor)
        by_names = [name for name, _ in by]
        kept = [pair for pair in named if not (pair[0].is_bare and pair[0].output in by_names)]
        outputs = [(measure.output, span) for measure, span in kept]
        distinct(cursor, [*by, (COUNT_COLUMN, cursor.span_from(start)), *outputs])
        return cls(cursor.span_from(start), tuple(measure for measure, _ in kept), tuple(by_names))

    def __str__(self) -> str:
        measures = " " + ", ".join(map(str, self.measures)) if self.measures else ""
        by = f" by {print_names(self.by)}" if self.by else ""
        return f"stats{measures}{by}"

    @property
    def aggregate(self) -> Aggregate:
        return Aggregate(self.by, tuple(measure.function for measure in self.measures))

    @property
    def output(self) -> tuple[str, ...]:
        return (*self.by, COUNT_COLUMN, *(measure.output for measure in self.measures))

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        return (*by, count, *functions)


def _parse_by(cursor: Cursor) -> list[tuple[str, Span]]:
    if not cursor.take_keyword("by"):
        return []
    by = [parse_name(cursor, 'a column name after "by"')]
    while cursor.take_if(Kind.COMMA):
        by.append(parse_name(cursor, 'a column name after ","'))
    return by


def _is_by(token: Token) -> bool:
    return token.kind is Kind.WORD and token.source.lower() == "by"


def _parse_measure(cursor: Cursor) -> tuple[Measure, Span]:
    start = cursor.peek()
    column, span = parse_name(cursor, "a function or a column name")
    word = start.source.lower() if start.kind is Kind.WORD else ""
    is_bare = False
    if start.kind is Kind.WORD and cursor.peek().kind is Kind.OPEN:
        function = _parse_function(cursor, start)
    elif word == "count":
        function = Function("count")
    elif word in FUNCTIONS:
        message = f'expected "(" and a column name after "{word}", found {cursor.peek().describe()}'
        cursor.fail(f"{message}: a column of that name is written `{column}`", cursor.peek())
    else:
        function, is_bare = Function(_ANY_VALUE, column), True
    if cursor.take_keyword("as"):
        output, span = parse_name(cursor, 'a column name after "as"')
        return Measure(function, output, is_bare), span
    return Measure(function, _default_output(function, is_bare), is_bare), span


def _default_output(function: Function, is_bare: bool) -> str:
    column = function.column or ""
    return column if is_bare else f"{function.name}({column})"


def _parse_function(cursor: Cursor, name: Token) -> Function:
    word = name.source.lower()
    if word in PLANNED_FUNCTIONS:
        cursor.fail(f'function "{word}" is not available yet', name)
    if word not in FUNCTIONS:
        hint = did_you_mean(word, FUNCTIONS, PLANNED_FUNCTIONS)
        cursor.fail(f"unknown function {name.describe()}{hint}", name)
    cursor.take()
    if word == "count" and cursor.take_if(Kind.CLOSE):
        return Function("count")
    column, _ = parse_name(cursor, f'a column name after "{word}("')
    refuse_several(cursor, word)
    close_parenthesis(cursor, f'")" after the column `{column}`')
    return Function(word, column)

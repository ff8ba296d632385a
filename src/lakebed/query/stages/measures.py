"""The functions of `stats` and `timechart` with the names of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.query.expression import ColumnRef
from lakebed.query.expression_printer import label_of, print_operand
from lakebed.query.functions import FUNCTIONS
from lakebed.query.functions.base import FunctionCall
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name, quoted_text
from lakebed.query.stages.arguments import parse_name, parse_operand
from lakebed.query.stages.calls import take_call

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.expression import Expression
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
        text = _print_bare(self.call.operands[0]) if self.is_bare else str(self.call)
        is_default = self.output == _default_output(self.call, self.is_bare)
        return text if is_default else f"{text} as {print_name(self.output)}"


def _print_bare(operand: Expression) -> str:
    """A column or an expression where a function might stand, too."""
    text = print_operand(operand)
    if isinstance(operand, ColumnRef):
        return quoted_text((operand.name,), "`") if text.lower() in FUNCTIONS else text
    return f"({text})" if text.split(maxsplit=1)[0].lower() in FUNCTIONS else text


def parse_measures(cursor: Cursor) -> list[tuple[Measure, Span]]:
    """Takes at least one, separated by commas."""
    named = [_parse_measure(cursor)]
    while cursor.take_if(Kind.COMMA):
        named.append(_parse_measure(cursor))
    return named


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

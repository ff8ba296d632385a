"""Constants of calls that cannot be what they should be, such as a regular expression that is none, and where they
stand in the query. The engine decides, on one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed import native
from lakebed.errors import LakebedError
from lakebed.query.expression import Call, ColumnRef, Expression, TextLiteral, columns_of
from lakebed.query.literals import regex_problem
from lakebed.query.plan import expression_node
from lakebed.query.regex_check import RegexFault, taken_apart
from lakebed.query.syntax import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.cursor import Cursor

MESSAGE_CHARACTERS_MAX = 300
"""Of what the engine says of a constant; it quotes the constant, which may be long."""

_ANY = ColumnRef("any")
_MUST_BE_CONSTANT = "must not depend on the event"


def check_call(cursor: Cursor, call: Call) -> None:
    """Raises the error when the engine refuses the call for one of its constants."""
    of = [argument if columns_of(argument) == frozenset() else _ANY for argument in call.of]
    fault = _fault(call.name, of) if any(argument is not _ANY for argument in of) else None
    if fault is None or fault.endswith(_MUST_BE_CONSTANT):  # it may be a column that an `eval` before gives a constant
        return
    found = (at for at, part in enumerate(of) if part is not _ANY and _fault(call.name, _with_any(of, at)) != fault)
    guilty = call.of[place] if (place := next(found, None)) is not None else call
    message, regex = fault, fault.partition("regular expression: ")[2]
    span = guilty.span
    if regex:
        problem = regex_problem(guilty.value) if isinstance(guilty, TextLiteral) else None
        regex_fault = taken_apart(regex)
        message = problem or f"this regular expression is wrong: {regex_fault.message}"
        span = _place_in(cursor.text, guilty, regex_fault)
    cursor.fail(message if len(message) <= MESSAGE_CHARACTERS_MAX else f"{message[:MESSAGE_CHARACTERS_MAX]}…", span)


def _fault(name: str, of: Sequence[Expression]) -> str | None:
    try:
        with native.engine_errors():
            native.Expression(msgspec.json.encode(expression_node(Call(name, tuple(of)))))
    except LakebedError as error:
        return str(error)
    return None


def _with_any(of: Sequence[Expression], place: int) -> list[Expression]:
    return [_ANY if at == place else argument for at, argument in enumerate(of)]


def _place_in(text: str, guilty: Expression, fault: RegexFault) -> Span:
    """The faulty part, where the constant stands in the query as it is; else the whole constant."""
    span = guilty.span
    if fault.start is None or fault.end is None or not isinstance(guilty, TextLiteral):
        return span
    ignored = len("(?i)") if text.startswith("/", span.start) and guilty.value.startswith("(?i)") else 0
    body = guilty.value[ignored:]
    if not text.startswith(body, span.start + 1):
        return span
    start = span.start + 1 - ignored
    return Span(start + fault.start, start + fault.end)

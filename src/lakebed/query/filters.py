"""Parses the filter part of a query: words, column terms, `and`, `or`, `not`, parentheses.

Precedence, tightest first: `not`, then `and` and juxtaposition, then `or`. Recursive descent,
one function a level; the cursor bounds the depth. What stands after a column is parsed in
operands.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lakebed.query.lexer import QUOTED_TEXT_SHOWN_MAX, Kind, Token, quoted
from lakebed.query.operands import COLUMN_OPERATORS, parse_column_term, to_value
from lakebed.query.syntax import (
    ANY_COLUMN,
    And,
    Column,
    Everything,
    Filter,
    FreeText,
    Not,
    Or,
    Span,
    Star,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.query.cursor import Cursor

_TERM_STARTS = frozenset(
    {Kind.WORD, Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED, Kind.BACKTICK, Kind.OPEN, Kind.NOT, Kind.IN}
)
"""A term that begins with one of these, right after another term, is joined to it by `and`."""


def parse_filter(cursor: Cursor) -> Filter:
    """Parses a filter up to the end, a `|`, or a `)` that it did not open."""
    return _parse_chain(cursor, _parse_and, Or, _take_or)


def starts_term(token: Token) -> bool:
    """True when a filter can begin with this token."""
    return token.kind in _TERM_STARTS


def parse_column(cursor: Cursor, expected: str) -> Column:
    """Takes a column name or a pattern over column names."""
    token = cursor.peek()
    if token.kind in (Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED):
        hint = f": a column name is quoted with backticks, as in `{token.source[1:-1]}`"
        cursor.fail_expected(expected, hint)
    if token.kind not in (Kind.WORD, Kind.BACKTICK, Kind.IN):
        cursor.fail_expected(expected)
    return _to_column(cursor.take())


def _to_column(token: Token) -> Column:
    span = Span(token.start, token.end)
    if all(isinstance(part, Star) for part in token.text):  # a lone `*` means any column, like `**`
        return Column(ANY_COLUMN.parts, span)
    return Column(token.text, span)


def _parse_and(cursor: Cursor) -> Filter:
    return _parse_chain(cursor, _parse_not, And, _take_and)


def _take_or(cursor: Cursor) -> bool:
    return cursor.take_if(Kind.OR) is not None


def _take_and(cursor: Cursor) -> bool:
    return cursor.take_if(Kind.AND) is not None or starts_term(cursor.peek())


def _parse_chain(
    cursor: Cursor,
    parse_next: Callable[[Cursor], Filter],
    node: type[And | Or],
    takes_joiner: Callable[[Cursor], bool],
) -> Filter:
    first = parse_next(cursor)
    parts: list[Filter] = [first]
    while takes_joiner(cursor):
        parts.append(parse_next(cursor))
    return joined(parts, node, cursor.span_from(first.span))


def joined(parts: Sequence[Filter], node: type[And | Or], span: Span) -> Filter:
    """The parts under one node, or the part itself when it is alone."""
    return parts[0] if len(parts) == 1 else node(tuple(parts), span)


def _parse_not(cursor: Cursor) -> Filter:
    operator = cursor.take_if(Kind.NOT)
    if operator is None:
        return _parse_primary(cursor)
    with cursor.nested(operator):
        negated = _parse_not(cursor)
    return Not(negated, cursor.span_from(operator))


def _parse_primary(cursor: Cursor) -> Filter:
    token = cursor.peek()
    if token.kind is Kind.OPEN:
        return _parse_parentheses(cursor)
    if token.kind is Kind.IN:
        hint = 'a column before "in", as in "ip in 10.0.0.0/8"; to search for the word write \'in\''
        cursor.fail(f"expected {hint}", token)
    if not starts_term(token):
        cursor.fail_expected("a search term" + _after_joiner(cursor.last))
    cursor.take()
    if cursor.peek().kind in COLUMN_OPERATORS:
        return _parse_term_of(cursor, token)
    return _free_text(cursor, token)


def _after_joiner(last: Token) -> str:
    is_joiner = last.kind in (Kind.AND, Kind.OR, Kind.NOT, Kind.OPEN)
    return f" after {last.describe()}" if is_joiner else ""


def _parse_parentheses(cursor: Cursor) -> Filter:
    opening = cursor.take()
    with cursor.nested(opening):
        inner = parse_filter(cursor)
    if cursor.peek().kind in (Kind.END, Kind.PIPE):
        cursor.fail('this "(" is never closed', opening)
    if cursor.take_if(Kind.CLOSE) is None:
        fail_leftover(cursor)
    return inner


def _parse_term_of(cursor: Cursor, token: Token) -> Filter:
    if token.kind in (Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED):
        operator = cursor.peek().describe()
        hint = f"a column name is quoted with backticks, as in `{token.source[1:-1]}`"
        cursor.fail(f"expected a column name before {operator}, found a quoted value: {hint}", token)
    return parse_column_term(cursor, _to_column(token))


def _free_text(cursor: Cursor, token: Token) -> Filter:
    span = Span(token.start, token.end)
    if token.kind is Kind.BACKTICK:
        message = f'expected ":" or another operator after the column {token.source}'
        cursor.fail(message + f", found {cursor.peek().describe()}", cursor.peek())
    if token.source == "&&":
        cursor.fail('unexpected "&&": write "and"', token)
    if token.kind is Kind.WORD and token.source.startswith("-"):
        source = (
            token.source if len(token.source) <= QUOTED_TEXT_SHOWN_MAX else token.source[:QUOTED_TEXT_SHOWN_MAX] + "…"
        )
        word = source[1:] or "word"
        message = f'a search word cannot start with "-": write "not {word}" to exclude the word'
        cursor.fail(f"{message}, or quote it, as in {quoted_value(source)}", token)
    value = to_value(token)
    if len(value.parts) > 1 and not any(value.parts):
        return Everything(span)
    return FreeText(replace(value, number=None), span)


def quoted_value(source: str) -> str:
    """A word as a quoted value, for a hint."""
    return "'" + source.replace("'", "\\'") + "'"


def fail_leftover(cursor: Cursor) -> None:
    """Raises the error that fits a token which can neither continue the filter nor end it."""
    token = cursor.peek()
    last = cursor.last
    if token.kind is Kind.CLOSE:
        cursor.fail('unexpected ")": no "(" is open', token)
    if token.kind is Kind.COMMA:
        cursor.fail('unexpected ",": search terms are separated by spaces', token)
    if token.kind is Kind.COLON and last.kind is Kind.WORD:
        message = 'unexpected ":": a value that holds ":" has to be quoted'
        cursor.fail(message, token)
    if token.kind in COLUMN_OPERATORS:
        cursor.fail(f"expected a column name before {token.describe()}, found {last.describe()}", token)
    cursor.fail(f"unexpected {quoted(token.source)}", token)

"""Parses what stages take: column names, lists of them, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.query.filters import parse_column
from lakebed.query.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.cursor import Cursor
    from lakebed.query.syntax import Span

_RESERVED_WORDS = frozenset({"by", "as"})


def parse_name(cursor: Cursor, expected: str = "a column name") -> tuple[str, Span]:
    """Takes the name of one column."""
    token = cursor.peek()
    if token.kind is Kind.WORD and token.source.lower() in _RESERVED_WORDS:
        cursor.fail_expected(expected, f": a column of that name is written `{token.source}`")
    column = parse_column(cursor, expected)
    if column.name is None:
        cursor.fail(f"expected {expected}, found {token.describe()}: it has no wildcards", token)
    return column.name, column.span


def parse_argument(cursor: Cursor, stage: str) -> str:
    """Takes `a` or `(a)`: the one column of a stage."""
    opening = cursor.take_if(Kind.OPEN)
    column, _ = parse_name(cursor, f'a column name after "{stage}{"(" if opening else ""}"')
    refuse_several(cursor, stage)
    if opening is not None:
        close_parenthesis(cursor, f'")" after the column `{column}`')
    return column


def refuse_several(cursor: Cursor, function: str) -> None:
    """Says that different combinations of values cannot be counted yet."""
    if function == "countdistinct" and cursor.peek().kind is Kind.COMMA:
        cursor.fail('"countdistinct" of several columns is not available yet', cursor.peek())


def parse_names(cursor: Cursor, stage: str) -> tuple[str, ...]:
    """Takes `a, b` or `(a, b)`: at least one name, none twice."""
    opening = cursor.take_if(Kind.OPEN)
    expected = f'a column name after "{stage}{"(" if opening else ""}"'
    named = [parse_name(cursor, expected)]
    while cursor.take_if(Kind.COMMA):
        named.append(parse_name(cursor, 'a column name after ","'))
    if opening is not None:
        close_parenthesis(cursor, f'"," or ")" after the column `{named[-1][0]}`')
    return distinct(cursor, named)


def distinct(cursor: Cursor, named: Sequence[tuple[str, Span]]) -> tuple[str, ...]:
    """The names, none of which may come twice."""
    names: list[str] = []
    for name, span in named:
        if name in names:
            message = f'the column "{name}" comes twice in the answer'
            raise QueryError(message, cursor.text, span.start, span.end)
        names.append(name)
    return tuple(names)


def take_empty_parentheses(cursor: Cursor, stage: str) -> None:
    """Takes `()`, which is optional after a stage without arguments."""
    if cursor.take_if(Kind.OPEN) is None:
        return
    close_parenthesis(cursor, f'")" after "{stage}("')


def close_parenthesis(cursor: Cursor, expected: str) -> None:
    """Takes the `)` at the end of a list of arguments."""
    cursor.expect(Kind.CLOSE, expected)


def parse_count(cursor: Cursor, expected: str, most: int) -> int:
    """Takes a whole number from 1 to `most`."""
    token = cursor.peek()
    is_digits = token.kind is Kind.WORD and token.source.isascii() and token.source.isdigit()
    if not is_digits:
        cursor.fail_expected(expected)
    cursor.take()
    digits = token.source.lstrip("0") or "0"
    if len(digits) > len(str(most)) or not 1 <= int(digits) <= most:
        cursor.fail(f"expected a number from 1 to {most}, found {token.describe()}", token)
    return int(digits)

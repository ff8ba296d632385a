"""Parses what stages take: column names, lists of them, counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.query.expression import ColumnRef, ColumnsRef, Expression
from lakebed.query.expression_parser import parse_expression
from lakebed.query.expression_printer import label_of, print_operand
from lakebed.query.filters import parse_column
from lakebed.query.lexer import Kind, Token, skip_blank
from lakebed.query.literals import parse_number
from lakebed.query.printer import print_name
from lakebed.query.syntax import NOWHERE, Column, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.cursor import Cursor

_RESERVED_WORDS = frozenset({"by", "as"})
_NAMES = (Kind.WORD, Kind.BACKTICK, Kind.IN)
_QUOTED = (Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED)
_AFTER_OPERAND = (Kind.COMMA, Kind.CLOSE, Kind.PIPE, Kind.END)


@dataclass(frozen=True, slots=True)
class Operand:
    """What a function is taken of, and how the column that holds it is called."""

    expression: Expression
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are grouped by, and the name of its column."""

    expression: Expression
    output: str
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        text = print_operand(self.expression)
        return text if self.output == label_of(self.expression) else f"{text} as {print_name(self.output)}"


def parse_name(cursor: Cursor, expected: str = "a column name") -> tuple[str, Span]:
    """Takes the name of one column."""
    token = cursor.peek()
    cursor.count_column(token)
    if _is_reserved(token):
        cursor.fail_expected(expected, f": a column of that name is written `{token.source}`")
    column = parse_column(cursor, expected)
    if column.name is None:
        cursor.fail(f"expected {expected}, found {token.describe()}: it has no wildcards", token)
    return column.name, column.span


def parse_pattern(cursor: Cursor, expected: str) -> Column:
    """Takes the name of one column, or a pattern of names."""
    token = cursor.peek()
    cursor.count_column(token)
    if _is_reserved(token):
        cursor.fail_expected(expected, f": a column of that name is written `{token.source}`")
    return parse_column(cursor, expected)


def take_minus(cursor: Cursor) -> bool:
    """Takes a `-` before a name, with or without a space between them."""
    token = cursor.peek()
    if token.kind is not Kind.WORD or not token.source.startswith("-"):
        return False
    cursor.take_as(_minus_at)
    return True


def _minus_at(text: str, position: int) -> Token:
    start = skip_blank(text, position)
    return Token(Kind.MINUS, start, start + 1, "-", ("-",))


def parse_operand(cursor: Cursor, expected: str = "a column name") -> Operand:
    """Takes a column, or an expression over columns.

    A name may hold characters such as `-` here, as everywhere in stages; with spaces around it `-` is an operator.
    """
    mark, token = cursor.mark(), cursor.peek()
    cursor.count_column(token)
    if token.kind in _QUOTED:
        parse_column(cursor, expected)  # says how a column is quoted
    if token.kind in _NAMES or _is_reserved(token):
        if _is_reserved(token) or all(isinstance(part, str) for part in token.text):
            name, span = parse_name(cursor, expected)
            if cursor.peek().kind in _AFTER_OPERAND or _is_reserved(cursor.peek()):
                return Operand(ColumnRef(name, span), name, span)
        cursor.reset(mark)
    elif token.kind not in (Kind.OPEN, Kind.NOT, Kind.TILDE):
        cursor.fail_expected(expected)
    expression = parse_expression(cursor)
    if isinstance(expression, ColumnsRef):
        cursor.fail(f"expected {expected}, found {token.describe()}: it has no wildcards", expression.span)
    return Operand(expression, label_of(expression), expression.span)


def parse_operands(cursor: Cursor, stage: str) -> tuple[Expression, ...]:
    """Takes `a, b` or `(a, b)`: at least one operand."""
    opening = cursor.take_if(Kind.OPEN)
    operands = [parse_operand(cursor, f'a column name after "{stage}{"(" if opening else ""}"')]
    while cursor.take_if(Kind.COMMA):
        operands.append(parse_operand(cursor, 'a column name after ","'))
    if opening is not None:
        close_parenthesis(cursor, f'"," or ")" after {print_operand(operands[-1].expression)}')
    return tuple(operand.expression for operand in operands)


def parse_keys(cursor: Cursor, expected: str) -> tuple[Key, ...]:
    """Takes what rows are grouped by: columns or expressions, each with its name after `as` where it has one."""
    keys = [_parse_key(cursor, expected)]
    while cursor.take_if(Kind.COMMA):
        keys.append(_parse_key(cursor, 'a column name after ","'))
    return tuple(keys)


def _parse_key(cursor: Cursor, expected: str) -> Key:
    operand = parse_operand(cursor, expected)
    if cursor.take_keyword("as"):
        output, span = parse_name(cursor, 'a column name after "as"')
        return Key(operand.expression, output, span)
    return Key(operand.expression, operand.label, operand.span)


def take_number(cursor: Cursor, expected: str) -> Token:
    """Takes a JSON number."""
    token = cursor.take_operand()
    if parse_number(token.source) is None:
        cursor.fail(f"expected {expected}, found {token.describe()}", token)
    return token


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


def parse_row_count(cursor: Cursor, stage: str, most: int) -> int:
    """Takes `10` or `(10)`: the number of rows of a stage."""
    opening = cursor.take_if(Kind.OPEN)
    row_count = parse_count(cursor, f'a number of rows after "{stage}"', most)
    if opening is not None:
        close_parenthesis(cursor, '")" after the number of rows')
    return row_count


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


def take_leading_count(cursor: Cursor, most: int) -> int | None:
    """Takes the number before a column name, as in `top 5 a`; None when there is none, or it is the name itself."""
    token, mark = cursor.peek(), cursor.mark()
    if token.kind is not Kind.WORD or not (token.source.isascii() and token.source.isdigit()):
        return None
    cursor.take()
    begins_operand = (*_NAMES, *_QUOTED, Kind.OPEN, Kind.NOT, Kind.TILDE)
    is_name = cursor.peek().kind not in begins_operand or _is_reserved(cursor.peek())
    cursor.reset(mark)
    return None if is_name else parse_count(cursor, "a number of rows", most)


def _is_reserved(token: Token) -> bool:
    return token.kind is Kind.WORD and token.source.lower() in _RESERVED_WORDS

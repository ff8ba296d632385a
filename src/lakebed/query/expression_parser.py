"""Text of an expression to its tree.

Precedence, tightest first: unary `-`, then `* / %`, then `+ -`, then comparisons (one at a time), `not`, `and`, `or`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.expression import (
    EXPRESSION_DEPTH_MAX,
    BooleanLiteral,
    Call,
    ColumnRef,
    ColumnsRef,
    Expression,
    NullLiteral,
    NumberLiteral,
    TextLiteral,
)
from lakebed.query.expression_check import check_call
from lakebed.query.expression_lexer import operand_token, operator_token
from lakebed.query.habits import function_habit
from lakebed.query.lexer import Kind, Token
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.suggest import did_you_mean
from lakebed.query.syntax import Span, Star

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.query.cursor import Cursor

ARGUMENTS_MAX = 256
"""Arguments of one function; a longer list of cases belongs into a lookup table."""

COMPARISONS = {
    Kind.SAME: "equal",
    Kind.EQUAL: "equal",
    Kind.NOT_EQUAL: "not_equal",
    Kind.LESS: "less",
    Kind.AT_MOST: "at_most",
    Kind.GREATER: "greater",
    Kind.AT_LEAST: "at_least",
}
SUMS = {Kind.PLUS: "add", Kind.MINUS: "subtract"}
PRODUCTS = {Kind.TIMES: "multiply", Kind.DIVIDE: "divide", Kind.REMAINDER: "remainder"}

_OPERAND_STARTS = (
    Kind.NUMBER,
    Kind.SINGLE_QUOTED,
    Kind.DOUBLE_QUOTED,
    Kind.REGEX,
    Kind.BACKTICK,
    Kind.OPEN,
    Kind.WORD,
)
_OPERAND = "a column, a number, a text in quotes or a function"


def parse_expression(cursor: Cursor) -> Expression:
    """Parses an expression up to what cannot belong to it."""
    return _parse_chain(cursor, _parse_and, {Kind.OR: "or"})


def _parse_and(cursor: Cursor) -> Expression:
    return _parse_chain(cursor, _parse_not, {Kind.AND: "and"})


def _parse_not(cursor: Cursor) -> Expression:
    token = cursor.peek_as(operand_token)
    if not _is_word(token, "not"):
        return _parse_comparison(cursor)
    cursor.take_as(operand_token)
    with cursor.nested_expression(token):
        return _call(cursor, "not", (_parse_not(cursor),), token)


def _parse_comparison(cursor: Cursor) -> Expression:
    left = _parse_sum(cursor)
    token = cursor.peek_as(operator_token)
    if token.kind not in COMPARISONS:
        return left
    cursor.take_as(operator_token)
    compared = _call(cursor, COMPARISONS[token.kind], (left, _parse_sum(cursor)), token)
    following = cursor.peek_as(operator_token)
    if following.kind in COMPARISONS:
        cursor.fail(f'unexpected {following.describe()}: comparisons are joined by "and" or "or"', following)
    return compared


def _parse_sum(cursor: Cursor) -> Expression:
    return _parse_chain(cursor, _parse_product, SUMS)


def _parse_product(cursor: Cursor) -> Expression:
    return _parse_chain(cursor, _parse_unary, PRODUCTS)


def _parse_chain(
    cursor: Cursor, parse_next: Callable[[Cursor], Expression], operators: Mapping[Kind, str]
) -> Expression:
    left = parse_next(cursor)
    while (token := cursor.peek_as(operator_token)).kind in operators:
        cursor.take_as(operator_token)
        left = _call(cursor, operators[token.kind], (left, parse_next(cursor)), token)
    return left


def _parse_unary(cursor: Cursor) -> Expression:
    token = cursor.peek_as(operand_token)
    if token.kind is not Kind.MINUS:
        return _parse_primary(cursor)
    cursor.take_as(operand_token)
    with cursor.nested_expression(token):
        inner = _parse_unary(cursor)
    if isinstance(inner, NumberLiteral) and not inner.text.startswith("-"):
        return NumberLiteral(f"-{inner.text}", cursor.span_from(token))
    return _call(cursor, "negate", (inner,), token)


def _parse_primary(cursor: Cursor) -> Expression:
    token = cursor.peek_as(operand_token)
    span = Span(token.start, token.end)
    if token.kind not in _OPERAND_STARTS:
        cursor.fail(f"expected {_OPERAND}, found {token.describe()}", token)
    cursor.take_as(operand_token)
    match token.kind:
        case Kind.NUMBER:
            return NumberLiteral(token.source, span)
        case Kind.SINGLE_QUOTED | Kind.DOUBLE_QUOTED | Kind.REGEX:
            assert isinstance(token.text[0], str)  # the lexer has decoded it
            return TextLiteral(token.text[0], span)
        case Kind.BACKTICK:
            return _column(token, span)
        case Kind.OPEN:
            with cursor.nested_expression(token):
                inner = parse_expression(cursor)
            cursor.expect_as(operator_token, Kind.CLOSE, 'an operator or ")"')
            return inner
        case _ if cursor.text[token.end : token.end + 1] == "(":
            return _parse_call(cursor, token)
        case _:
            return _word(cursor, token, span)


def _word(cursor: Cursor, token: Token, span: Span) -> Expression:
    match token.source.lower():
        case "true" | "false" as word:
            return BooleanLiteral(word == "true", span)
        case "null":
            return NullLiteral(span)
        case "and" | "or" | "not" | "as" | "by":
            cursor.fail(
                f"expected {_OPERAND}, found {token.describe()}: a column of that name is written `{token.source}`",
                token,
            )
    return _column(token, span)


def _column(token: Token, span: Span) -> Expression:
    if any(isinstance(part, Star) for part in token.text):
        return ColumnsRef(token.text, span)
    assert isinstance(token.text[0], str)  # no star
    return ColumnRef(token.text[0], span)


def _parse_call(cursor: Cursor, name: Token) -> Expression:
    functions = scalar_functions()
    word = name.source.lower()
    function = functions.get(word)
    if function is None:
        from lakebed.query.functions import FUNCTIONS  # it imports this module

        if word in FUNCTIONS:
            usage = FUNCTIONS[word].usage()
            cursor.fail(f"{name.describe()} makes one value of many rows: write it in a stage, `stats {usage}`", name)
        short = {known.rpartition(".")[2]: known for known in functions}
        hint = f': did you mean "{short[word]}"?' if word in short else ""
        hint = hint or function_habit(word) or did_you_mean(word, functions)
        cursor.fail(f"unknown function {name.describe()}{hint}", name)
    cursor.take_as(operator_token)
    of: list[Expression] = []
    with cursor.nested_expression(name):
        if cursor.peek_as(operand_token).kind is not Kind.CLOSE:
            of.append(parse_expression(cursor))
            while cursor.take_if_as(operator_token, Kind.COMMA):
                if len(of) == ARGUMENTS_MAX:
                    cursor.fail(f'"{word}" has more than {ARGUMENTS_MAX} arguments', cursor.last)
                of.append(parse_expression(cursor))
    cursor.expect_as(operator_token, Kind.CLOSE, f'"," or ")" in the arguments of "{word}"')
    if not function.takes(len(of)):
        cursor.fail(
            f'"{word}" takes {function.described_count()}, found {len(of)}: {function.usage}', cursor.span_from(name)
        )
    call = _call(cursor, word, tuple(of), name)
    check_call(cursor, call)
    return call


def _call(cursor: Cursor, name: str, of: tuple[Expression, ...], start: Token) -> Call:
    first = of[0].span if of and name not in ("not", "negate") else start
    span = cursor.span_from(first if first.start < start.start else start)
    call = Call(name, of, span)
    if call.depth > EXPRESSION_DEPTH_MAX:
        cursor.fail(f"the expression is nested deeper than {EXPRESSION_DEPTH_MAX} levels", start)
    return call


def _is_word(token: Token, word: str) -> bool:
    return token.kind is Kind.WORD and token.source.lower() == word

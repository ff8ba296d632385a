"""Parses calls of aggregate functions: `count()`, `percentile(95, bytes)`, `sum(if(a > 1, 1, 0))`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from lakebed.query.functions import FUNCTIONS
from lakebed.query.functions.base import FunctionCall
from lakebed.query.habits import function_habit
from lakebed.query.lexer import Kind, Token
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages.arguments import parse_operand, take_number
from lakebed.query.suggest import did_you_mean

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor
    from lakebed.query.expression import Expression
    from lakebed.query.functions.base import AggregateFunction


def take_call(cursor: Cursor) -> FunctionCall | None:
    """Takes a call of an aggregate function; None when something else stands next."""
    name = cursor.peek()
    word = name.source.lower()
    if name.kind is not Kind.WORD:
        return None
    mark = cursor.mark()
    cursor.take()
    if cursor.peek().kind is Kind.OPEN:
        if word in FUNCTIONS:
            return _parse_call(cursor, word)
        cursor.reset(mark)
        _refuse_unknown(cursor, name, word)
        return None
    if word == "count":
        return FunctionCall("count")
    if word in FUNCTIONS:
        message = f'expected "(" and a column name after "{word}", found {cursor.peek().describe()}'
        cursor.fail(f"{message}: a column of that name is written `{name.source}`", cursor.peek())
    cursor.reset(mark)
    return None


def parse_arguments(cursor: Cursor, word: str, closes: bool) -> FunctionCall:
    """Takes the arguments of the function, and the `)` after them where there was one before."""
    function = FUNCTIONS[word]
    parameters: tuple[str, ...] = ()
    if function.parameter is not None:
        parameters = (_parse_parameter(cursor, function),)
    operands: list[Expression] = []
    if function.most != 0 and not (function.least == 0 and closes and cursor.peek().kind is Kind.CLOSE):
        operands.append(parse_operand(cursor, f'a column name after "{word}("').expression)
        while cursor.peek().kind is Kind.COMMA:
            if function.most is not None and len(operands) == function.most:
                cursor.fail(f'"{word}" takes {_count(function.most)}: {function.usage()}', cursor.peek())
            cursor.take()
            operands.append(parse_operand(cursor, 'a column name after ","').expression)
    if closes:
        cursor.expect(Kind.CLOSE, f'")" at the end of {function.usage()}')
    return FunctionCall(word, tuple(operands), parameters)


def _parse_call(cursor: Cursor, word: str) -> FunctionCall:
    cursor.take()
    return parse_arguments(cursor, word, closes=True)


def _parse_parameter(cursor: Cursor, function: type[AggregateFunction]) -> str:
    parameter = function.parameter
    assert parameter is not None
    wanted = f"a number from {parameter.least} to {parameter.most}"
    token = take_number(cursor, f"{wanted}, as in {function.usage()}")
    if not parameter.least <= Decimal(token.source) <= parameter.most:
        cursor.fail(f"expected {wanted}, found {token.describe()}", token)
    cursor.expect(Kind.COMMA, f'"," and a column name after the {parameter.name} of {function.usage()}')
    return token.source


def _refuse_unknown(cursor: Cursor, name: Token, word: str) -> None:
    """An expression may begin with one of its own functions; anything else is a slip."""
    if word in scalar_functions():
        return
    hint = function_habit(word) or did_you_mean(word, FUNCTIONS)
    cursor.fail(f"unknown function {name.describe()}{hint}", name)


def _count(number: int) -> str:
    return "one column" if number == 1 else f"{number} columns"

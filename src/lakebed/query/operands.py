"""Parses what stands after a column: an operator and its value, value group, number, time,
regex, network or range."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from lakebed.execute.index_plan import INDEX_COLUMN
from lakebed.query.indexes import parse_indexes
from lakebed.query.lexer import Kind, Token
from lakebed.query.literals import RANGE_MARK, parse_network, parse_number, regex_problem
from lakebed.query.regex_check import RegexFault, regex_fault
from lakebed.query.syntax import (
    And,
    Column,
    Compare,
    CompareTime,
    Contains,
    Equals,
    Exists,
    Filter,
    InNetwork,
    Matches,
    Not,
    Or,
    Relation,
    Span,
    Star,
    Value,
)
from lakebed.query.times import parse_time

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor

_RELATIONS = {
    Kind.LESS: Relation.LESS,
    Kind.AT_MOST: Relation.AT_MOST,
    Kind.GREATER: Relation.GREATER,
    Kind.AT_LEAST: Relation.AT_LEAST,
}

COLUMN_OPERATORS = frozenset({Kind.COLON, Kind.EQUAL, Kind.NOT_EQUAL, Kind.TILDE, Kind.IN, *_RELATIONS})
"""What makes the word before it a column."""

_VALUE_STARTS = frozenset({Kind.WORD, Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED, Kind.IN})

_MakeTerm = Callable[[Value], Filter]


def parse_column_term(cursor: Cursor, column: Column) -> Filter:
    """Parses the operator and everything that belongs to it; the column has been taken."""
    operator = cursor.take()
    if column.name == INDEX_COLUMN:
        return parse_indexes(cursor, column, operator)
    if operator.kind in _RELATIONS:
        return _parse_comparison(cursor, column, _RELATIONS[operator.kind])
    if operator.kind is Kind.TILDE:
        return _parse_regex(cursor, column)
    if operator.kind is Kind.IN:
        return _parse_in(cursor, column)
    return _parse_value_term(cursor, column, operator)


def to_value(token: Token) -> Value:
    """A word or quoted text as a value: runs of wildcards become one."""
    parts = [""]
    after_star = False
    for part in token.text:
        if not isinstance(part, Star):
            parts[-1] = part
        elif not after_star:
            parts.append("")
        after_star = isinstance(part, Star)
    number = parse_number(token.source) if token.kind is Kind.WORD else None
    is_exact = token.kind is Kind.DOUBLE_QUOTED
    return Value(tuple(parts), is_exact, number, Span(token.start, token.end))


def _parse_value_term(cursor: Cursor, column: Column, operator: Token) -> Filter:
    is_whole = operator.kind is not Kind.COLON

    def make(value: Value) -> Filter:
        span = Span(column.span.start, value.span.end)
        if len(value.parts) > 1 and not any(value.parts):
            return Exists(column, span)
        if is_whole:
            return Equals(column, value, span)
        return Contains(column, replace(value, number=None), span)

    is_group = cursor.peek().kind is Kind.OPEN
    term = _parse_group(cursor, make) if is_group else make(_parse_value(cursor))
    if operator.kind is Kind.NOT_EQUAL:
        return Not(term, cursor.span_from(column.span))
    return term


def _parse_value(cursor: Cursor) -> Value:
    if cursor.peek().kind not in _VALUE_STARTS:
        _fail_value(cursor)
    return to_value(cursor.take())


def _fail_value(cursor: Cursor) -> NoReturn:
    token = cursor.peek()
    after = "" if cursor.last.kind is Kind.OPEN else f" after {cursor.last.describe()}"
    hint = ""
    if token.kind in (Kind.AND, Kind.OR, Kind.NOT):
        hint = f": to search for the word write '{token.source}'"
    elif token.kind is Kind.BACKTICK:
        hint = ": a value is quoted with ' or \", backticks are for columns"
    elif token.kind is Kind.EQUAL and cursor.last.kind is Kind.EQUAL:
        hint = ': write one "="'
    cursor.fail_expected(f"a value{after}", hint)


def _parse_group(cursor: Cursor, make: _MakeTerm) -> Filter:
    """`(a b)`, `(a and not b)`: inside a value group a space means `or`."""
    opening = cursor.take()
    with cursor.nested(opening):
        parts = [_parse_group_and(cursor, make)]
        while cursor.take_if(Kind.OR) or _starts_group_term(cursor):
            parts.append(_parse_group_and(cursor, make))
    _close_group(cursor, opening, "values")
    return parts[0] if len(parts) == 1 else Or(tuple(parts), cursor.span_from(opening))


def _starts_group_term(cursor: Cursor) -> bool:
    return cursor.peek().kind in _VALUE_STARTS | {Kind.OPEN, Kind.NOT}


def _parse_group_and(cursor: Cursor, make: _MakeTerm) -> Filter:
    first = _parse_group_term(cursor, make)
    parts = [first]
    while cursor.take_if(Kind.AND):
        parts.append(_parse_group_term(cursor, make))
    return parts[0] if len(parts) == 1 else And(tuple(parts), cursor.span_from(first.span))


def _parse_group_term(cursor: Cursor, make: _MakeTerm) -> Filter:
    operator = cursor.take_if(Kind.NOT)
    if operator is not None:
        with cursor.nested(operator):
            negated = _parse_group_term(cursor, make)
        return Not(negated, cursor.span_from(operator))
    if cursor.peek().kind is Kind.OPEN:
        return _parse_group(cursor, make)
    return make(_parse_value(cursor))


def _close_group(cursor: Cursor, opening: Token, what: str) -> None:
    token = cursor.peek()
    if token.kind in (Kind.END, Kind.PIPE):
        cursor.fail('this "(" is never closed', opening)
    if token.kind is Kind.COMMA:
        cursor.fail(f'unexpected ",": {what} in a group are separated by spaces', token)
    cursor.expect(Kind.CLOSE, f'one of the {what} or ")"')


def _parse_comparison(cursor: Cursor, column: Column, relation: Relation) -> Filter:
    after = cursor.last
    token = cursor.take_operand()
    span = cursor.span_from(column.span)
    text = _operand_text(token)
    number = parse_number(text) if token.kind is Kind.OPERAND else None
    if number is not None:
        return Compare(column, relation, number, span)
    time_ns = parse_time(text)
    if time_ns is None:
        found = f"expected a number or a time after {after.describe()}, found {token.describe()}"
        hint = ": write the number without quotes" if parse_number(text) is not None else ""
        cursor.fail(found + hint, token)
    return CompareTime(column, relation, time_ns, span)


def _operand_text(token: Token) -> str:
    """The text of a number or time; empty for a token that can be neither."""
    kinds = (Kind.OPERAND, Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED)
    first = token.text[0]
    is_plain = token.kind in kinds and len(token.text) == 1 and isinstance(first, str)
    return str(first) if is_plain else ""


def take_regex(cursor: Cursor) -> tuple[Token, str, bool]:
    """Takes `/…/` or `/…/i`: the token, the expression, and whether it ignores case."""
    token, flags = cursor.take_regex()
    if flags not in ("", "i"):
        place = Span(token.end - len(flags), token.end)
        cursor.fail(f'unknown flag "{flags}" of a regular expression: "i" ignores case', place)
    body = str(token.text[0])
    problem = regex_problem(body)
    if problem is not None:
        cursor.fail(problem, token)
    fault = regex_fault(body, ignore_case=flags == "i")
    if fault is not None:
        cursor.fail(f"this regular expression is wrong: {fault.message}", _place_in(token, fault))
    return token, body, flags == "i"


def _parse_regex(cursor: Cursor, column: Column) -> Filter:
    _, body, ignore_case = take_regex(cursor)
    return Matches(column, body, ignore_case, cursor.span_from(column.span))


def _place_in(token: Token, fault: RegexFault) -> Token | Span:
    """Where the fault is in the query: each `\\/` of the text is one character of the expression."""
    if fault.start is None or fault.end is None:
        return token
    places = [match.start() for match in re.finditer(r"\\/|\\.|.", token.source[1:])]
    starts: list[int] = []
    for place in places:
        is_escape = token.source[1 + place] == "\\" and token.source[2 + place] != "/"
        starts += [place, place + 1] if is_escape else [place]
    start, end = (token.start + 1 + starts[min(at, len(starts) - 1)] for at in (fault.start, fault.end))
    return Span(start, end)


def _parse_in(cursor: Cursor, column: Column) -> Filter:
    if cursor.next_character() != "(":
        return _to_network_or_range(cursor, column, cursor.take_operand())
    opening = cursor.take()
    parts = [_to_network_or_range(cursor, column, cursor.take_operand())]
    while cursor.next_character() not in ("", ")", ",", "|"):
        operand = cursor.take_operand()
        if operand.source.lower() == "or":
            operand = cursor.take_operand()
        parts.append(_to_network_or_range(cursor, column, operand))
    _close_group(cursor, opening, "networks")
    return parts[0] if len(parts) == 1 else Or(tuple(parts), cursor.span_from(column.span))


def _to_network_or_range(cursor: Cursor, column: Column, token: Token) -> Filter:
    span = Span(column.span.start, token.end)
    expected = "expected a network such as 10.0.0.0/8 or a range such as 100..200"
    if token.kind is not Kind.OPERAND:
        cursor.fail(f"{expected}, found {token.describe()}", token)
    if RANGE_MARK in token.source:
        return _to_range(cursor, column, token)
    network = parse_network(token.source)
    if network is None:
        hint = "; to search for the word write 'in'"
        cursor.fail(f'{expected} after "in", found {token.describe()}{hint}', token)
    return InNetwork(column, network, span)


def _to_range(cursor: Cursor, column: Column, token: Token) -> Filter:
    """`a..b`, both ends included."""
    span = Span(column.span.start, token.end)
    if column.name is None:
        place = cursor.text[column.span.start : column.span.end]
        message = f'a range needs the name of one column, "{place}" may stand for several'
        cursor.fail(message, column.span)
    low, high = token.source.split(RANGE_MARK, 1)
    if parse_number(low) is not None and parse_number(high) is not None:
        _check_order(cursor, token, low, high, is_turned=Decimal(low) > Decimal(high))
        at_least: Filter = Compare(column, Relation.AT_LEAST, low, span)
        return And((at_least, Compare(column, Relation.AT_MOST, high, span)), span)
    low_ns, high_ns = parse_time(low), parse_time(high)
    if low_ns is None or high_ns is None:
        cursor.fail(f'expected two numbers or two times around "..", found {token.describe()}', token)
    _check_order(cursor, token, low, high, is_turned=low_ns > high_ns)
    at_least = CompareTime(column, Relation.AT_LEAST, low_ns, span)
    return And((at_least, CompareTime(column, Relation.AT_MOST, high_ns, span)), span)


def _check_order(cursor: Cursor, token: Token, low: str, high: str, *, is_turned: bool) -> None:
    if is_turned:
        cursor.fail(f"a range goes from the smaller to the larger, as in {high}..{low}: nothing can be in it", token)

"""`@index=…`: which indexes a query opens. A partition, not a predicate: it is lifted out of the
filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.query.lexer import Kind, Token
from lakebed.query.syntax import (
    And,
    Column,
    Everything,
    Filter,
    IndexReference,
    InIndexes,
    Not,
    Or,
)

if TYPE_CHECKING:
    from lakebed.query.cursor import Cursor

_NAME_STARTS = (Kind.WORD, Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED, Kind.IN)


def parse_indexes(cursor: Cursor, column: Column, operator: Token) -> Filter:
    """Parses what follows `@index=`: a name, a group of names, or `{ id | "name" }`; `*` means
    all."""
    if operator.kind not in (Kind.EQUAL, Kind.COLON):
        message = f'"@index" only takes "=", as in "@index=name", found {operator.describe()}'
        cursor.fail(message, operator)
    if cursor.peek().source == "*":
        cursor.take()
        return Everything(cursor.span_from(column.span))
    opening = cursor.take_if(Kind.OPEN)
    references = [_parse_reference(cursor)]
    while opening is not None and cursor.peek().kind in (*_NAME_STARTS, Kind.OR, Kind.BRACE_OPEN):
        cursor.take_if(Kind.OR)
        references.append(_parse_reference(cursor))
    if opening is not None:
        cursor.expect(Kind.CLOSE, 'the name of an index or ")"')
    return InIndexes(tuple(references), cursor.span_from(column.span))


def lift_indexes(filter_: Filter, text: str) -> tuple[tuple[str, ...] | None, Filter]:
    """Splits a filter into the index names it is restricted to (None: it is not) and the rest."""
    found: list[InIndexes] = []
    rest = _without_indexes(filter_, found)
    _refuse_indexes(rest, text)
    if not found:
        return None, rest
    if len(found) > 1:
        message = '"@index" is given twice: name several indexes as in "@index=(a b)"'
        raise QueryError(message, text, found[1].span.start, found[1].span.end)
    names = (reference.name for reference in found[0].indexes)
    return tuple(dict.fromkeys(names)), rest


def refuse_indexes(filter_: Filter, text: str) -> None:
    """Raises when `@index` is anywhere in a filter that cannot choose indexes."""
    _refuse_indexes(filter_, text)


def _parse_reference(cursor: Cursor) -> IndexReference:
    brace = cursor.take_if(Kind.BRACE_OPEN)
    if brace is None:
        return IndexReference(_parse_name(cursor, "the name of an index"))
    identity = _parse_name(cursor, 'the id of an index after "{"')
    cursor.expect(Kind.PIPE, '"|" between the id and the name of the index')
    name = _parse_name(cursor, 'the name of the index after "|"')
    cursor.expect(Kind.BRACE_CLOSE, '"}" after the name of the index')
    return IndexReference(name, identity)


def _parse_name(cursor: Cursor, expected: str) -> str:
    token = cursor.peek()
    if token.kind not in _NAME_STARTS:
        cursor.fail_expected(expected)
    first = token.text[0]
    if len(token.text) > 1 or not isinstance(first, str):
        cursor.fail(f"expected {expected}, found {token.describe()}: it has no wildcards", token)
    if not first:
        cursor.fail(f"expected {expected}, found an empty name", token)
    cursor.take()
    return first


def _without_indexes(filter_: Filter, found: list[InIndexes]) -> Filter:
    if isinstance(filter_, InIndexes):
        found.append(filter_)
        return Everything(filter_.span)
    if isinstance(filter_, And):
        parts = tuple(_without_indexes(part, found) for part in filter_.of)
        return And(parts, filter_.span)
    return filter_


def _refuse_indexes(filter_: Filter, text: str) -> None:
    if isinstance(filter_, InIndexes):
        message = '"@index" has to stand beside the other terms: not after "or", "not" or "where"'
        hint = 'several indexes are written "@index=(a b)"'
        raise QueryError(f"{message}; {hint}", text, filter_.span.start, filter_.span.end)
    if isinstance(filter_, Not):
        _refuse_indexes(filter_.of, text)
    elif isinstance(filter_, (And, Or)):
        for part in filter_.of:
            _refuse_indexes(part, text)

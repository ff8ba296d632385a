"""Query text to tree: a filter, then stages separated by `|`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.query.cursor import Cursor
from lakebed.query.filters import fail_leftover, parse_filter
from lakebed.query.habits import stage_habit, taught
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_filter
from lakebed.query.stages import STAGES
from lakebed.query.suggest import did_you_mean
from lakebed.query.syntax import Everything, Filter

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage


STAGES_MAX = 200
"""Stages of one pipeline. Nobody writes more, and each costs the root its share of every row."""

PARSED_KEPT = 32
"""Trees kept for when their text is asked again, as dashboards and rules do."""

KEPT_CHARACTERS_MAX = 10_000
"""Longest text whose tree is kept: a tree takes a hundred times the memory of its text."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `str()` gives text that parses into an equal query."""

    filter: Filter
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return " | ".join([print_filter(self.filter), *map(str, self.stages)])


def parse_query(text: str) -> Query:
    """Parses a whole query; raises `QueryError` that says where it is wrong and what was expected.

    >>> str(parse_query("error  not level:debug | HEAD 5"))
    'error and not level: debug | head 5'
    """
    return _kept(text) if len(text) <= KEPT_CHARACTERS_MAX else _parse_whole(text)


def _parse_whole(text: str) -> Query:
    cursor = Cursor(text)
    try:
        return _parse_pipeline(cursor, Kind.END)
    except QueryError as error:
        raise taught(error) from None


_kept = functools.lru_cache(PARSED_KEPT)(_parse_whole)
"""Trees never change, so one serves every search of its text, and what is said of it afterwards."""


def parse_tokens(cursor: Cursor) -> Query:
    """Parses a whole query from a cursor of the caller's; for completion, which looks at what is asked of it."""
    return _parse_pipeline(cursor, Kind.END)


def parse_nested(cursor: Cursor, expected: str) -> Query:
    """Parses a query between parentheses, as `join` and `union` take it."""
    opening = cursor.expect(Kind.OPEN, expected)
    with cursor.nested(opening):
        query = _parse_pipeline(cursor, Kind.CLOSE)
    cursor.expect(Kind.CLOSE, '"|" or ")" after the nested query')
    return query


def parse_filter_part(text: str) -> Filter:
    """Parses only what stands before the first `|`; the stages may be anything."""
    return _parse_leading_filter(Cursor(text))


def _parse_pipeline(cursor: Cursor, end: Kind) -> Query:
    filter_ = _parse_leading_filter(cursor, end)
    stages: list[Stage] = []
    while cursor.take_if(Kind.PIPE):
        if len(stages) == STAGES_MAX:
            cursor.fail(f"the query has more than {STAGES_MAX} stages", cursor.last)
        stages.append(_parse_stage(cursor, end))
    return Query(filter_, tuple(stages))


def _parse_leading_filter(cursor: Cursor, end: Kind = Kind.END) -> Filter:
    """An empty filter means everything."""
    if cursor.peek().kind in (end, Kind.PIPE):
        return Everything(cursor.span_from(cursor.peek()))
    filter_ = parse_filter(cursor)
    if end is not Kind.END and cursor.peek().kind is Kind.END:
        cursor.fail_expected('"|" or ")" after the nested query')
    if cursor.peek().kind not in (end, Kind.PIPE):
        fail_leftover(cursor)
    return filter_


_AFTER_COLUMN = re.compile(r"\s*(?:[:=<>~]|!=|in\b)", re.IGNORECASE)


def _filter_hint(cursor: Cursor) -> str:
    """When a condition stands where a stage should."""
    column = cursor.peek()
    return ': a filter after "|" is "where"' if _AFTER_COLUMN.match(cursor.text, column.end) else ""


def _parse_stage(cursor: Cursor, end: Kind) -> Stage:
    token = cursor.peek()
    if token.kind is Kind.PIPE:
        cursor.fail_expected('a stage after "|"', ': write "or"')
    if token.kind is not Kind.WORD:
        cursor.fail_expected('a stage after "|"')
    name = token.source.lower()
    if name not in STAGES:
        hint = stage_habit(name) or _filter_hint(cursor) or did_you_mean(name, STAGES)
        cursor.fail(f"unknown stage {token.describe()}{hint}", token)
    cursor.take()
    stage = STAGES[name].parse(cursor, name)
    if cursor.peek().kind not in (end, Kind.PIPE):
        end_text = "the end of the query" if end is Kind.END else '")"'
        cursor.fail_expected(f'"|" or {end_text} after the stage "{name}"')
    return stage

"""`union`: the rows of other queries after these."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.errors import LimitError
from lakebed.query.lexer import Kind
from lakebed.query.stages.base import Stage, StageRun, rows_wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.parser import Query
    from lakebed.query.record import Record
    from lakebed.query.stages.base import Nested

UNION_ROWS_MAX = 50_000
"""Rows of all nested queries of one stage, held in memory; whole events take about 10 kB each."""

UNION_QUERIES_MAX = 20
"""Nested queries of one stage: each is a search of its own."""


@dataclass(frozen=True, slots=True)
class Union(Stage):
    """`union (query), (query)`: the rows so far, then those of the nested queries, one after the other.

    A nested query is a whole query with stages of its own, over the same time range and the same lake; `@index` in it
    chooses its indexes. All queries give events, or all give tables. To mix the rows by time, `sort -@lb.time` after
    it. At most 50,000 rows of nested queries; `head` after `union` needs only those that it shows. Where filters can
    say it, `or` and `@index=(a b)` cost less.

    Example: `@index=web | groupbycount(ip) | union (@index=auth | groupbycount(ip)) | stats sum(@q.count) as n by ip`
    """

    name: ClassVar[str] = "union"
    gives_order: ClassVar[bool] = True
    nested: tuple[Query, ...]
    wanted: int | None = field(default=None, compare=False)
    """Only so many of its first rows are looked at."""
    answers: tuple[Nested, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        from lakebed.query.parser import parse_nested  # it imports the stages

        start = cursor.last
        nested = [parse_nested(cursor, f'"(" and a query after "{name}"')]
        while cursor.take_if(Kind.COMMA):
            if len(nested) == UNION_QUERIES_MAX:
                cursor.fail(f'"union" takes at most {UNION_QUERIES_MAX} queries', cursor.last)
            nested.append(parse_nested(cursor, '"(" and a query after ","'))
        return cls(cursor.span_from(start), tuple(nested))

    def __str__(self) -> str:
        return f"union {', '.join(f'({query})' for query in self.nested)}"

    def followed_by(self, stages: Sequence[Stage]) -> Stage:
        return replace(self, wanted=rows_wanted(stages))

    def nested_queries(self) -> tuple[Query, ...]:
        return self.nested

    def knowing(self, answers: Sequence[Nested]) -> Stage:
        return replace(self, answers=tuple(answers))

    def refuses(self, is_table: bool) -> str | None:
        for answer in self.answers:
            if answer.gives_table != is_table:
                before, nested = ("a table", "events") if is_table else ("events", "a table")
                return f"the rows before `union` are {before}, those of the nested query {nested}: they cannot be mixed"
        return None

    def reads(self) -> frozenset[str] | None:
        return frozenset()

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        known = [columns, *(answer.columns for answer in self.answers)]
        if None in known:
            return None
        return tuple(dict.fromkeys(name for names in known for name in names or ()))

    def start(self, context: RunContext) -> StageRun:
        return _UnionRun(self, context)


class _UnionRun(StageRun):
    def __init__(self, stage: Union, context: RunContext) -> None:
        self._stage = stage
        self._lake = context.lake
        self._left = stage.wanted
        """Rows that are still wanted; None for all."""

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        if self._left is not None:
            self._left -= len(records)
        return records

    def finish(self) -> Sequence[Record]:
        found: list[Record] = []
        for query in self._stage.nested:
            if self._left is not None and len(found) >= self._left:
                break
            rows = self._lake.subsearch(query)
            for record in rows:
                found.append(record)
                if self._left is not None and len(found) >= self._left:
                    rows.close()
                    break
                if len(found) > UNION_ROWS_MAX:
                    rows.close()
                    message = f"the nested queries of `union` give more than {UNION_ROWS_MAX} rows (UNION_ROWS_MAX)"
                    raise LimitError(f"{message}: put `head` after it, or group the rows in them")
        return found

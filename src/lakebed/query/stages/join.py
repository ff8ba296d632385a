"""`join`: columns of another query's rows beside these."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from lakebed.errors import LimitError
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import parse_name
from lakebed.query.stages.base import Stage, StageRun
from lakebed.query.stages.eval import METADATA_PREFIXES
from lakebed.query.values import SortKey, group_key

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from lakebed.model import TableRow
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.parser import Query
    from lakebed.query.record import Record
    from lakebed.query.stages.base import Nested

JOIN_ROWS_MAX = 50_000
"""Rows of the nested query, held in memory; a join of two large sides is no work for a search."""

JOIN_COLUMNS_MAX = 20
"""Columns that rows are joined by."""

COLLISION_PREFIX = "right."

KINDS = ("inner", "left")

_Key: TypeAlias = "tuple[SortKey, ...] | None"


@dataclass(frozen=True, slots=True)
class Join(Stage):
    """`join a, b (query)`: to each row the columns of the nested query's rows that have the same `a` and `b`;
    `join user = name (query)` where the nested query calls the column `name`.

    A row comes once for each match. Rows without a match are left out; `join kind=left a (query)` keeps them. Values
    are the same as in groups: `1` and `1.0` are, `1` and `"1"` are not; rows without one of the columns match nothing.
    The nested query's own columns of the match are not added; another one that the row has already is called
    `right.` and its name. The nested query runs over the same time range and the same lake, and may give at most 50,000
    rows: group or filter there.

    Example: `eventName: ConsoleLogin | join user = owner (@index=hosts | stats count() as hosts by owner)`
    """

    name: ClassVar[str] = "join"
    gives_order: ClassVar[bool] = True
    pairs: tuple[tuple[str, str], ...]
    """Columns of the rows, and of the nested query's rows."""
    query: Query
    keeps_all: bool = False
    """Whether rows without a match stay."""
    answer: Nested | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        from lakebed.query.parser import parse_nested  # it imports the stages

        start = cursor.last
        keeps_all = _take_kind(cursor) == "left"
        pairs = [_parse_pair(cursor, f'a column name after "{cursor.last.source}"')]
        while cursor.take_if(Kind.COMMA):
            if len(pairs) == JOIN_COLUMNS_MAX:
                cursor.fail(f'"join" takes at most {JOIN_COLUMNS_MAX} columns', cursor.last)
            pairs.append(_parse_pair(cursor, 'a column name after ","'))
        query = parse_nested(cursor, f'"," or "(" and a query after the column `{pairs[-1][1]}`')
        return cls(cursor.span_from(start), tuple(pairs), query, keeps_all)

    def __str__(self) -> str:
        kind = " kind=left" if self.keeps_all else ""
        pairs = [
            print_name(left) if left == right else f"{print_name(left)} = {print_name(right)}"
            for left, right in self.pairs
        ]
        return f"join{kind} {', '.join(pairs)} ({self.query})"

    def nested_queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def knowing(self, answers: Sequence[Nested]) -> Stage:
        return replace(self, answer=answers[0])

    def reads(self) -> frozenset[str] | None:
        return None  # which of the nested columns collide depends on the row

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if columns is None or self.answer is None or self.answer.columns is None:
            return None
        added = [_new_name(name, columns) for name in self.answer.columns if name not in self.own_columns]
        return tuple(dict.fromkeys([*columns, *added]))

    @property
    def own_columns(self) -> frozenset[str]:
        """The nested query's columns of the match."""
        return frozenset(right for _, right in self.pairs)

    def start(self, context: RunContext) -> StageRun:
        return _JoinRun(self, context)


def _take_kind(cursor: Cursor) -> str | None:
    """Takes `kind=left`, unless these are the columns: `join kind = left (query)`."""
    token, mark = cursor.peek(), cursor.mark()
    if token.kind is Kind.WORD and token.source.lower() == "kind":
        cursor.take()
        kind = cursor.peek() if cursor.take_if(Kind.EQUAL) else token
        if cursor.take_if(Kind.WORD) and cursor.peek().kind in (Kind.WORD, Kind.BACKTICK) and kind is not token:
            if kind.source.lower() not in KINDS:
                cursor.fail(f'expected "inner" or "left" after "kind=", found {kind.describe()}', kind)
            return kind.source.lower()
        cursor.reset(mark)
    return None


def _parse_pair(cursor: Cursor, expected: str) -> tuple[str, str]:
    left, _ = parse_name(cursor, expected)
    if cursor.take_if(Kind.EQUAL) is None:
        return left, left
    right, _ = parse_name(cursor, 'a column name after "="')
    return left, right


def _new_name(name: str, taken: Container[str]) -> str:
    return COLLISION_PREFIX + name if name in taken else name


class _JoinRun(StageRun):
    def __init__(self, stage: Join, context: RunContext) -> None:
        self._stage = stage
        self._lake = context.lake
        self._right: dict[_Key, list[TableRow]] | None = None
        self._names: dict[str, None] = {}
        """Columns of all the nested query's rows."""

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        if not records:
            return ()
        if self._right is None:
            self._right = self._read()
        return [row for record in records for row in self._joined(record, self._right)]

    def _read(self) -> dict[_Key, list[TableRow]]:
        right: dict[_Key, list[TableRow]] = {}
        columns = [name for _, name in self._stage.pairs]
        for count, record in enumerate(self._lake.subsearch(self._stage.query), 1):
            if count > JOIN_ROWS_MAX:
                message = f"the nested query of `join` gives more than {JOIN_ROWS_MAX} rows (JOIN_ROWS_MAX)"
                raise LimitError(f"{message}: filter in it, group with `stats … by`, or keep the first with `head`")
            key = _key(record, columns)
            added: TableRow = {}
            for name, value in record.every():
                if name not in self._stage.own_columns:
                    added.setdefault(name, value)
            self._names.update(dict.fromkeys(added))
            if key is not None:
                right.setdefault(key, []).append(added)
        return right

    def _joined(self, record: Record, right: dict[_Key, list[TableRow]]) -> list[Record]:
        key = _key(record, [name for name, _ in self._stage.pairs])
        found = right.get(key, []) if key is not None else []
        if not found and not self._stage.keeps_all:
            return []
        if not found:  # an event simply lacks the columns
            found = [{} if record.row is not None else dict.fromkeys(self._names)]
        taken = {name for name, _ in record.every()}
        if record.is_whole_event:
            taken.update(name for name in self._names if name.startswith(METADATA_PREFIXES))
        return [
            record.with_columns({_new_name(name, taken): value for name, value in added.items()}) if added else record
            for added in found
        ]


def _key(record: Record, columns: Sequence[str]) -> _Key:
    values = [record.value(column) for column in columns]
    return None if None in values else tuple(map(group_key, values))

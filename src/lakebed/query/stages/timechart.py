"""`timechart`: functions over buckets of time, one row each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.aggregate import Aggregate
from lakebed.query.expression import ColumnRef, Expression, NullLiteral
from lakebed.query.functions.base import ROW_COLUMN, TIME_COLUMN, FunctionCall
from lakebed.query.lexer import Kind
from lakebed.query.series import Chart, Group, check_buckets
from lakebed.query.stages.arguments import Key, distinct, parse_count, parse_keys
from lakebed.query.stages.base import ROOT_ORDER, AggregateStage, Leaf, Pushed, Stage, StageRun, Values
from lakebed.query.stages.measures import Measure, parse_measures
from lakebed.query.time_spans import TimeSpan, automatic_span, parse_span
from lakebed.query.times import NS_PER_S, parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Table, TableRow
    from lakebed.query.aggregate import Wanted
    from lakebed.query.context import Notes, RunContext, Scope
    from lakebed.query.cursor import Cursor
    from lakebed.query.functions.base import RowOrder
    from lakebed.query.record import Record

SERIES_DEFAULT = 10

SERIES_MAX = 1_000
"""Columns of a chart; nobody tells more apart."""

SPAN_WITHOUT_RANGE = TimeSpan("1h", 3_600 * NS_PER_S)
"""The automatic span where nothing is known of the times."""

BUCKET_COLUMN = ColumnRef("@lb.bucket")
"""Start of the bucket, for rows at the root."""

TIME_TEXT_COLUMN = ColumnRef("@lb.time")


@dataclass(frozen=True, slots=True)
class Timechart(AggregateStage):
    """`timechart [span=5m] [limit=10] [function [as name], …] [by column]`: one row for each bucket of time, oldest
    first; without a function the number of rows.

    `span` is a number and `ms`, `s`, `m`, `h`, `d` or `w` (from Monday), or `1mon`; `auto`, or no span, is a round one
    that gives about a hundred buckets over the time that is searched, or over the times that the lake holds. Buckets
    are in UTC. Those without events are there, too: with 0 where something is counted, else null.

    The first column is `@lb.time`, the start of the bucket. Then come the functions, named as with `stats`. With `by`
    there is a column for each series, named for its value: the ten (`limit`) with the greatest total of the first
    function, and `other` for the rest together, for `count`, `sum`, `min` and `max`. With several functions the names
    are such as `sum(bytes): alice`. At most 10,000 buckets.

    Example: `status >= 500 | timechart span=5m count() by host`
    """

    name: ClassVar[str] = "timechart"
    measures: tuple[Measure, ...]
    by: Key | None = None
    bucket: TimeSpan | None = None
    """None: automatic."""
    series_count: int = SERIES_DEFAULT
    since_ns: int | None = field(default=None, compare=False)
    until_ns: int | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        options = _Options()
        options.take(cursor)
        measures: tuple[Measure, ...] = ()
        if cursor.peek().kind not in (Kind.END, Kind.PIPE, Kind.CLOSE) and not _is_by(cursor):
            named = parse_measures(cursor)
            distinct(cursor, [(TIME_TEXT_COLUMN.name, named[0][1]), *((one.output, span) for one, span in named)])
            measures = tuple(measure for measure, _ in named)
            options.take(cursor)
        by = None
        if cursor.take_keyword("by"):
            keys = parse_keys(cursor, 'a column name after "by"')
            if len(keys) > 1:
                cursor.fail('"timechart" takes one column after "by"', keys[1].span)
            by = keys[0]
            options.take(cursor)
        count = FunctionCall("count")
        shown = measures or (Measure(count, count.label),)
        return cls(cursor.span_from(start), shown, by, options.bucket, options.series_count)

    def __str__(self) -> str:
        span = f" span={self.bucket.text}" if self.bucket is not None else ""
        limit = f" limit={self.series_count}" if self.series_count != SERIES_DEFAULT else ""
        by = f" by {self.by}" if self.by is not None else ""
        return f"timechart{span}{limit} {', '.join(map(str, self.measures))}{by}"

    @property
    def wants_data_range(self) -> bool:
        return self.bucket is None

    def bound(self, scope: Scope) -> Stage:
        first, last = scope.first_ns, scope.last_ns
        known = self.bucket
        if known is None:
            known = SPAN_WITHOUT_RANGE if first is None or last is None else automatic_span(first, max(first, last))
        if scope.since_ns is not None and scope.until_ns is not None and scope.since_ns < scope.until_ns:
            check_buckets(known, scope.since_ns, scope.until_ns - 1)
        return replace(self, bucket=known, since_ns=scope.since_ns, until_ns=scope.until_ns)

    def aggregate(self, order: RowOrder) -> Aggregate:
        span = self._span()
        start = BUCKET_COLUMN if order.key == ROW_COLUMN else span.floor_expression(TIME_COLUMN)
        return self._aggregate(start, order)

    def _aggregate(self, start: Expression, order: RowOrder) -> Aggregate:
        ns = self._span().ns
        order = replace(order, seconds=None if ns is None else Fraction(ns, NS_PER_S))
        by = (start,) if self.by is None else (start, self.by.expression)
        return Aggregate(by, tuple(measure.call.kernel(order) for measure in self.measures))

    def push_down(self, leaf: Leaf) -> Pushed:
        if isinstance(leaf.names.meaning(TIME_COLUMN.name), NullLiteral):
            return Pushed.NOTHING  # `table` let only some columns through; the root looks at their times
        return AggregateStage.push_down(self, leaf)

    def reads(self) -> frozenset[str] | None:
        names = self._aggregate(TIME_COLUMN, ROOT_ORDER).reads()
        return None if names is None else names - {ROW_COLUMN.name}

    @property
    def output(self) -> tuple[str, ...]:
        return (TIME_TEXT_COLUMN.name, *(measure.output for measure in self.measures))

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self.output if self.by is None else None

    def columns_left(self) -> tuple[str, ...] | None:
        return self.output  # none of the event's own

    def groups_wanted(self, row_count: int | None) -> Wanted:
        return None

    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        raise AssertionError("a chart is made of all groups together")

    def to_rows(self, table: Table, notes: Notes) -> list[TableRow]:
        by_count = 1 if self.by is None else 2
        groups = [
            Group(row[0], None if self.by is None else row[1], row[by_count:-1])
            for row in table.rows
            if isinstance(row[0], int)
        ]
        return self._chart().rows(groups, notes)

    def start(self, context: RunContext) -> StageRun:
        return _TimechartRun(self._span(), AggregateStage.start(self, context))

    def _span(self) -> TimeSpan:
        return self.bucket or SPAN_WITHOUT_RANGE

    def _chart(self) -> Chart:
        return Chart(
            self._span(),
            tuple(measure.call.name for measure in self.measures),
            tuple(measure.output for measure in self.measures),
            self.by is not None,
            self.series_count,
            self.since_ns,
            self.until_ns,
        )


def _is_by(cursor: Cursor) -> bool:
    token = cursor.peek()
    return token.kind is Kind.WORD and token.source.lower() == "by"


class _Options:
    """`span=…` and `limit=…`, before or after the functions."""

    def __init__(self) -> None:
        self.bucket: TimeSpan | None = None
        self.series_count = SERIES_DEFAULT
        self._taken: set[str] = set()

    def take(self, cursor: Cursor) -> None:
        """Takes those that stand here."""
        while True:
            token, mark = cursor.peek(), cursor.mark()
            name = token.source.lower()
            if token.kind is not Kind.WORD or name not in ("span", "limit"):
                return
            cursor.take()
            if cursor.take_if(Kind.EQUAL) is None:
                cursor.reset(mark)  # a column of that name
                return
            if name in self._taken:
                cursor.fail(f'"{name}" is given twice', token)
            self._taken.add(name)
            if name == "limit":
                self.series_count = parse_count(cursor, 'a number of series after "limit="', SERIES_MAX)
            else:
                self._take_span(cursor)

    def _take_span(self, cursor: Cursor) -> None:
        token = cursor.take_operand()
        self.bucket = parse_span(token.source.lower())
        if self.bucket is None and token.source.lower() != "auto":
            expected = 'a span of time such as 30s, 5m, 1h, 1d, 1w, 1mon, or auto, after "span="'
            cursor.fail(f"expected {expected}, found {token.describe()}", token)


class _TimechartRun(StageRun):
    """Gives rows at the root their bucket, then groups them."""

    def __init__(self, span: TimeSpan, groups: StageRun) -> None:
        self._span = span
        self._groups = groups

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return self._groups.push([self._with_bucket(record) for record in records])

    def finish(self) -> Sequence[Record]:
        return self._groups.finish()

    def _with_bucket(self, record: Record) -> Record:
        time_ns = record.value(TIME_COLUMN.name)
        if time_ns is None:
            text = record.value(TIME_TEXT_COLUMN.name)
            time_ns = parse_time(text) if isinstance(text, str) else None
        bucket = self._span.floor(time_ns) if isinstance(time_ns, int) else None
        return record.with_column(BUCKET_COLUMN.name, bucket)

"""`transaction`: events of a key put together into sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.json_lines import json_text
from lakebed.query.lexer import Kind
from lakebed.query.match import matches
from lakebed.query.printer import print_filter, print_names
from lakebed.query.record import Record
from lakebed.query.stages.arguments import distinct, parse_names
from lakebed.query.stages.base import COUNT_COLUMN
from lakebed.query.stages.ordered import (
    DURATION_COLUMN,
    END_COLUMN,
    TIME_COLUMN,
    OrderedRun,
    OrderedStage,
    take_span,
    times_of,
)
from lakebed.query.stages.sequence import columns_of_filters, parse_filter_in_parentheses
from lakebed.query.values import SortKey, group_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Row, Scalar, TableRow
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.stages.ordered import Key
    from lakebed.query.syntax import Filter
    from lakebed.query.time_spans import TimeSpan

COMPLETE_COLUMN = "@q.complete"

TRANSACTIONS_MAX = 100_000
"""Transactions of one answer: all are held until the last event, at about 1 kB each."""

TRANSACTION_VALUES_MAX = 100
"""Different values of a field that one transaction shows."""


@dataclass(frozen=True, slots=True)
class Transaction(OrderedStage):
    """`transaction by column, … [maxpause=30m] [maxspan=8h] [startswith=(filter)] [endswith=(filter)] [fields a, b]`:
    events with equal columns put together into sessions, one row each.

    An event begins a new session when its pause after the one before is longer than `maxpause`, when it comes later
    than `maxspan` after the first, or when it passes `startswith`. An event that passes `endswith` is the last of its
    session. Where `startswith` is given, events that belong to no session that was begun so are left out. So are events
    without one of the columns. Events of the same time are in the order of their places in the logs.

    The columns are those after `by`, `@lb.time` (of the first event), `@q.end`, `@q.duration_s`, `@q.count` (events);
    with `endswith` also `@q.complete`, whether it ended so; and for each of the `fields` a JSON array of its different
    values in the order in which they came, at most 100. Rows come in the order of their beginnings, the oldest first;
    at most 100,000, and the answer says when there were more.

    Example: `* | transaction by sourceIPAddress maxpause=30m fields eventName, errorCode`
    """

    name: ClassVar[str] = "transaction"
    maxpause: TimeSpan | None = None
    maxspan: TimeSpan | None = None
    startswith: Filter | None = None
    endswith: Filter | None = None
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        if not cursor.take_keyword("by"):
            cursor.fail_expected('"by" and a column name after "transaction"')
        by = parse_names(cursor, "by")
        spans: dict[str, TimeSpan] = {}
        filters: dict[str, Filter] = {}
        fields: tuple[str, ...] = ()
        while cursor.peek().kind is Kind.WORD:
            option = cursor.peek().source.lower()
            if option in spans or option in filters or (option == "fields" and fields):
                cursor.fail(f'"{option}" comes twice', cursor.peek())
            if option == "fields":
                cursor.take()
                fields = parse_names(cursor, "fields")
            elif option in ("maxpause", "maxspan"):
                _take_option(cursor)
                spans[option] = take_span(cursor, f'a span of time after "{option}="')
            elif option in ("startswith", "endswith"):
                _take_option(cursor)
                filters[option] = parse_filter_in_parentheses(cursor, f'a filter in parentheses after "{option}="')
            else:
                cursor.fail_expected('"maxpause=", "maxspan=", "startswith=", "endswith=" or "fields"')
        span = cursor.span_from(start)
        stage = cls(
            span,
            by,
            spans.get("maxpause"),
            spans.get("maxspan"),
            filters.get("startswith"),
            filters.get("endswith"),
            fields,
        )
        distinct(cursor, [(column, span) for column in stage.output])
        return stage

    def __str__(self) -> str:
        spans = {"maxpause": self.maxpause, "maxspan": self.maxspan}
        filters = {"startswith": self.startswith, "endswith": self.endswith}
        options = [f" {name}={span.text}" for name, span in spans.items() if span is not None]
        options += [f" {name}=({print_filter(one)})" for name, one in filters.items() if one is not None]
        fields = f" fields {print_names(self.fields)}" if self.fields else ""
        return f"transaction by {print_names(self.by)}{''.join(options)}{fields}"

    @property
    def output(self) -> tuple[str, ...]:
        """The columns of the answer."""
        complete = () if self.endswith is None else (COMPLETE_COLUMN,)
        return (*self.by, TIME_COLUMN, END_COLUMN, DURATION_COLUMN, COUNT_COLUMN, *complete, *self.fields)

    def filters(self) -> tuple[Filter, ...]:
        return tuple(one for one in (self.startswith, self.endswith) if one is not None)

    def reads(self) -> frozenset[str] | None:
        return columns_of_filters((*self.by, *self.fields), self.filters())

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self.output

    def run(self, context: RunContext) -> OrderedRun:
        return _TransactionRun(self, context)


def _take_option(cursor: Cursor) -> None:
    option = cursor.take()
    cursor.expect(Kind.EQUAL, f'"=" after "{option.source}"')


@dataclass(slots=True)
class _Session:
    by: list[Scalar]
    first: Row
    last: Row
    fields: list[dict[SortKey, Scalar]]
    count: int = 0
    is_complete: bool = field(default=False)

    def add(self, row: Row, record: Record, names: Sequence[str]) -> bool:
        """Takes an event; False when a field had no room for its value."""
        self.last = row
        self.count += 1
        has_room = True
        for name, values in zip(names, self.fields, strict=True):
            value = record.value(name)
            if value is None or group_key(value) in values:
                continue
            if len(values) < TRANSACTION_VALUES_MAX:
                values[group_key(value)] = value
            else:
                has_room = False
        return has_room


class _TransactionRun(OrderedRun):
    def __init__(self, stage: Transaction, context: RunContext) -> None:
        super().__init__(stage, context)
        self._stage = stage
        self._sessions: list[_Session] = []
        """All, in the order of their beginnings."""
        self._open: dict[Key, _Session] = {}

    def take(self, key: Key, values: list[Scalar], row: Row, record: Record) -> Sequence[Record]:
        stage = self._stage
        begins = stage.startswith is not None and matches(stage.startswith, record)
        session = self._open.get(key)
        if session is not None and (begins or self._is_over(session, row)):
            del self._open[key]
            session = None
        if session is None:
            if stage.startswith is not None and not begins:
                return ()
            if len(self._sessions) == TRANSACTIONS_MAX:
                self.notes.add(f"there are more than {TRANSACTIONS_MAX} transactions: the first ones are shown")
                return ()
            session = self._open[key] = _Session(values, row, row, [{} for _ in stage.fields])
            self._sessions.append(session)
        if not session.add(row, record, stage.fields):
            self.notes.add(f"fields with more than {TRANSACTION_VALUES_MAX} values in a transaction show the first")
        if stage.endswith is not None and matches(stage.endswith, record):
            session.is_complete = True
            del self._open[key]
        return ()

    def finish(self) -> Sequence[Record]:
        return [Record.of_table(self._row_of(session)) for session in self._sessions]

    def _is_over(self, session: _Session, row: Row) -> bool:
        pause, span = self._stage.maxpause, self._stage.maxspan
        if pause is not None and row.time_ns - session.last.time_ns > (pause.ns or 0):
            return True
        return span is not None and row.time_ns - session.first.time_ns > (span.ns or 0)

    def _row_of(self, session: _Session) -> TableRow:
        columns: TableRow = dict(zip(self._stage.by, session.by, strict=True))
        columns |= times_of(session.first, session.last)
        columns[COUNT_COLUMN] = session.count
        if self._stage.endswith is not None:
            columns[COMPLETE_COLUMN] = session.is_complete
        for name, values in zip(self._stage.fields, session.fields, strict=True):
            columns[name] = json_text(list(values.values())).decode()
        return columns

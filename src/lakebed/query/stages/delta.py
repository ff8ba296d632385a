"""`delta`: what differs most between two sets of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, cast

from lakebed import native
from lakebed.config import MIB
from lakebed.query.filters import parse_filter
from lakebed.query.lexer import Kind
from lakebed.query.match import matches
from lakebed.query.mined import event_json, read_answer
from lakebed.query.printer import print_filter
from lakebed.query.record import Record
from lakebed.query.stages.arguments import parse_count
from lakebed.query.stages.base import Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.syntax import Filter

COLUMNS = ("field", "value", "share_a", "share_b", "difference", "lift", "count_a", "count_b", "score")

ROWS_SHOWN = 50
"""Differences of an answer without `limit`: as many as a person looks through."""

DELTA_ROWS_MAX = 10_000
"""What `limit` can ask for."""

DELTA_HELD_BYTES_MAX = 64 * MIB
"""Events that wait until it is known where the middle of their times is, when the search has no time range."""


@dataclass(frozen=True, slots=True)
class Delta(Stage):
    """`delta [limit N] [by time half | where <filter>]`: the values whose shares differ most between two sets of rows.

    By default B is the second half of the time range, A the first: what is new? With a filter B is the rows that pass,
    A all others: what do these have that others have not? A search without a time range takes the middle between its
    first and last event.

    A row for each value of a field: `field`, `value` (null stands for rows without the field), `share_a` and `share_b`
    (of the rows in A and B), `difference` (share_b - share_a), `lift` (share_b / share_a), `count_a`, `count_b`,
    `score`. The score is Pearson's chi-squared of having the value or not by being in A or B; the highest comes first.
    0 means the same share, above 11 less than one in a thousand by chance alone, for one value looked at alone.

    50 rows are shown, or `limit`. Up to 2,000 fields and the 1,000 most frequent values of each count; the answer says
    where there were more. Rows of a table have no time and are left out of halves.

    Example: `status: * | delta limit 20 where status >= 500`
    """

    name: ClassVar[str] = "delta"
    gives_table: ClassVar[bool] = True
    filter: Filter | None = None
    """None: halves of the time."""
    limit: int = ROWS_SHOWN

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        limit = ROWS_SHOWN
        if cursor.take_keyword("limit"):
            limit = parse_count(cursor, 'a number of rows after "limit"', DELTA_ROWS_MAX)
        filter_ = None
        if cursor.take_keyword("by"):
            for word in ("time", "half"):
                if not cursor.take_keyword(word):
                    cursor.fail_expected('"time half" after "by"')
        elif cursor.take_keyword("where") or cursor.peek().kind not in (Kind.END, Kind.PIPE, Kind.CLOSE):
            filter_ = parse_filter(cursor)
        return cls(cursor.span_from(start), filter_, limit)

    def __str__(self) -> str:
        limit = "" if self.limit == ROWS_SHOWN else f" limit {self.limit}"
        return f"delta{limit}" + ("" if self.filter is None else f" where {print_filter(self.filter)}")

    def filters(self) -> tuple[Filter, ...]:
        return () if self.filter is None else (self.filter,)

    def reads(self) -> frozenset[str] | None:
        return None

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return COLUMNS

    def start(self, context: RunContext) -> StageRun:
        return _FilterRun(self, context) if self.filter is not None else _HalvesRun(self, context)


class _DeltaRun(StageRun):
    """What both kinds have in common: two sets that the engine counts."""

    def __init__(self, stage: Delta, context: RunContext) -> None:
        self._stage = stage
        self._context = context
        self._fields = native.Fields()

    def count(self, side_a: list[bytes], side_b: list[bytes]) -> None:
        """Adds events to both sets."""
        with native.engine_errors():
            self._fields.push(b"\n".join(side_a), 0)
            self._fields.push(b"\n".join(side_b), 1)

    def finish(self) -> Sequence[Record]:
        with native.engine_errors():
            rows, answer = read_answer(self._fields.delta(self._stage.limit), self._context.notes)
        total_a, total_b = cast("list[int]", answer["events"])
        if not total_a or not total_b:
            self._context.notes.add(f"nothing to compare: A has {total_a} rows and B has {total_b}")
        found = []
        for field, value, count_a, count_b, score in rows:
            share_a, share_b = cast("int", count_a) / total_a, cast("int", count_b) / total_b
            lift = share_b / share_a if share_a else None
            cells = (field, value, share_a, share_b, share_b - share_a, lift, count_a, count_b, score)
            found.append(Record.of_table(dict(zip(COLUMNS, cells, strict=True))))
        return found


class _FilterRun(_DeltaRun):
    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        assert self._stage.filter is not None
        sides: tuple[list[bytes], list[bytes]] = ([], [])
        for record in records:
            sides[matches(self._stage.filter, record)].append(event_json(record))
        self.count(*sides)
        return ()


class _HalvesRun(_DeltaRun):
    def __init__(self, stage: Delta, context: RunContext) -> None:
        super().__init__(stage, context)
        scope = context.scope
        self._twice_middle: int | None = None
        if scope.since_ns is not None and scope.until_ns is not None:
            self._twice_middle = scope.since_ns + scope.until_ns - 1
        self._held: list[tuple[int, bytes]] = []
        self._held_bytes = 0

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        timed = [(record.row.time_ns, event_json(record)) for record in records if record.row is not None]
        if len(timed) < len(records):
            self._context.notes.add("rows of a table have no time and are in neither half: write `delta where …`")
        if self._twice_middle is not None:
            self._divide(timed)
            return ()
        self._held += timed
        self._held_bytes += sum(len(event) for _, event in timed)
        if self._held_bytes > DELTA_HELD_BYTES_MAX:
            self._context.notes.add(
                "the search has no time range: the middle is that of the first events, as many as fit into memory"
            )
            self._end_waiting()
        return ()

    def finish(self) -> Sequence[Record]:
        self._end_waiting()
        return super().finish()

    def _end_waiting(self) -> None:
        if self._held:
            times = [time_ns for time_ns, _ in self._held]
            self._twice_middle = min(times) + max(times)
            self._divide(self._held)
            self._held = []

    def _divide(self, timed: Sequence[tuple[int, bytes]]) -> None:
        sides: tuple[list[bytes], list[bytes]] = ([], [])
        for time_ns, event in timed:
            sides[2 * time_ns > (self._twice_middle or 0)].append(event)
        self.count(*sides)

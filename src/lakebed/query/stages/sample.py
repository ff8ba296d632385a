"""`sample`: some of the rows, the same each time."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.lexer import Kind
from lakebed.query.literals import parse_number
from lakebed.query.stages.arguments import close_parenthesis, parse_count
from lakebed.query.stages.base import Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import Notes, RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

SAMPLE_ROWS_MAX = 50_000
"""Rows held in memory until the last is seen; whole events take about 10 kB each."""

DRAW_BYTES = 8


@dataclass(frozen=True, slots=True)
class Sample(Stage):
    """`sample 100`: a hundred rows, each with the same chance; `sample 1%`: about one in a hundred.

    Chance is drawn from where an event is from, not anew each time: the same query over the same events gives the same
    rows, and new events do not change which of the old ones are in `sample 1%`. Rows of a table are drawn by their
    place. The rows keep their order, and a note says of how many they are. `sample 100` takes at most 50,000 rows.

    Example: `action: * | sample 20`
    """

    name: ClassVar[str] = "sample"
    row_count: int | None
    percent: str | None = None
    """JSON number text; instead of `row_count`."""

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        percent = _take_percent(cursor)
        row_count = None
        if percent is None:
            expected = f'a number of rows or a percentage such as 1% after "{name}"'
            row_count = parse_count(cursor, expected, SAMPLE_ROWS_MAX)
        if opening is not None:
            close_parenthesis(cursor, '")" after the size of the sample')
        return cls(cursor.span_from(start), row_count, percent)

    def __str__(self) -> str:
        return f"sample {self.row_count if self.percent is None else self.percent + '%'}"

    def reads(self) -> frozenset[str] | None:
        return frozenset()

    def start(self, context: RunContext) -> StageRun:
        if self.percent is not None:
            return _ShareRun(self.percent, context.notes)
        assert self.row_count is not None  # one of the two was written
        return _ReservoirRun(self.row_count, context.notes)


def _take_percent(cursor: Cursor) -> str | None:
    token = cursor.peek()
    number = token.source.removesuffix("%")
    if token.kind is not Kind.WORD or number == token.source or parse_number(number) is None:
        return None
    cursor.take()
    if not 0 < Fraction(number) <= 100:
        cursor.fail(f"expected a number from 0 to 100 before the %, not 0 itself, found {token.describe()}", token)
    return number


def _draw(record: Record, place: int) -> int:
    """A number below 2^64 that the row's identity decides."""
    row = record.row
    identity = f"{place}" if row is None else f"{row.object}\0{row.record}"
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=DRAW_BYTES).digest()
    return int.from_bytes(digest, "big")


class _ReservoirRun(StageRun):
    def __init__(self, row_count: int, notes: Notes) -> None:
        self._row_count = row_count
        self._notes = notes
        self._seen = 0
        self._held: list[tuple[int, int, Record]] = []
        """A heap with the greatest draw on top; negated, as Python's heaps have the smallest there."""

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        for record in records:
            held = (-_draw(record, self._seen), -self._seen, record)
            self._seen += 1
            if len(self._held) < self._row_count:
                heapq.heappush(self._held, held)
            else:
                heapq.heappushpop(self._held, held)
        return ()

    def finish(self) -> Sequence[Record]:
        if self._seen > self._row_count:
            self._notes.add(f"`sample {self._row_count}` took {self._row_count} of {self._seen} rows")
        return [record for _, _, record in sorted(self._held, key=lambda held: -held[1])]


class _ShareRun(StageRun):
    def __init__(self, percent: str, notes: Notes) -> None:
        self._percent = percent
        self._most = int(Fraction(percent) * 2 ** (8 * DRAW_BYTES) / 100)
        self._notes = notes
        self._seen = 0
        self._kept = 0

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        kept = [record for place, record in enumerate(records, self._seen) if _draw(record, place) < self._most]
        self._seen += len(records)
        self._kept += len(kept)
        return kept

    def finish(self) -> Sequence[Record]:
        self._notes.add(f"`sample {self._percent}%` took {self._kept} of {self._seen} rows")
        return ()

"""`fieldsummary`: what each field of the rows holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, cast

from lakebed import native
from lakebed.query.lexer import Kind
from lakebed.query.mined import event_json, read_answer
from lakebed.query.printer import print_names
from lakebed.query.record import Record
from lakebed.query.stages.arguments import parse_names
from lakebed.query.stages.base import COUNT_COLUMN, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import Notes, RunContext
    from lakebed.query.cursor import Cursor

COLUMNS = ("field", COUNT_COLUMN, "coverage", "distinct", "types", "min", "max", "top")


@dataclass(frozen=True, slots=True)
class FieldSummary(Stage):
    """`fieldsummary [column, …]`: a row for each field of the events, those that most events have first.

    `field`; `@q.count`, the events that have it; `coverage`, their share of all; `distinct`, how many different values;
    `types` (number, text, boolean); `min` and `max` in the order of values: numbers, texts, booleans; `top`, the ten
    most frequent values with their counts as JSON: `[["GET",120],["PUT",3]]`. With columns only these.

    Up to 1,000 values of a field are counted exactly. Beyond, `distinct` is an estimate (HyperLogLog, 95 % of them
    within 1.6 %) and counts in `top` may be too low; up to 2,000 fields are told apart. The answer says where this was
    so.

    Example: `sourceIPAddress: * | fieldsummary | where coverage < 0.5`
    """

    name: ClassVar[str] = "fieldsummary"
    gives_table: ClassVar[bool] = True
    columns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        columns: tuple[str, ...] = ()
        if cursor.peek().kind in (Kind.WORD, Kind.BACKTICK, Kind.IN, Kind.OPEN):
            columns = parse_names(cursor, name)
        return cls(cursor.span_from(start), columns)

    def __str__(self) -> str:
        return f"fieldsummary({print_names(self.columns)})" if self.columns else "fieldsummary"

    def reads(self) -> frozenset[str] | None:
        return frozenset(self.columns) if self.columns else None

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return COLUMNS

    def start(self, context: RunContext) -> StageRun:
        return _FieldSummaryRun(self, context.notes)


class _FieldSummaryRun(StageRun):
    def __init__(self, stage: FieldSummary, notes: Notes) -> None:
        self._columns = stage.columns
        self._notes = notes
        self._fields = native.Fields()

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        with native.engine_errors():
            self._fields.push(b"\n".join(event_json(record, self._columns) for record in records))
        return ()

    def finish(self) -> Sequence[Record]:
        with native.engine_errors():
            rows, answer = read_answer(self._fields.summary(), self._notes)
        events = cast("int", answer["events"])
        found = []
        for field, count, distinct, types, least, most, top in rows:
            coverage = cast("int", count) / events
            cells = (field, count, coverage, distinct, types, least, most, top)
            found.append(Record.of_table(dict(zip(COLUMNS, cells, strict=True))))
        return found

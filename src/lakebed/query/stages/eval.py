"""`eval`: new columns from expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.evaluate import Evaluator
from lakebed.query.expression import Expression, columns_of
from lakebed.query.expression_parser import parse_expression
from lakebed.query.expression_printer import print_expression
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import parse_name
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

METADATA_PREFIXES = ("@lb.", "@index")
"""Names that always tell where an event is from; a query cannot make them say something else."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = expression`"""

    column: str
    expression: Expression

    def __str__(self) -> str:
        return f"{print_name(self.column)} = {print_expression(self.expression)}"


@dataclass(frozen=True, slots=True)
class Eval(Stage):
    """`eval a = expression, b = expression`: new columns, or new values of columns that are there; each may use those
    before it.

    Example: `* | eval duration_s = duration_ms / 1000, is_slow = duration_s > 5 | where is_slow: true`
    """

    name: ClassVar[str] = "eval"
    keeps_each_row: ClassVar[bool] = True
    assignments: tuple[Assignment, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        assignments = [_parse_assignment(cursor, f'a column name after "{name}"')]
        while cursor.take_if(Kind.COMMA):
            assignments.append(_parse_assignment(cursor, 'a column name after ","'))
        return cls(cursor.span_from(start), tuple(assignments))

    def __str__(self) -> str:
        return f"eval {', '.join(map(str, self.assignments))}"

    def push_down(self, leaf: Leaf) -> Pushed:
        names = leaf.names
        for assignment in self.assignments:
            expression = names.resolve(assignment.expression)
            if expression is None or leaf.aggregate is not None:
                return Pushed.NOTHING
            names = names.assigned(assignment.column, expression)
        leaf.names = names
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        names: set[str] = set()
        known: set[str] = set()
        for assignment in self.assignments:
            columns = columns_of(assignment.expression)
            if columns is None:
                return None
            names |= columns - known
            known.add(assignment.column)
        return frozenset(names)

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if columns is None:
            return None
        return tuple(dict.fromkeys([*columns, *(assignment.column for assignment in self.assignments)]))

    def start(self, context: RunContext) -> StageRun:
        return _EvalRun(self)


def check_assigned(cursor: Cursor, column: str) -> None:
    """Refuses to give a value to what the engine says of every event."""
    if column.startswith(METADATA_PREFIXES):
        cursor.fail(f'"{column}" cannot be changed: it tells where an event is from', cursor.last)


def _parse_assignment(cursor: Cursor, expected: str) -> Assignment:
    column, _ = parse_name(cursor, expected)
    check_assigned(cursor, column)
    cursor.expect(Kind.EQUAL, f'"=" and an expression after the column `{column}`')
    return Assignment(column, parse_expression(cursor))


class _EvalRun(StageRun):
    def __init__(self, stage: Eval) -> None:
        self._steps = [(step.column, Evaluator(step.expression)) for step in stage.assignments]

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        for column, evaluator in self._steps:
            values = evaluator.values(records)
            records = [record.with_column(column, value) for record, value in zip(records, values, strict=True)]
        return records

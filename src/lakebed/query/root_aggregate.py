"""An aggregate over rows at the root. The engine computes it, as it does at the leaf; this hands it the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from lakebed import native
from lakebed.query.aggregate import Aggregate
from lakebed.query.evaluate import Evaluator
from lakebed.query.expression import ColumnRef, Expression
from lakebed.query.expression_printer import print_expression
from lakebed.query.functions.base import ROW_COLUMN
from lakebed.query.groups import table_of
from lakebed.query.json_lines import json_text
from lakebed.query.plan import aggregate_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar, Table
    from lakebed.query.aggregate import Wanted
    from lakebed.query.record import Record


class RootAggregate:
    """The groups of one run."""

    def __init__(self, aggregate: Aggregate, *, is_in_time_order: bool = False) -> None:
        named, self._evaluators = _with_columns(aggregate)
        self._plan = msgspec.json.encode(aggregate_plan(named))
        with native.engine_errors():
            self._rows = native.RowAggregate(self._plan)
        self._columns = tuple(self._rows.columns())
        self._is_in_time_order = is_in_time_order
        self._place = 0
        self._time_ns: int | None = None
        """Of the last record, where it is known."""

    def add(self, records: Sequence[Record]) -> None:
        """Counts the records into their groups."""
        if not records:
            return
        columns = [self._values(name, records) for name in self._columns]
        rows = list(zip(*columns, strict=True)) if columns else [()] * len(records)
        with native.engine_errors():
            self._rows.push(json_text(rows))

    def _values(self, name: str, records: Sequence[Record]) -> Sequence[Scalar]:
        if name == ROW_COLUMN.name:
            return [self._next_place(record) for record in records]
        if name in self._evaluators:
            return self._evaluators[name].values(records)
        return [record.value(name) for record in records]

    def _next_place(self, record: Record) -> int:
        """Where the record stands; events at one time have one place where time gives the order."""
        time_ns = record.row.time_ns if record.row is not None and self._is_in_time_order else None
        if time_ns is None or time_ns != self._time_ns:
            self._place += 1
        self._time_ns = time_ns
        return self._place

    def table(self, wanted: Wanted) -> Table:
        """Rows as the engine gives them: by values, function values, row count."""
        with native.engine_errors():
            return table_of(self._plan, self._rows.partial(), wanted)


def _with_columns(aggregate: Aggregate) -> tuple[Aggregate, dict[str, Evaluator]]:
    """The aggregate over columns only, and what computes those that were expressions."""
    evaluators: dict[str, Evaluator] = {}
    columns = {operand.name for operand in aggregate.operands if isinstance(operand, ColumnRef)}

    def named(operand: Expression) -> Expression:
        if isinstance(operand, ColumnRef):
            return operand
        name = print_expression(operand)  # as notes say it
        while name in columns:
            name += "'"
        evaluators[name] = Evaluator(operand)
        return ColumnRef(name)

    functions = [replace(function, columns=tuple(map(named, function.columns))) for function in aggregate.functions]
    return Aggregate(tuple(map(named, aggregate.by)), tuple(functions)), evaluators

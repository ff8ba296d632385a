"""The root part of a query: takes what the leaf parts found and gives the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.context import RunContext
from lakebed.query.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.model import Row, Table, TableRow
    from lakebed.query.stages.base import AggregateStage, Stage, StageRun


class Root:
    """One run of the root part; made by `CompiledQuery.root()`, used once.

    A row query: call `push_rows` with rows in their final order (newest first when the plan says
    so) as they become known, and hand on what it returns; stop when `is_done`; then call
    `finish`. An aggregate (`CompiledQuery.is_aggregate`): call `push_table` once with the
    finished partial; then call `finish`. `finish` gives the rows that had to wait.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        aggregate: AggregateStage | None,
        has_whole_events: bool,
        context: RunContext | None = None,
    ) -> None:
        self.context = context or RunContext()
        self._runs: list[StageRun] = [stage.start(self.context) for stage in stages]
        self._aggregate = aggregate
        self._has_whole_events = has_whole_events
        self._held: list[Record] = []
        self._is_finished = False

    @property
    def is_done(self) -> bool:
        """True when no further row can change the answer: the caller stops the rest of the
        search."""
        return any(run.is_done for run in self._runs)

    def push_rows(self, rows: Iterable[Row]) -> list[Row | TableRow]:
        """Takes rows that the leaf parts found; gives those that belong to the answer."""
        assert self._aggregate is None, "an aggregate takes a table"
        records: Sequence[Record] = [Record.of_event(row, self._has_whole_events) for row in rows]
        return [record.answer() for record in self._through(self._runs, records)]

    def push_table(self, table: Table) -> None:
        """Takes the finished aggregate of all leaf parts:
        `Table.from_json(_core.finish_partial(…))`."""
        assert self._aggregate is not None, "a row query takes rows"
        for note in table.notes:
            self.context.notes.add(note)
        records = [
            Record.of_table(row, self._aggregate.also_known)
            for row in self._aggregate.to_rows(table, self.context.notes)
        ]
        self._held.extend(self._through(self._runs, records))

    def finish(self) -> list[Row | TableRow]:
        """The rows of the answer that had to wait for the last input."""
        assert not self._is_finished, "a run is used once"
        self._is_finished = True
        for place, run in enumerate(self._runs):
            self._held.extend(self._through(self._runs[place + 1 :], run.finish()))
        return [record.answer() for record in self._held]

    @staticmethod
    def _through(runs: Sequence[StageRun], records: Sequence[Record]) -> Sequence[Record]:
        for run in runs:
            records = run.push(records)
        return records

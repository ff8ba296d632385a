"""An aggregate over rows at the root. The engine computes it, as it does at the leaf; this hands it the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed import native
from lakebed.model import Table
from lakebed.query.functions.base import ROW_COLUMN
from lakebed.query.json_lines import json_text
from lakebed.query.plan import aggregate_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.aggregate import Aggregate
    from lakebed.query.record import Record


class RootAggregate:
    """The groups of one run."""

    def __init__(self, aggregate: Aggregate) -> None:
        self._plan = msgspec.json.encode(aggregate_plan(aggregate))
        with native.engine_errors():
            self._rows = native.RowAggregate(self._plan)
        self._columns = tuple(self._rows.columns())
        self._seen = 0

    def add(self, records: Sequence[Record]) -> None:
        """Counts the records into their groups."""
        if not records:
            return
        rows = [
            [number if name == ROW_COLUMN.name else record.value(name) for name in self._columns]
            for number, record in enumerate(records, self._seen)
        ]
        self._seen += len(records)
        with native.engine_errors():
            self._rows.push(json_text(rows))

    def table(self) -> Table:
        """Rows as the engine gives them: by values, function values, row count."""
        with native.engine_errors():
            return Table.from_json(native.finish_partial(self._plan, self._rows.partial()))

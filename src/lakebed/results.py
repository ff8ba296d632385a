"""What a search gives back to Python: an iterator of rows, and the same as tables of other libraries."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Protocol, Self

from lakebed.arrow import flat_row, rows_to_arrow
from lakebed.errors import UsageError
from lakebed.html import ROWS_SHOWN, rows_html
from lakebed.query.habits import habits_of
from lakebed.query.json_lines import json_line
from lakebed.query.run import AnswerRow

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from lakebed.model import Scalar
    from lakebed.query.compile import CompiledQuery
    from lakebed.query.cost import SearchCost

LOOKED_AHEAD_MAX = 1_000
"""Rows that a notebook's table counts before it says "more than"."""

BATCH_ROWS = 500
"""Rows that an asynchronous search takes over from its thread at once."""


class AnyRun(Protocol):
    """What gives the rows: a search over a lake, or over files as they are."""

    compiled: CompiledQuery
    cost: SearchCost

    def __next__(self) -> AnswerRow: ...
    @property
    def notes(self) -> list[str]:
        """What a reader of the answer must know."""

    def lines(self) -> Iterator[bytes]:
        """The rows as JSON lines."""

    def close(self) -> None:
        """Stops what still runs."""

    def stop(self) -> None:
        """Like `close`, without waiting."""


class SearchResult(Iterator[AnswerRow]):
    """The rows of a search, while it runs. Iterate once, or call one of the methods that take all rows.

    Rows are `lakebed.Row` (`time_ns`, `object`, `record`, `index`, `event`) for events, newest first unless asked
    otherwise; and `dict` of column to value where the query aggregates. `close` (or leaving a `with` block) stops the
    search.
    """

    def __init__(self, search: AnyRun, warn: Callable[[], list[str]] = list) -> None:
        self._search = search
        self._warn = warn
        self._ahead: deque[AnswerRow] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AnswerRow:
        return self._ahead.popleft() if self._ahead else next(self._search)

    def _repr_html_(self) -> str:
        """For notebooks: the first rows, which are still there to be iterated afterwards."""
        self._ahead.extend(itertools.islice(iter(self._search.__next__, None), LOOKED_AHEAD_MAX + 1 - len(self._ahead)))
        left = len(self._ahead) - ROWS_SHOWN
        many = "more than " if len(self._ahead) > LOOKED_AHEAD_MAX else ""
        more = f"{many}{left - bool(many):,} more rows" if left > 0 else f"{len(self._ahead):,} rows"
        remarks = [f"note: {note}" for note in self.notes]
        if not many:
            remarks += [f"warning: {warning}" for warning in self.warnings]
        return rows_html(list(itertools.islice(self._ahead, ROWS_SHOWN)), self.columns, more, remarks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns in order; None when the rows are whole events."""
        return self._search.compiled.columns

    @property
    def indexes(self) -> tuple[str, ...] | None:
        """Names of the indexes that are searched; None is all."""
        return self._search.compiled.indexes

    @property
    def is_table(self) -> bool:
        """Whether rows are rows of a table (`dict`) instead of events (`Row`)."""
        return self._search.compiled.gives_table

    @property
    def cost(self) -> SearchCost:
        """What the search cost so far; complete when the rows have ended."""
        return self._search.cost

    @property
    def notes(self) -> list[str]:
        """What a reader of the answer must know, such as where it is approximate and within what bound.

        Complete when the rows have ended.
        """
        return self._search.notes

    @property
    def warnings(self) -> list[str]:
        """What may be a slip in the query, such as a field that no event in the time range has; mostly none.

        Ask when the rows have ended: what the search learned is not read again, and a few small reads may be made.
        """
        return [*habits_of(self._search.compiled.text), *self._warn()]

    def close(self) -> None:
        """Stops the search; the cost so far stays."""
        self._search.close()

    def stop(self) -> None:
        """Like `close`, but does not wait for a thread that is in the middle of asking for a row."""
        self._search.stop()

    def json_lines(self) -> Iterator[bytes]:
        """All rows as JSON lines, some at a time, as `lakebed search --output jsonl` writes them; instead of iterating.

        Events have their metadata (`@lb.time`, `@index`, …) first. Several times quicker than decoding each event.
        """
        if self._ahead:
            return (json_line(row) for row in self)
        return self._search.lines()

    def dicts(self) -> Iterator[dict[str, Scalar]]:
        """The rows flattened to `{column: value}`; events with their metadata (`@lb.time`, `@index`, …) first."""
        return (flat_row(row, self.columns) for row in self)

    def to_arrow(self) -> pa.Table:
        """All rows as a `pyarrow.Table`: `@lb.time` is a UTC timestamp in ns, nested fields are flattened (`a.b[0]`).

        A column whose values differ in type is text. Raises `UsageError` when pyarrow is not installed.
        """
        return rows_to_arrow(self.dicts(), self.columns)

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a `pandas.DataFrame`; see `to_arrow`."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> pl.DataFrame:
        """All rows as a `polars.DataFrame`; see `to_arrow`."""
        try:
            import polars as pl
        except ImportError as error:
            raise UsageError("to_polars() needs polars: pip install 'lakebed[polars]'") from error
        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame


class AsyncSearchResult(AsyncIterator[AnswerRow]):
    """The rows of a search for `async for`. The search runs in threads; `close`, or cancelling the task, stops it."""

    def __init__(self, result: SearchResult) -> None:
        self._result = result
        self._batch: list[AnswerRow] = []
        self._place = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AnswerRow:
        if self._place >= len(self._batch):
            # One row first: a batch must not keep back a row that is there.
            import asyncio

            size = 1 if not self._batch else min(BATCH_ROWS, 2 * len(self._batch))
            try:
                self._batch = await asyncio.to_thread(lambda: list(itertools.islice(self._result, size)))
            except asyncio.CancelledError:
                self._result.stop()  # else its thread would go on until there is a batch
                raise
            self._place = 0
            if not self._batch:
                raise StopAsyncIteration
        self._place += 1
        return self._batch[self._place - 1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def columns(self) -> tuple[str, ...] | None:
        """See `SearchResult.columns`."""
        return self._result.columns

    @property
    def is_table(self) -> bool:
        """See `SearchResult.is_table`."""
        return self._result.is_table

    @property
    def cost(self) -> SearchCost:
        """See `SearchResult.cost`."""
        return self._result.cost

    @property
    def notes(self) -> list[str]:
        """See `SearchResult.notes`."""
        return self._result.notes

    async def warnings(self) -> list[str]:
        """See `SearchResult.warnings`; awaited, as it may read."""
        import asyncio

        return await asyncio.to_thread(lambda: self._result.warnings)

    async def close(self) -> None:
        """See `SearchResult.close`."""
        import asyncio

        await asyncio.to_thread(self._result.close)

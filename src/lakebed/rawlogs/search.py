"""One query over raw sources: rows as they are found, in the order of the sources and of the records in them.

Looks to its callers like `lakebed.query.run.Search` over a lake. The order is the one difference: a lake answers newest
first, because it can; files are read once, from their start, so `head 3` is the first three of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from lakebed import config
from lakebed.errors import UsageError
from lakebed.ingest.settings import SourceSettings
from lakebed.model import Row
from lakebed.native import check_plan, engine_errors, merge_partials
from lakebed.query.cost import SearchCost
from lakebed.query.groups import table_of
from lakebed.query.json_lines import event_line, json_line
from lakebed.rawlogs.scan import Settings, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from lakebed.query.compile import CompiledQuery
    from lakebed.query.root import Root
    from lakebed.query.run import AnswerRow
    from lakebed.rawlogs.scan import Part
    from lakebed.rawlogs.sources import Problem, RawSource

PARTIALS_HELD = 64
"""Partial aggregates that wait to be merged in one go."""


class RawSearch(Iterator["AnswerRow"]):
    """One run. Iterate it once, or call `lines`, `texts` or `counts` instead; `close` ends it early.

    `tell` is called with what could not be read, by any thread; `cost.missing` has it too.
    """

    def __init__(
        self,
        compiled: CompiledQuery,
        sources: Iterable[RawSource],
        *,
        tell: Callable[[Problem], None],
        source_settings: SourceSettings | None = None,
        takes_binary: bool = False,
        workers: int | None = None,
    ) -> None:
        if compiled.indexes is not None:
            raise UsageError("files have no index: leave @index out of the query")
        self.compiled = compiled
        self.cost = SearchCost()
        self.sources_read = 0
        self._started = time.perf_counter()
        self._sources = sources
        self._tell = tell
        self._opened_as = source_settings or SourceSettings()
        self._source_settings = self._opened_as.for_engine()
        self._takes_binary = takes_binary
        self._workers = workers or config.cpu_count()
        self._plan = compiled.plan_bytes()
        with engine_errors():
            check_plan(self._plan)
        self._lock = threading.Lock()
        self._is_closed = False
        self._root: Root | None = None
        self._rows = self._run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AnswerRow:
        with self._lock:
            row = next(self._rows)
            self.cost.rows += 1
            return row

    def lines(self) -> Iterator[bytes]:
        """The rows as JSON lines, some at a time."""
        if not self.gives_records:
            for row in self:
                yield json_line(row)
            return
        left = self._limit
        for part in self._scan(self._settings("plan", left)) if left != 0 else ():
            rows = part.rows if left is None else part.rows[:left]
            self.cost.rows += len(rows)
            left = None if left is None else left - len(rows)
            if rows:
                yield b"".join(event_line(at, url, record, text, None) for at, url, record, text in rows)
            if left == 0:
                return

    def texts(self) -> Iterator[tuple[RawSource, bytes]]:
        """The records that pass as they stand in their source, a line each, some at a time; see `gives_records`."""
        assert self.gives_records, "rows of tables do not stand in a source"
        left = self._limit
        for part in self._scan(self._settings("text", left)) if left != 0 else ():
            if not part.text:
                continue
            text = part.text
            found = text.count(b"\n")
            if left is not None:
                if found > left:
                    text, found = b"".join(text.splitlines(keepends=True)[:left]), left
                left -= found
            self.cost.rows += found
            yield part.source, text
            if left == 0:
                return

    def counts(self, limit: int | None = None) -> Iterator[tuple[RawSource, int]]:
        """Each source that could be read, and how many of its events pass; counting a source ends at `limit`."""
        assert self.gives_records, "rows of tables are not counted by source"
        bounds = [bound for bound in (limit, self._limit) if bound is not None]
        for part in self._scan(self._settings("count", min(bounds, default=None))):
            if part.is_last:
                self.cost.rows += part.matched
                yield part.source, part.matched

    @property
    def notes(self) -> list[str]:
        """What a reader of the answer must know: where it is approximate, and the bound; complete with the last row."""
        return [] if self._root is None else list(self._root.context.notes)

    def close(self) -> None:
        """Stops the search; the cost so far stays."""
        self.stop()

    def stop(self) -> None:
        """As `close`."""
        self._is_closed = True

    @property
    def gives_records(self) -> bool:
        """Whether the rows are the records of the sources, all or the first of them."""
        return self.compiled.copies_events

    @property
    def _limit(self) -> int | None:
        limit = self.compiled.plan["limit"]
        assert limit is None or isinstance(limit, int)
        return limit

    def _settings(self, wanted: str, limit: int | None) -> Settings:
        sources = self._source_settings, self._opened_as, self._takes_binary
        return Settings(self._plan, wanted, limit, *sources)  # type: ignore[arg-type] # one of three

    def _scan(self, settings: Settings) -> Generator[Part, None, None]:
        """The parts, until the search is closed."""
        parts = scan(self._sources, settings, self._note, workers=self._workers)
        try:
            for part in parts:
                if self._is_closed:
                    return
                self.sources_read += part.is_last and not part.is_failed
                self.cost.bytes_read += part.raw_bytes
                self.cost.events_matched += part.matched
                yield part
        finally:
            parts.close()  # type: ignore[attr-defined] # a generator
            self.cost.milliseconds = (time.perf_counter() - self._started) * 1000

    def _note(self, problem: Problem) -> None:
        if problem.is_missing:
            self.cost.add_missing(problem.name, problem.reason)
        self._tell(problem)

    def _run(self) -> Generator[AnswerRow, None, None]:
        return self._run_aggregate() if self.compiled.is_aggregate else self._run_rows()

    def _run_rows(self) -> Generator[AnswerRow, None, None]:
        root = self._root = self.compiled.root()
        if self._limit != 0:
            for part in self._scan(self._settings("plan", self._limit)):
                yield from root.push_rows([Row.from_json(*found) for found in part.rows])
                if root.is_done:
                    break
        yield from root.finish()

    def _run_aggregate(self) -> Generator[AnswerRow, None, None]:
        root = self._root = self.compiled.root()
        partials: list[bytes] = []
        with engine_errors():
            for part in self._scan(self._settings("plan", None)):
                partials += part.partials
                if len(partials) >= PARTIALS_HELD:
                    partials = [merge_partials(self._plan, partials)]
            table = table_of(self._plan, merge_partials(self._plan, partials), self.compiled.groups_wanted)
        root.push_table(table)
        yield from root.finish()

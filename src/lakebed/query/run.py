"""Runs a compiled query over a lake: prune, map the leaf part over segments, merge, root part, rows.

A search is one iterator. It holds the lake's state as it was when the search began.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, TypeAlias

import msgspec

from lakebed.config import MIB
from lakebed.errors import CorruptSegmentError, LakebedError, NotFoundError, StorageError
from lakebed.execute.executor import SessionClosed
from lakebed.execute.leaf import PlanFacts
from lakebed.execute.merge import RowMerge, merge_aggregates
from lakebed.execute.tasks import TaskList, order_entries, split_tasks
from lakebed.model import Row, TableRow
from lakebed.native import check_plan, engine_errors, merge_partials
from lakebed.query.compile import compile_parsed
from lakebed.query.cost import SearchCost
from lakebed.query.groups import table_of
from lakebed.query.json_lines import event_line, json_line
from lakebed.query.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.execute.executor import Executor, Session
    from lakebed.execute.leaf import LeafPart, LeafTask
    from lakebed.execute.merge import MergedRow
    from lakebed.execute.readers import ReaderCache
    from lakebed.query.compile import CompiledQuery
    from lakebed.query.lookup.file import LookupFile
    from lakebed.query.parser import Query
    from lakebed.query.root import Root

AnswerRow: TypeAlias = Row | TableRow
"""An event, or a row of a table where the query aggregates."""

ROWS_AT_ONCE = 100
"""Rows decoded together: a decoded event takes many times its JSON, and the first must not wait for the last."""

PART_BYTES = 6 * MIB
"""What the engine hands over at once at most, when there are enough rows."""

SEGMENTS_TOLD_MAX = 1_000
"""Segments whose addresses are handed out after a search: some megabytes."""

ASKED_AT_FIRST = 4
"""Tasks that a filtered search with a limit begins with; its rows may be anywhere, but the newest may be enough."""


def no_lookups(name: str) -> LookupFile:
    """For searches in no lake that could hold tables."""
    raise NotFoundError(f"no lookup table '{name}' in this lake")


def _over_data(compiled: CompiledQuery, state: State) -> CompiledQuery:
    """The query with the times that the lake holds, where it asks for them: the catalog knows them."""
    if not compiled.wants_data_range:
        return compiled
    found = state.snapshot.prune(compiled.indexes, compiled.scope.since_ns, compiled.scope.until_ns)
    if not found:
        return compiled
    return compiled.over_data(min(entry.min_time_ns for entry in found), max(entry.max_time_ns for entry in found))


class Search(Iterator[AnswerRow]):
    """One run of a query. Iterate it once; `cost` is complete at the end, `close` ends it early.

    `partial` True: a segment that cannot be read is listed in `cost.missing` instead of failing the search.
    `newest` gives the lake's newest state, and may wait for the store. It is called when the search over `state` has
    its first rows: they are let out if that is still the newest state, else the search begins again. So a search sees
    all that was committed before it, and does not wait for a round of its own to learn that there is nothing new.
    `on_end` is told once how the search ended: "done", "stopped", or "failed" and why. It must not raise.
    """

    def __init__(
        self,
        compiled: CompiledQuery,
        state: State,
        executor: Executor,
        readers: ReaderCache,
        *,
        partial: bool = False,
        newest: Callable[[], State] | None = None,
        lookups: Callable[[str], LookupFile] = no_lookups,
        on_end: Callable[[Search, str, str], None] | None = None,
    ) -> None:
        compiled = self.compiled = _over_data(compiled, state)
        self.cost = SearchCost()
        self._started = time.perf_counter()
        self._executor = executor
        self._readers = readers
        self._partial = partial
        self._newest = newest
        self._lookups = lookups
        self._on_end = on_end
        self._plan = compiled.plan_bytes()
        with engine_errors():
            # An empty lake must refuse a wrong regular expression like any other.
            check_plan(self._plan)
        self._facts = msgspec.json.decode(self._plan, type=PlanFacts)
        self._newest_first = self._facts.newest_first
        self._is_closed = False
        self._is_stopped = False
        self._root: Root | None = None
        self._nested: list[Search] = []
        self._gives_lines = False
        self._lock = threading.RLock()
        self._begin(state)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AnswerRow:
        row = self._next()
        assert not isinstance(row, bytes), "either rows or lines"
        self.cost.rows += 1
        return row

    def lines(self) -> Iterator[bytes]:
        """The rows as JSON lines, some at a time; instead of iterating, from the start."""
        if not self.compiled.copies_events:
            for row in self:
                yield json_line(row)
            return
        self._gives_lines = True
        self._rows = self._run()
        while True:
            try:
                found = self._next()
            except StopIteration:
                return
            assert isinstance(found, bytes), "either rows or lines"
            yield found

    def _next(self) -> AnswerRow | bytes:
        with self._lock:
            if self._is_closed:
                raise StopIteration
            try:
                return self._first() if self._newest is not None else next(self._rows)
            except SessionClosed:
                raise StopIteration from None
            except StopIteration:
                self._end("done")
                raise
            except BaseException as error:
                self._end("failed", str(error)) if isinstance(error, LakebedError) else self._end()
                raise

    @property
    def notes(self) -> list[str]:
        """What a reader of the answer must know: where it is approximate, and the bound; complete with the last row."""
        return [] if self._root is None else list(self._root.context.notes)

    @property
    def segments(self) -> list[LeafTask]:
        """The segments that index and time left, in the order of the search, each once; `SEGMENTS_TOLD_MAX` at most."""
        firsts: dict[str, int] = {}
        for place, entry in enumerate(self._task_entries[:SEGMENTS_TOLD_MAX]):
            firsts.setdefault(entry.key, place)
        return [self._tasks[place] for place in firsts.values()]

    def subsearch(self, query: Query) -> Generator[Record, None, None]:
        """The rows of a nested query over the same state of the lake. Closing the iterator stops it."""
        compiled = compile_parsed(query, self.compiled.text, self.compiled.scope)
        if self.compiled.only_indexes is not None:
            compiled = compiled.restricted(self.compiled.only_indexes)
        search = Search(
            compiled, self._state, self._executor, self._readers, partial=self._partial, lookups=self._lookups
        )
        self._nested.append(search)
        try:
            for row in search:
                yield Record.of_answer(row, compiled.columns)
            if self._is_stopped:
                raise SessionClosed  # what the nested query gave may not be all
        finally:
            search.close()
            self.cost.include(search.cost)
            self._note(search.notes)

    def _note(self, notes: list[str]) -> None:
        if self._root is not None:
            for note in notes:
                self._root.context.notes.add(note)

    def lookup_table(self, name: str) -> LookupFile:
        """A lookup table of the lake."""
        return self._lookups(name)

    def close(self) -> None:
        """Stops what still runs; any thread may call it. The cost so far stays."""
        self.stop()
        with self._lock:
            self._rows.close()
            self._end()

    def stop(self) -> None:
        """Like `close`, but does not wait for a thread that is in the middle of asking for a row."""
        self._is_stopped = True
        for search in list(self._nested):
            search.stop()
        self._session.close()

    def _begin(self, state: State) -> None:
        self._state = state
        tasks = TaskList(state, self._prune(state))
        split = split_tasks(
            tasks,
            self._plan,
            self._readers,
            self._executor.parallelism,
            newest_first=self._newest_first,
            is_aggregate=self.compiled.is_aggregate,
        )
        self._task_entries, self._bounds = split.entries, split.bounds
        self._tasks = split.tasks
        self._session: Session = self._executor.start(split.tasks, self._plan, is_aggregate=self.compiled.is_aggregate)
        self._costs: dict[int, dict[str, int]] = {}
        self._opened: set[str] = set()
        self._rows = self._run()

    def _run(self) -> Generator[AnswerRow | bytes, None, None]:
        if self._gives_lines:
            return self._run_lines()
        return self._run_aggregate() if self.compiled.is_aggregate else self._run_rows()

    def _first(self) -> AnswerRow | bytes:
        """The first row, of the newest state."""
        newest, self._newest = self._newest, None
        assert newest is not None, "asked once"
        failed: LakebedError | None = None
        row: AnswerRow | bytes | None = None
        try:
            row = next(self._rows, None)
        except LakebedError as error:
            failed = error  # perhaps since a segment was merged away: the newest state decides
        state = newest()
        if state.snapshot.number != self._state.snapshot.number:
            self._session.close()
            self.cost = SearchCost()
            self._begin(state)
            return next(self._rows)
        if failed is not None:
            raise failed
        if row is None:
            raise StopIteration
        return row

    def _prune(self, state: State) -> list[SegmentEntry]:
        found = state.snapshot.prune(self.compiled.indexes, self._facts.since_ns, self._facts.until_ns)
        if self._facts.takes_nothing:
            found = []
        self.cost.segments_in_lake = state.snapshot.segment_count
        self.cost.segments_considered = len(found)
        return order_entries(found, newest_first=self._newest_first)

    def _merge(self) -> RowMerge:
        return RowMerge(
            self._session,
            self._bounds,
            parallelism=self._executor.parallelism,
            newest_first=self._newest_first,
            limit=self._facts.limit,
            on_error=self._on_error,
            on_part=self._on_part,
            at_first=1 if self._facts.takes_everything else ASKED_AT_FIRST,
            part_bytes=self._part_bytes() if self._facts.takes_everything else 0,
        )

    def _run_rows(self) -> Generator[AnswerRow, None, None]:
        root = self._root = self.compiled.root(self)
        for batch in self._merge().batches():
            for start in range(0, len(batch), ROWS_AT_ONCE):
                yield from root.push_rows(self._rows_of(batch[start : start + ROWS_AT_ONCE]))
                if root.is_done:
                    break
            if root.is_done:
                break
        self._session.close()
        yield from root.finish()

    def _run_lines(self) -> Generator[bytes, None, None]:
        for batch in self._merge().batches():
            for start in range(0, len(batch), ROWS_AT_ONCE):
                rows = batch[start : start + ROWS_AT_ONCE]
                self.cost.rows += len(rows)
                yield b"".join(
                    event_line(time_ns, url, record, text, self._task_entries[task].index)
                    for time_ns, url, record, text, task in rows
                )
        self._session.close()

    def _part_bytes(self) -> int:
        """About what a part of a task brings when every event passes."""
        sizes = [min(entry.raw_bytes, PART_BYTES) for entry in self._task_entries]
        return sum(sizes) // max(1, len(sizes))

    def _run_aggregate(self) -> Generator[AnswerRow, None, None]:
        root = self._root = self.compiled.root(self)
        with engine_errors():
            merged = merge_aggregates(
                self._session,
                len(self._task_entries),
                self._plan,
                parallelism=self._executor.parallelism,
                on_error=self._on_error,
                on_part=self._on_part,
            )
            if merged is None:
                merged = merge_partials(self._plan, [])
            table = table_of(self._plan, merged, self.compiled.groups_wanted)
        root.push_table(table)
        yield from root.finish()

    def _rows_of(self, batch: Sequence[MergedRow]) -> list[Row]:
        names = {task: self._task_entries[task].index for task in {row[4] for row in batch}}
        return [Row.from_json(time_ns, url, record, data, names[task]) for time_ns, url, record, data, task in batch]

    def _on_part(self, number: int, part: LeafPart) -> None:
        self.cost.add(part.cost, self._costs.get(number, {}))
        self._costs[number] = part.cost
        self._opened.add(self._task_entries[number].key)
        self.cost.segments_opened = len(self._opened)

    def _on_error(self, number: int, error: LakebedError) -> None:
        if not self._partial or not isinstance(error, StorageError | CorruptSegmentError):
            raise error
        self.cost.add_missing(self._task_entries[number].key, str(error))

    def _end(self, outcome: str = "stopped", error: str = "") -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._session.close()
        self.cost.milliseconds = (time.perf_counter() - self._started) * 1000
        if self._on_end is not None:
            self._on_end(self, outcome, error)

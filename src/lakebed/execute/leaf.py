"""What a worker runs: the leaf part of one plan over one segment, or over some of its row groups.

This module and what it imports is all that a worker loads (obstore, msgspec, the engine), so that a Lambda worker
starts in tens of milliseconds; a test holds it to that.

A run goes step by step. After each step the caller may take another run first: a run whose rows must wait for those of
another segment rests without holding a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from lakebed.errors import LakebedError
from lakebed.execute.deleted import without_deleted
from lakebed.execute.index_plan import plan_for_index
from lakebed.native import LeafSearch, SegmentReader, engine_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from lakebed.execute.budget import ByteBudget

FoundRow = tuple[int, str, int, bytes]
"""Event time in ns, object URL, record number, the row as JSON."""

ReadRanges = Callable[[str, Sequence[tuple[int, int]]], Sequence["Buffer"]]
"""`Store.get_ranges`, or something that answers like it."""

STEPS_MAX = 10_000_000
"""Rounds of reads that one run may take: an engine that asks for ever must not hang a search."""


class PlanFacts(msgspec.Struct, frozen=True):
    """What the caller of the engine must know of a plan; the engine reads the rest."""

    since_ns: int | None = None
    until_ns: int | None = None
    newest_first: bool = True
    limit: int | None = None
    aggregate: dict[str, object] | None = None
    filter: dict[str, object] = {}

    @property
    def takes_everything(self) -> bool:
        """Whether every event in the time range passes."""
        return self.filter == {"op": "all", "of": []}

    @property
    def takes_nothing(self) -> bool:
        """Whether no event can pass."""
        return self.filter == {"op": "any", "of": []}


class LeafTask(msgspec.Struct, frozen=True):
    """One piece of work. Holds all that a worker elsewhere needs, besides the plan and the store's URL."""

    key: str
    address: bytes
    dead: tuple[int, ...] = ()
    groups: tuple[int, int] | None = None
    index: str = ""
    """Name of the index that the segment is in."""
    deletions: tuple[bytes, ...] = ()
    """Conditions of deletions that are not carried out in the segment yet, as `Deletion.condition` gives them."""


class LeafPart(msgspec.Struct, frozen=True):
    """What a step found: rows in the plan's order, the run's cost so far; with the last one the aggregate."""

    rows: list[FoundRow] = []
    is_last: bool = False
    partial: bytes | None = None
    cost: dict[str, int] = {}


def leaf_search(task: LeafTask, plan: bytes, reader: SegmentReader) -> LeafSearch:
    """The engine's search of one task. Every look at a segment's events begins here: what is deleted is left out."""
    own = without_deleted(plan_for_index(plan, task.index), task.deletions)
    return LeafSearch(own, reader, dead_objects=list(task.dead), groups=task.groups)


class LeafRun:
    """One task on its way. Used by one thread at a time.

    `floor_ns` may be set by any thread: rows beyond it are no longer wanted.
    """

    def __init__(
        self,
        task: LeafTask,
        plan: bytes,
        read: ReadRanges,
        reader: SegmentReader,
        *,
        is_aggregate: bool,
        is_cancelled: Callable[[], bool] = lambda: False,
        budget: ByteBudget | None = None,
    ) -> None:
        self._task = task
        self._read = read
        self._is_aggregate = is_aggregate
        self._is_cancelled = is_cancelled
        self._budget = budget
        self._narrowed: int | None = None
        self.floor_ns: int | None = None
        with engine_errors(task.key):
            self._search = leaf_search(task, plan, reader)

    def step(self) -> LeafPart:
        """Reads on until there are rows to hand over, or nothing is left to read.

        Raises `StorageError`, `CorruptSegmentError`, `LimitError`, `UsageError` (a plan that the engine refuses).
        """
        search, key = self._search, self._task.key
        rows: list[FoundRow] = []
        with engine_errors(key):
            for _ in range(STEPS_MAX):
                if self.floor_ns is not None and self.floor_ns != self._narrowed:
                    self._narrowed = self.floor_ns
                    search.narrow(self._narrowed)
                needs = search.needs()
                if not needs or self._is_cancelled():
                    rows += search.take_rows()
                    return LeafPart(rows, True, self._partial(bool(needs)), search.cost())
                self._read_and_feed(needs)
                rows += search.take_rows()
                if rows:
                    return LeafPart(rows, cost=search.cost())
        raise LakebedError(f"segment '{key}': the engine asked for more than {STEPS_MAX} rounds of reads")

    def _read_and_feed(self, needs: Sequence[tuple[int, int]]) -> None:
        if self._budget is None:
            self._search.feed(self._read(self._task.key, needs))
            return
        size = sum(length for _, length in needs)
        self._budget.take(size)
        try:
            self._search.feed(self._read(self._task.key, needs))
        finally:
            self._budget.give_back(size)

    def _partial(self, is_cancelled: bool) -> bytes | None:
        return self._search.partial() if self._is_aggregate and not is_cancelled else None


def run_to_the_end(run: LeafRun) -> Iterator[LeafPart]:
    """All parts of a run."""
    for _ in range(STEPS_MAX):
        part = run.step()
        yield part
        if part.is_last:
            return

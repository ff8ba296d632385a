"""Rows of many segments in one order, and aggregates of many segments in one.

Every task has a bound: no row that it still has to give is newer (older, when oldest come first). What is beyond the
highest bound of all unfinished tasks can be handed on. Tasks are asked in the order of their bounds, since those hold
up the rest. With a limit few are asked at first (`at_first`), and twice as many at each turn: the newest rows mostly
are in the newest segment, and the next ones must not be read in vain.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import LakebedError
from lakebed.execute.leaf import FoundRow, LeafPart
from lakebed.native import merge_partials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakebed.execute.executor import Session

ROW_BYTES = 500
"""What a row takes beside its JSON: a tuple, numbers, the URL."""

PARTIALS_AT_ONCE = 16
"""Aggregates merged in one call of the engine."""

ASKED_AHEAD = 2
"""Tasks of an aggregate asked for, for each that can run: the next is there when one ends, without a word from here."""

MergedRow = tuple[int, str, int, bytes, int]
"""Event time in ns, object URL, record number, the row as JSON, the number of the task that found it."""

OnError = Callable[[int, LakebedError], None]
"""Called with a task's number when it fails: raises, or notes what is missing."""

OnPart = Callable[[int, LeafPart], None]
"""Called with a task's number and each part that it gave."""


class RowMerge:
    """Rows of all tasks in order: time, object, record. `bounds` are the tasks' newest (oldest) possible times.

    `part_bytes` is a guess of what one part brings; what parts really bring corrects it. Where parts are large, few are
    asked for at once, on any number of cores: rows that wait take memory and make nobody's answer come sooner.
    """

    def __init__(
        self,
        session: Session,
        bounds: Sequence[int],
        *,
        parallelism: int,
        newest_first: bool,
        limit: int | None,
        on_error: OnError,
        on_part: OnPart,
        at_first: int = 1,
        part_bytes: int = 0,
    ) -> None:
        self._session = session
        self._parallelism = parallelism
        self._newest_first = newest_first
        self._sign = -1 if newest_first else 1
        self._limit = limit
        self._on_error = on_error
        self._on_part = on_part
        self._bounds = list(bounds)
        self._waiting = [(self._sign * bound, number) for number, bound in enumerate(bounds)]
        heapq.heapify(self._waiting)
        self._asked: set[int] = set()
        self._rows = _WaitingRows(self._sign)
        self._best: list[int] = []
        self._given = 0
        self._floor: int | None = None
        self._window = min(at_first, parallelism) if limit is not None else parallelism
        self._part_bytes = part_bytes

    def batches(self) -> Iterator[list[MergedRow]]:
        """Batches of rows, each in order and after the one before. Ends when all rows came, or the limit is reached."""
        while self._waiting or self._asked:
            self._ask()
            if not self._asked:
                break
            number, part = self._session.next()
            self._asked.discard(number)
            self._window = min(2 * self._window, self._parallelism)
            if isinstance(part, LakebedError):
                self._on_error(number, part)
            else:
                self._take(number, part)
            ready = self._ready()
            if ready:
                yield ready
            if self._limit is not None and self._given >= self._limit:
                return
        rest = self._ready()
        if rest:
            yield rest

    def _take(self, number: int, part: LeafPart) -> None:
        size_bytes = self._rows.add(number, part.rows)
        self._part_bytes = (self._part_bytes + size_bytes) // 2
        if part.rows:
            self._bounds[number] = part.rows[-1][0]
        self._on_part(number, part)
        if not part.is_last:
            heapq.heappush(self._waiting, (self._sign * self._bounds[number], number))
        if part.rows and self._limit is not None:
            self._raise_floor(part.rows, self._limit)

    def _ask(self) -> None:
        """Asks the tasks that hold up the rest; more than those only while little waits."""
        while self._waiting and len(self._asked) < self._window:
            key, number = self._waiting[0]
            if self._floor is not None and key > self._sign * self._floor:
                self._waiting.clear()  # all others are beyond the floor too
                return
            coming = len(self._asked) * self._part_bytes
            if self._asked and self._rows.size_bytes + coming > config.WAITING_ROWS_BYTES:
                return
            heapq.heappop(self._waiting)
            self._asked.add(number)
            self._session.advance(number)

    def _ready(self) -> list[MergedRow]:
        """Takes the rows that no unfinished task can come before."""
        open_bounds = [self._sign * self._bounds[number] for number in self._asked]
        if self._waiting:
            open_bounds.append(self._waiting[0][0])
        ready = self._rows.take(min(open_bounds, default=None))
        ready.sort(reverse=self._newest_first)
        if self._limit is not None:
            ready = ready[: self._limit - self._given]
        self._given += len(ready)
        return ready

    def _raise_floor(self, rows: Sequence[FoundRow], limit: int) -> None:
        """With a limit of n, nothing beyond the n-th best time so far is wanted."""
        for row in rows:
            key = -self._sign * row[0]
            if len(self._best) < limit:
                heapq.heappush(self._best, key)
            elif key > self._best[0]:
                heapq.heapreplace(self._best, key)
        floor = -self._sign * self._best[0]
        if len(self._best) == limit and floor != self._floor:
            self._floor = floor
            self._session.narrow(floor)


class _WaitingRows:
    """Rows of each task in their order, and the tasks by the first row that waits. Keys are times with the sign."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._by_task: dict[int, list[MergedRow]] = {}
        self._heads: list[tuple[int, int]] = []
        self.size_bytes = 0

    def add(self, number: int, rows: Sequence[FoundRow]) -> int:
        """More rows of a task, behind those that wait. Returns their size."""
        more = [(*row, number) for row in rows]
        size_bytes = size_of(more)
        self.size_bytes += size_bytes
        known = self._by_task.get(number)
        if known is not None:
            known += more
        elif more:
            self._by_task[number] = more
            heapq.heappush(self._heads, (self._sign * more[0][0], number))
        return size_bytes

    def take(self, bound: int | None) -> list[MergedRow]:
        """Removes and gives the rows before the bound, in any order; None is all."""
        taken: list[MergedRow] = []
        while self._heads and (bound is None or self._heads[0][0] < bound):
            _, number = heapq.heappop(self._heads)
            rows = self._by_task.pop(number)
            cut = len(rows)
            if bound is not None:
                cut = bisect.bisect_left(rows, bound, key=lambda row: self._sign * row[0])
            taken += rows[:cut]
            if cut < len(rows):
                self._by_task[number] = rows[cut:]
                heapq.heappush(self._heads, (self._sign * rows[cut][0], number))
        self.size_bytes -= size_of(taken)
        return taken


def size_of(rows: Sequence[MergedRow]) -> int:
    """About what rows take in memory: their JSON, and Python's objects around it."""
    return sum(len(row[3]) for row in rows) + ROW_BYTES * len(rows)


def merge_aggregates(
    session: Session,
    task_count: int,
    plan: bytes,
    *,
    parallelism: int,
    on_error: OnError,
    on_part: OnPart,
) -> bytes | None:
    """The aggregate of all tasks; None when there was none."""
    partials: list[bytes] = []
    asked = 0
    running = 0
    while running or asked < task_count:
        while asked < task_count and running < parallelism * ASKED_AHEAD:
            session.advance(asked)
            asked += 1
            running += 1
        number, part = session.next()
        if isinstance(part, LakebedError):
            running -= 1
            on_error(number, part)
        else:
            on_part(number, part)
            if not part.is_last:
                session.advance(number)
                continue
            running -= 1
            if part.partial is not None:
                partials.append(part.partial)
        if len(partials) >= PARTIALS_AT_ONCE:
            partials = [merge_partials(plan, partials)]
    if not partials:
        return None
    return partials[0] if len(partials) == 1 else merge_partials(plan, partials)

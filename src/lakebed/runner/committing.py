"""Commits what workers have ready: all that waits goes into one commit, whichever sources and indexes it is of.

While one commit is under way the next one gathers, so that a slow store means larger commits, not a longer queue.
"""

from __future__ import annotations

import contextlib
import queue
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lakebed.catalog.changes import Changes
from lakebed.errors import LakebedError
from lakebed.runner import limits
from lakebed.runner.job import BACK, DONE

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.catalog.entries import NewSegment
    from lakebed.ingest.totals import ObjectReport
    from lakebed.runner.desk import Desk
    from lakebed.runner.health import Health
    from lakebed.runner.job import Job
    from lakebed.runner.reports import Reports

Done = tuple["Job", "ObjectReport"]


class Usage(Protocol):
    """Makes and writes the segment that tells of what a commit has indexed."""

    def __call__(self, done: Sequence[Done], now_ns: int) -> NewSegment | None:
        """The segment, written; None when there is nothing to tell. May raise `LakebedError`."""


@dataclass(frozen=True)
class _Waiting:
    changes: Changes
    done: Sequence[Done]


class Committer:
    """One thread runs it; any number put."""

    def __init__(
        self,
        catalog: Catalog,
        desk: Desk,
        health: Health,
        reports: Reports,
        *,
        usage: Usage | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._desk = desk
        self._health = health
        self._reports = reports
        self._usage = usage
        self._clock_ns = clock_ns
        self._monotonic = monotonic
        self._waiting: queue.Queue[_Waiting] = queue.Queue(limits.COMMITS_WAITING_MAX)
        self._kept: _Waiting | None = None

    def put(self, changes: Changes, done: Sequence[Done]) -> None:
        """Takes over: these jobs get their answer from here. Waits while too many do."""
        self._waiting.put(_Waiting(changes, done))

    def run(self, is_over: threading.Event) -> None:
        """Commits until `is_over`, and then what waits yet."""
        while True:
            group = self._next_group()
            if group:
                self._commit(group)
            elif is_over.is_set():
                return

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        objects = 0
        try:
            first, self._kept = self._kept or self._waiting.get(timeout=limits.RUNNER_TICK_S), None
            while True:
                objects += len(first.done)
                if group and objects > limits.COMMIT_OBJECTS_MAX:
                    self._kept = first
                    break
                group.append(first)
                first = self._waiting.get_nowait()
        except queue.Empty:
            pass
        return group

    def _commit(self, group: Sequence[_Waiting]) -> None:
        done = [one for waiting in group for one in waiting.done]
        began = self._monotonic()
        try:
            changes = self._together(group, done)
            outcome = self._catalog.commit(changes)
        except LakebedError as error:
            # It may have gone through although its answer says otherwise: then the objects are found to be there.
            self._health.failed("lake", str(error))
            self._desk.settle([(job, BACK) for job, _ in done])
            return
        except Exception as error:  # noqa: BLE001 - the thread that commits must not end
            self._health.failed("lake", f"unexpected: {type(error).__name__}")
            self._reports.event("commit_failed", error=repr(error)[:500])
            self._desk.settle([(job, BACK) for job, _ in done])
            return
        self._health.works("lake")
        self._desk.settle([(job, DONE) for job, _ in done])
        segments = len(outcome.commit.add) if outcome.commit else 0
        self._reports.indexed(done, commit_s=self._monotonic() - began, segments=segments, now_ns=self._clock_ns())

    def _together(self, group: Sequence[_Waiting], done: Sequence[Done]) -> Changes:
        add = [segment for waiting in group for segment in waiting.changes.add]
        sources = [record for waiting in group for record in waiting.changes.sources]
        seen: dict[bytes, bytes] = {}
        for waiting in group:
            seen.update(waiting.changes.seen)
        if self._usage is not None:
            with contextlib.suppress(LakebedError):  # what tells of the work must not stop it
                told = self._usage(done, self._clock_ns())
                add += [told] if told else []
        return Changes("index", add, sources, seen)

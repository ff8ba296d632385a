"""The runner: threads that discover, fetch, index, commit and acknowledge, and how they start and stop.

A stop has two steps. First nothing new is taken, and what is in hand is finished; near the deadline what is not
finished is handed back, so that another runner has it at once. A process that is killed instead hands nothing back: its
leases end, and all is done again; the catalog knows what was committed.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import LakebedError
from lakebed.ingest.discovery.sqs import open_queue
from lakebed.ingest.run import worker_count
from lakebed.runner import limits
from lakebed.runner.committing import Committer
from lakebed.runner.desk import Desk
from lakebed.runner.fetching import Fetcher
from lakebed.runner.gathering import Gatherer
from lakebed.runner.health import Health
from lakebed.runner.indexing import Indexer
from lakebed.runner.listing_road import ListingRoad
from lakebed.runner.queue_road import QueueRoad
from lakebed.runner.reports import NoReports
from lakebed.runner.table_road import TableRoad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.configuration import RunConfig
    from lakebed.ingest.discovery.sqs import Queue
    from lakebed.runner.committing import Usage
    from lakebed.runner.reports import Reports
    from lakebed.runner.source import Source
    from lakebed.state.state import State
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class Stopped:
    """How a stop ended."""

    handed_back: int
    """Objects that were in hand at the deadline, and were given back."""
    is_clean: bool
    """Whether all threads have ended; those that hang in a request end with the process."""


def owner_name() -> str:
    """A name for this process that no other has, and that tells people where it runs."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Runner:
    """Owns the threads. `start`, then `stop` from another thread or a signal's; not started twice.

    `extras` are functions that get a thread of their own, such as maintenance: each runs until the event is set.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        state: State,
        sources: Sequence[Source],
        run: RunConfig,
        *,
        reports: Reports | None = None,
        usage: Usage | None = None,
        extras: Sequence[Callable[[threading.Event], None]] = (),
        owner: str = "",
        queues: Callable[[str], Queue] = open_queue,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = owner or owner_name()
        self.reports: Reports = reports or NoReports()
        self.health = Health(self.reports, monotonic=monotonic)
        self.desk = Desk(len(sources), limits.FETCHERS)
        self._run = run
        self._catalog = catalog
        self._monotonic = monotonic
        self._extras = list(extras)
        self._is_stopping = threading.Event()
        self._must_stop = threading.Event()
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._tellers: list[threading.Thread] = []
        shared = (self.desk, self.health, self.reports)
        self._gatherer = Gatherer(wait_s=run.commit_seconds, batch_bytes=run.batch_bytes, monotonic=monotonic)
        self._committer = Committer(catalog, *shared, usage=usage, monotonic=monotonic)
        self._indexer = Indexer(store, catalog, self._gatherer, self._committer, *shared, self._must_stop)
        self._fetcher = Fetcher(catalog, *shared, fetched=self._gatherer.add, is_stopping=self._is_stopping)
        self._table = TableRoad(state, sources, *shared, owner=self.owner, tries=run.tries)
        self._listing = ListingRoad(
            state, catalog, sources, *shared[1:], owner=self.owner, offered=self.wake, clock=clock, monotonic=monotonic
        )
        told: dict[str, list[Source]] = {}
        for source in sources:
            if source.queue:
                told.setdefault(source.queue, []).append(source)
        self._queues = [
            QueueRoad(queues(url), state, of_queue, *shared, owner=self.owner, tries=run.tries, clock=clock)
            for url, of_queue in told.items()
        ]

    def add(self, extra: Callable[[threading.Event], None]) -> None:
        """One more function that runs beside the work; before `start`."""
        self._extras.append(extra)

    def start(self) -> None:
        """Starts all threads. Raises `LakebedError` when the lake cannot be written."""
        self._catalog.open_for_writing()
        self._thread("commit", self._committer.run, self._is_over)
        for number in range(self._run.workers or worker_count(self._run.memory_bytes)):
            self._thread(f"index-{number}", self._indexer.run, self._is_over)
        for number in range(limits.FETCHERS):
            self._thread(f"fetch-{number}", self._fetcher.run, self._is_over)
        self._tellers.append(self._thread("table", self._table.run, self._is_stopping, self._is_over))
        self._thread("keep", self._keep, self._is_over)
        for road in self._queues:
            self._tellers.append(self._thread("answers", road.run_answers, self._is_over))
            for number in range(limits.QUEUE_POLLERS):
                self._thread(f"queue-{number}", road.run, self._is_stopping)
        for number in range(limits.LISTERS):
            self._thread(f"list-{number}", self._listing.run, self._is_stopping)
        for number, extra in enumerate(self._extras):
            self._thread(f"extra-{number}", extra, self._is_stopping)

    def stop(self, seconds: float | None = None) -> Stopped:
        """Finishes or hands back all that is in hand within so many seconds (of the configuration: `stop_seconds`)."""
        whole = self._run.stop_seconds if seconds is None else seconds
        deadline = self._monotonic() + whole
        self._is_stopping.set()
        self._gatherer.hurry()
        self.desk.close()
        # A share of the time is for what must come after the work: ending it, handing back, telling the roads.
        self._wait_until_empty(deadline - min(limits.STOP_SHARE_S, whole / 2))
        self._must_stop.set()
        self._wait_until_empty(deadline - min(limits.STOP_SHARE_S / 2, whole / 4))
        left = self.desk.abandon()
        self._is_over.set()
        self._table.wake()
        # What hangs in a request must not take the time of those who tell what was handed back.
        for thread in self._tellers:
            thread.join(max(limits.LAST_ANSWERS_S, deadline - self._monotonic()))
        for thread in self._threads:
            thread.join(max(0.0, deadline - self._monotonic()))
        return Stopped(left, not any(thread.is_alive() for thread in [*self._threads, *self._tellers]))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in hand; more may wait in queues and tables."""
        return self.desk.open_count == 0

    def wake(self) -> None:
        """Something was offered to the table of work: look at once."""
        self._table.wake()

    def _wait_until_empty(self, until: float) -> None:
        while self.desk.open_count and self._monotonic() < until:
            self.desk.wait_for_room(min(limits.RUNNER_TICK_S, max(0.001, until - self._monotonic())))

    def _keep(self, is_over: threading.Event) -> None:
        """Prolongs leases and messages, and learns what other runners have committed."""
        while not is_over.wait(limits.KEEP_EVERY_S):
            for part, keep in [("state", self._table.keep), *((road.name, road.keep) for road in self._queues)]:
                try:
                    keep()
                except LakebedError as error:
                    self.health.failed(part, str(error))
            try:
                self._catalog.refresh()
            except LakebedError as error:
                self.health.failed("lake", str(error))

    def _thread(self, name: str, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(
            target=self._guard, args=(name, target, *arguments), name=f"lakebed-{name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()
        return thread

    def _guard(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        """A thread that ends by a defect is told, and begins anew after a while: the others depend on it."""
        while True:
            try:
                target(*arguments)
            except Exception as error:  # noqa: BLE001 - told, and gone on with
                self.reports.event("thread_failed", thread=name, error=repr(error)[:500])
                self.health.failed(f"thread {name}", f"unexpected: {type(error).__name__}")
                if self._is_stopping.wait(limits.PART_RETRY_S):
                    return
                continue
            return

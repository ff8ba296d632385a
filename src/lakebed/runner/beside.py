"""What runs beside the indexing in the same process: maintenance and polls of services, which stop with the runner."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import TYPE_CHECKING

from lakebed.errors import LakebedError
from lakebed.maintenance.round import Maintenance
from lakebed.pull.kinds import KINDS
from lakebed.pull.schedule import PullSource, PullWorker
from lakebed.runner import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.configuration import SourceConfig
    from lakebed.maintenance.report import Report
    from lakebed.maintenance.round import Policy
    from lakebed.pull.turn import Turn
    from lakebed.runner.reports import Reports
    from lakebed.state.state import State
    from lakebed.storage.store import Store


def pull_worker(
    sources: Sequence[SourceConfig],
    state: State,
    store: Store,
    reports: Reports,
    *,
    owner: str,
    stored: Callable[[], None],
) -> PullWorker | None:
    """Polls those sources that are services, and calls `stored` when there is something to index; None without any.

    Raises `UsageError` when the options of a source cannot work.
    """
    services = [PullSource(one.name, one.kind, one.options) for one in sources if one.kind in KINDS]
    if not services:
        return None
    failing: set[str] = set()

    def on_turn(name: str, turn: Turn) -> None:
        if name in failing:
            failing.discard(name)
            reports.recovered(f"service {name}")
        if turn.events:
            reports.event("pulled", source=name, events=turn.events, is_caught_up=turn.is_caught_up)
            stored()

    def on_error(name: str, error: LakebedError) -> None:
        if name not in failing:
            reports.trouble(f"service {name}", str(error))
        failing.add(name)

    return PullWorker(services, state, store, owner=owner, on_turn=on_turn, on_error=on_error)


class MaintenanceLoop:
    """Rounds of maintenance, one after the other; of several runners one works on an index at a time.

    `done` is told of each round, for metrics.
    """

    def __init__(
        self,
        policy: Policy,
        store: Store,
        catalog: Catalog,
        state: State,
        reports: Reports,
        *,
        done: Callable[[Report], None] = lambda _report: None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._maintenance = Maintenance(
            store, catalog, policy, rng=random.Random(), leases=state.leases, clock_ns=clock_ns
        )
        self._reports = reports
        self._done = done
        self._is_failing = False

    def run(self, is_stopping: threading.Event) -> None:
        """Until `is_stopping`, which also ends a round in the middle."""
        is_over = threading.Event()
        ender = threading.Thread(target=self._end, args=(is_stopping, is_over), name="lakebed-end-maintenance")
        ender.start()
        try:
            while not is_stopping.wait(limits.MAINTENANCE_EVERY_S):
                self._round()
        finally:
            is_over.set()
            ender.join()

    def _end(self, is_stopping: threading.Event, is_over: threading.Event) -> None:
        while not is_over.is_set():
            if is_stopping.wait(limits.RUNNER_TICK_S):
                self._maintenance.stop()
                return

    def _round(self) -> None:
        try:
            report = self._maintenance.round()
        except LakebedError as error:
            self._failed(str(error))
            return
        with contextlib.suppress(Exception):  # metrics must not stop the work
            self._done(report)
        if report.errors:
            self._failed(report.errors[0])
        elif self._is_failing:
            self._is_failing = False
            self._reports.recovered("maintenance")
        if not report.is_idle:
            self._reports.event(
                "maintained",
                merges=report.merges,
                segments_merged=report.segments_merged,
                rewrites=report.rewrites,
                deleted_events=report.deleted_events,
                expired=report.expired,
                raw_deleted=report.raw_deleted,
            )

    def _failed(self, reason: str) -> None:
        if not self._is_failing:
            self._reports.trouble("maintenance", reason)
        self._is_failing = True

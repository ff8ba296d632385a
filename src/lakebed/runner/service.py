"""Puts a runner together from a configuration: lake, catalog, state, sources, and what runs beside it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed.catalog.catalog import Catalog
from lakebed.configuration.upkeep import policy_of
from lakebed.errors import LakebedError, UsageError
from lakebed.runner import limits
from lakebed.runner.beside import MaintenanceLoop, pull_worker
from lakebed.runner.operating import operated
from lakebed.runner.reports import NoReports
from lakebed.runner.runner import Runner, owner_name
from lakebed.runner.source import sources_of
from lakebed.runner.usage_records import UsageRecords
from lakebed.state import open_state
from lakebed.state.requests import Requests
from lakebed.storage.counting import CountingStore
from lakebed.storage.open import open_store
from lakebed.telemetry.families import pull_metrics

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from lakebed.configuration import Configuration
    from lakebed.runner.reports import Reports
    from lakebed.state.state import State
    from lakebed.telemetry.metrics import Metrics

ALL_BYTES = "bytes"
"""Where the bytes of all operations are noted together: the store does not count them by operation."""


@contextlib.contextmanager
def open_runner(
    configuration: Configuration, reports: Reports | None = None, *, metrics: Metrics | None = None
) -> Iterator[Runner]:
    """A runner of all sources of a configuration; not started. Who starts it stops it too.

    With `metrics`, these and its health are served where the configuration says.

    Raises `UsageError` and `StateError`; the lake is not touched yet.
    """
    chosen = sources_of(configuration)
    if not chosen:
        raise UsageError(f"no sources in '{configuration.path}': there is nothing to run")
    store = CountingStore(open_store(configuration.lake))
    told = reports or NoReports()
    with open_state(configuration.state_url()) as state:
        owner = owner_name()
        counted = RequestLogger(store, state, told)
        catalog = Catalog(store)
        usage = UsageRecords(store) if configuration.usage.objects else None
        runner = Runner(store, catalog, state, chosen, configuration.run, reports=told, usage=usage, owner=owner)
        runner.add(counted.run)
        services = list(configuration.sources.values())
        pulled = pull_worker(services, state, store, told, owner=owner, stored=runner.wake)
        if pulled is not None:
            runner.add(pulled.run)
        done = metrics.maintained if metrics is not None else lambda _report: None
        runner.add(MaintenanceLoop(policy_of(configuration, store), store, catalog, state, told, done=done).run)
        with contextlib.ExitStack() as stack:
            if metrics is not None:
                stack.enter_context(operated(configuration.run.http, metrics, runner, store, catalog, state))
            if metrics is not None and pulled is not None:
                metrics.watch("pull", lambda: pull_metrics(pulled.status()))
            yield runner
        counted.log()


class RequestLogger:
    """Adds the requests that go through a store to the state, for what `lakebed status` says of costs."""

    def __init__(self, store: CountingStore, state: State, reports: Reports) -> None:
        self._store = store
        self._state = state
        self._reports = reports
        self._logged: dict[str, Requests] = {}

    def run(self, is_stopping: threading.Event) -> None:
        """Does it every minute until `is_stopping`."""
        while not is_stopping.wait(limits.REQUESTS_LOGGED_EVERY_S):
            self.log()

    def log(self) -> None:
        """Adds what was requested since the last time. What the state cannot take now is added the next time."""
        now = {name: Requests(count) for name, count in dict(self._store.counts.by_operation).items()}
        now[ALL_BYTES] = Requests(0, self._store.counts.bytes_read, self._store.counts.bytes_written)
        fresh = {name: _difference(one, self._logged.get(name, Requests())) for name, one in now.items()}
        try:
            self._state.requests.add(fresh)
        except LakebedError as error:
            self._reports.event("requests_not_logged", error=str(error))
            return
        self._logged = now


def _difference(now: Requests, before: Requests) -> Requests:
    return Requests(
        now.requests - before.requests,
        now.bytes_read - before.bytes_read,
        now.bytes_written - before.bytes_written,
    )

"""Puts a runner together from a configuration: lake, catalog, state, sources, and what runs beside it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.errors import LakebedError, UsageError
from lakebed.runner.maintaining import Maintainer
from lakebed.runner.operating import operated
from lakebed.runner.pulling import pull_worker
from lakebed.runner.reports import NoReports
from lakebed.runner.runner import Runner, owner_name
from lakebed.runner.source import sources_of
from lakebed.runner.usage_records import UsageRecords
from lakebed.state import open_state
from lakebed.state.requests import Requests
from lakebed.storage.counting import CountingStore
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from lakebed.configuration import Configuration
    from lakebed.runner.reports import Reports
    from lakebed.runner.source import Source
    from lakebed.state.state import State
    from lakebed.telemetry.metrics import Metrics


@contextlib.contextmanager
def open_runner(
    configuration: Configuration,
    reports: Reports | None = None,
    sources: Sequence[Source] | None = None,
    *,
    metrics: Metrics | None = None,
) -> Iterator[Runner]:
    """A runner of all sources of a configuration, or of these; not started. Who starts it stops it too.

    With `metrics`, these and its health are served where the configuration says.

    Raises `UsageError` and `StateError`; the lake is not touched yet.
    """
    chosen = sources_of(configuration) if sources is None else sources
    if not chosen:
        raise UsageError(f"no sources in '{configuration.path}': there is nothing to run")
    owner, told = owner_name(), reports or NoReports()
    store = CountingStore(open_store(configuration.lake))
    with open_state(configuration.state_url()) as state:
        counted = RequestLogger(store, state, told)
        catalog = Catalog(store)
        usage = UsageRecords(store) if configuration.usage.objects else None
        extras: list[Callable[[threading.Event], None]] = [counted.run]
        if sources is None:  # else it does one thing, a backfill
            extras.append(Maintainer(store, catalog, state, configuration.indexes, told).run)
            puller = pull_worker(configuration, state, store, told, owner=owner)
            extras += [puller.run] if puller else []
        runner = Runner(
            store, catalog, state, chosen, configuration.run, reports=told, usage=usage, extras=extras, owner=owner
        )
        with contextlib.ExitStack() as stack:
            if metrics is not None:
                stack.enter_context(operated(configuration.run.http, metrics, runner, store, catalog, state))
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
        while not is_stopping.wait(config.REQUESTS_LOGGED_EVERY_S):
            self.log()

    def log(self) -> None:
        """Adds what was requested since the last time. What the state cannot take now is added the next time."""
        now = {name: Requests(count) for name, count in dict(self._store.counts.by_operation).items()}
        now["bytes"] = Requests(0, self._store.counts.bytes_read, self._store.counts.bytes_written)
        fresh = {name: _difference(one, self._logged.get(name, Requests())) for name, one in now.items()}
        moved = fresh.pop("bytes")
        if fresh.get("get") and fresh["get"].requests:
            fresh["get"] = Requests(fresh["get"].requests, moved.bytes_read, 0)
        if fresh.get("put") and fresh["put"].requests:
            fresh["put"] = Requests(fresh["put"].requests, 0, moved.bytes_written)
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

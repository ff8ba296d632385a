"""Records of searches for the index `_usage`: gathered in memory, written as one segment every minute and at the end.

A search never waits for them and never fails for them. What cannot be written now is tried again the next minute; the
oldest are dropped when too many wait, and the next record that is written says how many.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.errors import LakebedError
from lakebed.ingest.usage import RunQuery, query_record, usage_segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.catalog.catalog import Catalog
    from lakebed.query.run import Search
    from lakebed.storage.store import Store

_LOG = logging.getLogger("lakebed.usage")


class UsageLog:
    """Any thread may add."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        *,
        every_s: float = config.QUERY_RECORDS_EVERY_S,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._every_s = every_s
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[dict[str, object]] = []
        self._dropped = 0
        self._timer: threading.Timer | None = None
        self._is_closed = False

    def ended(self, search: Search, outcome: str, error: str) -> None:
        """Notes a search that has ended, see `Search`; never raises."""
        scope, started_ns = search.compiled.scope, self._clock_ns() - int(search.cost.milliseconds * 1e6)
        text, indexes = search.compiled.text, search.compiled.indexes
        cost = replace(search.cost)
        self.add(RunQuery(text, indexes, scope.since_ns, scope.until_ns, started_ns, cost, outcome, error))

    def add(self, query: RunQuery) -> None:
        """Notes a search that has ended."""
        with self._lock:
            self._waiting.append(query_record(query))
            self._bound()
            self._set_timer()

    def write(self) -> None:
        """Writes and commits what waits. A failure is told to the log, and what waits is kept."""
        with self._writing:
            with self._lock:
                taken, self._waiting = self._waiting, []
                dropped, self._dropped = self._dropped, 0
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            if not taken:
                return
            if dropped:
                taken[0] = taken[0] | {"records_dropped_before": dropped}
            try:
                self._commit(taken)
            except Exception as error:  # noqa: BLE001 - whatever it is, searches go on
                # An error of another kind may quote anything.
                told = str(error) if isinstance(error, LakebedError) else type(error).__name__
                _LOG.warning("records of searches cannot be written: %s", told)
                with self._lock:
                    self._waiting = taken + self._waiting
                    self._dropped += dropped
                    self._bound()
                    self._set_timer()

    def close(self) -> None:
        """Writes what waits, once."""
        with self._lock:
            self._is_closed = True
        self.write()

    def _commit(self, events: list[dict[str, object]]) -> None:
        self._catalog.open_for_writing()
        segment = usage_segment(self._store, events, self._clock_ns())
        assert segment is not None, "there are events"
        self._catalog.commit(Changes("usage", [segment]))

    def _bound(self) -> None:
        more = len(self._waiting) - config.QUERY_RECORDS_WAITING_MAX
        if more > 0:
            del self._waiting[:more]
            self._dropped += more

    def _set_timer(self) -> None:
        if self._timer is not None or self._is_closed:
            return
        self._timer = threading.Timer(self._every_s, self.write)
        self._timer.daemon = True
        self._timer.start()

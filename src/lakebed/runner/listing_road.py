"""Lists the places of sources and offers what is new to the table of work. Of all runners one at a time lists a source.

This road brings no jobs itself: what it finds is claimed from the table by any runner.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.entries import source_version
from lakebed.errors import LakebedError, StateConflict
from lakebed.ingest.discovery.listing import Lister, load_ends
from lakebed.runner import limits
from lakebed.state import WorkObject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.runner.health import Health
    from lakebed.runner.reports import Reports
    from lakebed.runner.source import Source
    from lakebed.state.state import State
    from lakebed.storage.store import ObjectInfo


class _StoppedError(Exception):
    """The runner stops, or another has the lease now: the listing ends in the middle."""


@dataclass(eq=False)
class _Listed:
    source: Source
    lister: Lister
    due: float
    is_busy: bool = False


class ListingRoad:
    """Some threads run it; each source is listed by one at a time, within its own interval."""

    def __init__(
        self,
        state: State,
        catalog: Catalog,
        sources: Sequence[Source],
        health: Health,
        reports: Reports,
        *,
        owner: str,
        offered: Callable[[], None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._catalog = catalog
        self._health = health
        self._reports = reports
        self._owner = owner
        self._offered = offered
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        now = monotonic()
        self._listed = [_Listed(one, self._lister(one), now) for one in sources if one.list_every_s is not None]

    def run(self, is_stopping: threading.Event) -> None:
        """Lists whatever is due until `is_stopping`."""
        while not is_stopping.is_set():
            one = self._next_due()
            if one is None:
                is_stopping.wait(limits.RUNNER_TICK_S)
                continue
            try:
                self._list(one, is_stopping)
            finally:
                one.due = self._monotonic() + (one.source.list_every_s or 0.0)
                one.is_busy = False

    def _lister(self, source: Source) -> Lister:
        index = source.index.index

        def is_known(url: str, info: ObjectInfo) -> bool:
            version = source_version(info.size_bytes, info.modified_ns, info.etag)
            return self._catalog.known_version(index, url) == version

        return Lister(source.place, is_known, self._clock, source.since_ns, source.settle_s, source.takes)

    def _next_due(self) -> _Listed | None:
        now = self._monotonic()
        with self._lock:
            due = [one for one in self._listed if not one.is_busy and one.due <= now]
            if not due:
                return None
            found = min(due, key=lambda one: one.due)
            found.is_busy = True
            return found

    def _list(self, one: _Listed, is_stopping: threading.Event) -> None:
        part, lease = f"source {one.source.name}", f"listing {one.source.name}"
        if self._health.pause_s(part):
            return
        try:
            if not self._state.leases.acquire(lease, self._owner, limits.LISTING_LEASE_S):
                return
            try:
                self._list_now(one, lease, is_stopping)
            except BaseException:
                one.lister.forget()
                raise
            finally:
                self._state.leases.release(lease, self._owner)
        except (_StoppedError, StateConflict):
            return
        except LakebedError as error:
            self._health.failed(part, str(error))

    def _list_now(self, one: _Listed, lease: str, is_stopping: threading.Event) -> None:
        cursor = self._state.cursors.get(lease)
        ends = load_ends(cursor.value if cursor else None)
        # Another runner may have listed it a moment ago; half the interval, since their clocks and turns differ.
        if 0 <= self._clock() - ends.listed_s < (one.source.list_every_s or 0.0) / 2:
            return
        self._catalog.refresh()
        found: list[WorkObject] = []
        began = renewed = self._monotonic()
        count = 0
        for url, info in one.lister.new_objects(ends):
            found.append(_work_object(one.source.name, url, info, self._clock()))
            if self._monotonic() - renewed > limits.LISTING_LEASE_S / 4:
                renewed = self._renew(lease)
            if len(found) >= limits.OFFERED_TOGETHER:
                count += self._offer(found, lease, is_stopping)
            if is_stopping.is_set():
                raise _StoppedError
        count += self._offer(found, lease, is_stopping)
        self._state.cursors.put(lease, msgspec.json.encode(ends), cursor.version if cursor else 0)
        self._health.works(f"source {one.source.name}")
        if not count:
            return
        seconds = round(self._monotonic() - began, 3)
        self._reports.event("listed", source=one.source.name, objects=ends.objects, offered=count, seconds=seconds)

    def _offer(self, found: list[WorkObject], lease: str, is_stopping: threading.Event) -> int:
        """Offers and forgets them; waits while so many wait that the listing is far ahead of the work."""
        if not found:
            return 0
        source = found[0].source
        count = self._state.work.offer(found)
        found.clear()
        self._offered()
        while not is_stopping.is_set():
            waiting = self._state.work.counts().get(source)
            if waiting is None or waiting.waiting < limits.LISTED_AHEAD_MAX:
                return count
            is_stopping.wait(limits.LISTING_LEASE_S / 30)
            self._renew(lease)
        raise _StoppedError

    def _renew(self, lease: str) -> float:
        if not self._state.leases.acquire(lease, self._owner, limits.LISTING_LEASE_S):
            raise _StoppedError
        return self._monotonic()


def _work_object(source: str, url: str, info: ObjectInfo, now: float) -> WorkObject:
    return WorkObject(source, url, info.size_bytes, info.modified_ns, info.etag, "listing", now)

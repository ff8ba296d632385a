"""A backfill: offers what is there of a range of the past to the table of work, piece by piece, no faster than told.

The work itself is shared with all runners, which take backfilled objects only when no others wait. How far it came is
in the state, so that one that was killed goes on at its piece: what was offered of it is known there or in the lake.
"""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakebed.catalog.entries import source_version
from lakebed.errors import UsageError
from lakebed.ingest.discovery.range import Range, Survey, objects_of, survey
from lakebed.runner import limits
from lakebed.runner.rate_limit import RateLimit
from lakebed.state import BACKFILL_ROAD, WorkObject

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lakebed.catalog.catalog import Catalog
    from lakebed.ingest.discovery.range import Piece
    from lakebed.runner.source import Source
    from lakebed.state import Backfill
    from lakebed.state.state import State
    from lakebed.storage.store import ObjectInfo


@dataclass(frozen=True)
class Order:
    """What is asked for. The rates are those of this run, and no part of what a backfill is."""

    wanted: Range
    asked: tuple[str, str] = ("", "")
    """The times as they were written: `7d` is another range when a backfill goes on tomorrow."""
    newest_first: bool = False
    objects_per_s: float | None = None
    bytes_per_s: float | None = None

    @property
    def options(self) -> dict[str, object]:
        """What tells one backfill of a source from another."""
        wanted = self.wanted
        return {
            "asked": list(self.asked),
            "since": wanted.since.isoformat(),
            "until": wanted.until.isoformat(),
            "newest_first": self.newest_first,
        }

    def resumed(self, state: State, source: str) -> Order:
        """The order with the times of a backfill that was asked for in the same words and has not ended."""
        for known in state.backfills.list(source, has_outcome=False):
            told = known.options
            if (told.get("asked"), told.get("newest_first")) == (list(self.asked), self.newest_first):
                times = [datetime.datetime.fromisoformat(str(told[name])) for name in ("since", "until")]
                return replace(self, wanted=Range(*times))
        return self


@dataclass
class Progress:
    """How far it is. `offered` counts what was not in the lake, nor offered before."""

    survey: Survey
    done_objects: int = 0
    done_bytes: int = 0
    offered: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Offerer:
    """Runs one backfill. Only one process runs a backfill at a time, by a lease."""

    def __init__(
        self,
        state: State,
        catalog: Catalog,
        source: Source,
        order: Order,
        *,
        owner: str,
        is_stopping: threading.Event,
        told: Callable[[Progress], None] = lambda _progress: None,
        looked: Callable[[Survey], None] = lambda _survey: None,
        offered: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._catalog = catalog
        self._source = source
        self._order = order
        self._owner = owner
        self._is_stopping = is_stopping
        self._told = told
        self._looked = looked
        self._offered = offered
        self._clock = clock
        self._limit = RateLimit(order.objects_per_s, order.bytes_per_s, monotonic=monotonic)

    def survey(self) -> Survey:
        """What is there, and how much of it the lake has. Raises `StorageError`, `IngestError`, `LimitError`."""
        source = self._source
        self._catalog.refresh()
        return survey(source.place, source.takes, self._order.wanted, self._is_known, looked=self._looked)

    def run(self, found: Survey) -> tuple[Backfill, Progress]:
        """Offers all of it; where an earlier run of the same was stopped, it goes on. Stops early when told to.

        Raises `UsageError` when another process runs it.
        """
        backfill = self._begin()
        lease = f"backfill {backfill.id}"
        if not self._state.leases.acquire(lease, self._owner, limits.LISTING_LEASE_S):
            raise UsageError(f"backfill {backfill.id} of '{self._source.name}' is under way in another process")
        try:
            return self._run(backfill, lease, found)
        finally:
            self._state.leases.release(lease, self._owner)

    def _begin(self) -> Backfill:
        """The backfill of these options that has not ended, else a new one."""
        options = self._order.options
        for known in self._state.backfills.list(self._source.name, has_outcome=False):
            if known.options == options:
                return known
        return self._state.backfills.create(self._source.name, options)

    def _run(self, backfill: Backfill, lease: str, found: Survey) -> tuple[Backfill, Progress]:
        progress = Progress(found, offered=backfill.counts.get("offered", 0))
        for piece in found.ordered(newest_first=self._order.newest_first):
            if not self._is_behind(piece, backfill.after_key):
                amount = found.pieces[piece]
                progress.done_objects += amount.objects
                progress.done_bytes += amount.size_bytes
                continue
            if not self._offer_piece(piece, progress, lease):
                return backfill, progress
            counts = {"offered": progress.offered, "objects": progress.done_objects, "bytes": progress.done_bytes}
            backfill = self._state.backfills.advance(backfill.id, piece.label, counts, backfill.version)
            self._told(progress)
        return self._state.backfills.finish(backfill.id, expected_version=backfill.version), progress

    def _is_behind(self, piece: Piece, after: str) -> bool:
        """Whether a piece comes after the last one that was done."""
        if not after:
            return True
        return piece.label < after if self._order.newest_first else piece.label > after

    def _offer_piece(self, piece: Piece, progress: Progress, lease: str) -> bool:
        """False when it was stopped in the middle."""
        source, order = self._source, self._order
        found: list[ObjectInfo] = []
        for info in objects_of(source.place, source.takes, order.wanted, piece, newest_first=order.newest_first):
            progress.done_objects += 1
            progress.done_bytes += info.size_bytes
            if not self._is_known(info):
                found.append(info)
            if len(found) >= limits.BACKFILL_TOGETHER and not self._offer(found, progress, lease):
                return False
            if self._is_stopping.is_set():
                return False
        return self._offer(found, progress, lease)

    def _offer(self, found: list[ObjectInfo], progress: Progress, lease: str) -> bool:
        """Offers them and forgets them; waits for the rate, and while too many wait. False when it was stopped."""
        if not found:
            return True
        objects = [self._work_object(info) for info in found]
        progress.offered += self._state.work.offer(objects)
        self._offered()
        wait_s = self._limit.take(len(found), sum(info.size_bytes for info in found))
        found.clear()
        self._told(progress)
        while wait_s > 0 or self._is_far_ahead():
            part = min(wait_s, limits.LISTING_LEASE_S / 4) if wait_s > 0 else limits.CLAIM_EVERY_S
            if self._is_stopping.wait(part):
                return False
            wait_s -= part
            self._renew(lease)
        self._renew(lease)
        return True

    def _is_far_ahead(self) -> bool:
        waiting = self._state.work.counts().get(self._source.name)
        return waiting is not None and waiting.waiting >= limits.BACKFILL_AHEAD_MAX

    def _renew(self, lease: str) -> None:
        if not self._state.leases.acquire(lease, self._owner, limits.LISTING_LEASE_S):
            raise UsageError(f"{lease} of '{self._source.name}' was taken over by another process")

    def _is_known(self, info: ObjectInfo) -> bool:
        known = self._catalog.known_version(self._source.index.index, self._source.place.url_of(info.key))
        return known == source_version(info.size_bytes, info.modified_ns, info.etag)

    def _work_object(self, info: ObjectInfo) -> WorkObject:
        url = self._source.place.url_of(info.key)
        return WorkObject(
            self._source.name, url, info.size_bytes, info.modified_ns, info.etag, BACKFILL_ROAD, self._clock()
        )

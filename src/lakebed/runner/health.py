"""Which parts work, and how long to leave one alone that does not: each failure in a row doubles the wait."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.runner import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.runner.reports import Reports


@dataclass(frozen=True)
class Trouble:
    """What fails, why, since when (by the monotonic clock), and how often in a row."""

    reason: str
    since: float
    failures: int
    retry_at: float


class Health:
    """Thread-safe. Parts are `lake`, `state`, `source NAME`, `queue NAME`, `listing NAME`."""

    def __init__(self, reports: Reports, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reports = reports
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._troubles: dict[str, Trouble] = {}

    def failed(self, part: str, reason: str) -> None:
        """It failed again. Failures at the same time, by jobs that were under way, count as one."""
        now = self._monotonic()
        with self._lock:
            before = self._troubles.get(part)
            if before and now < before.retry_at:
                return
            failures = before.failures + 1 if before else 1
            wait = min(limits.PART_RETRY_S_MAX, limits.PART_RETRY_S * 2 ** (failures - 1))
            since = before.since if before else now
            self._troubles[part] = Trouble(reason, since, failures, now + wait)
        if before is None or before.reason != reason:
            self._reports.trouble(part, reason)

    def works(self, part: str) -> None:
        """It works (again)."""
        with self._lock:
            before = self._troubles.pop(part, None)
        if before is not None:
            self._reports.recovered(part)

    def pause_s(self, part: str) -> float:
        """How long it should be left alone; 0 when it works, or may be tried."""
        with self._lock:
            found = self._troubles.get(part)
        return max(0.0, found.retry_at - self._monotonic()) if found else 0.0

    @property
    def troubles(self) -> dict[str, Trouble]:
        """All that does not work."""
        with self._lock:
            return dict(self._troubles)

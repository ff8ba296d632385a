"""Gathers objects of one source to batches: by bytes, by number, and by how long the first has waited.

Waiting here costs nothing: no worker is held up, so that many quiet sources are as quick as one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.runner import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.runner.job import Job


@dataclass
class _Batch:
    began: float
    jobs: list[Job] = field(default_factory=list)
    size_bytes: int = 0


class Gatherer:
    """Thread-safe. `wait_s` is how long an object may wait for others, `batch_bytes` how much makes a batch."""

    def __init__(self, *, wait_s: float, batch_bytes: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wait_s = wait_s
        self._batch_bytes = batch_bytes
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._batches: dict[str, _Batch] = {}
        self._is_hurried = False

    def add(self, job: Job) -> None:
        """An object that is ready to be indexed."""
        with self._changed:
            batch = self._batches.setdefault(job.source.name, _Batch(self._monotonic()))
            batch.jobs.append(job)
            batch.size_bytes += job.size_bytes
            self._changed.notify()

    def hurry(self) -> None:
        """From now on nothing waits for others."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> list[Job] | None:
        """The batch that is due for the longest; None when none was in time."""
        with self._changed:
            found = self._due()
            if found is None:
                self._changed.wait(max(0.001, min(timeout_s, self._next_due_s())))
                found = self._due()
            return found

    def _due(self) -> list[Job] | None:
        now = self._monotonic()
        due = [(batch.began, name) for name, batch in self._batches.items() if self._is_due(batch, now)]
        if not due:
            return None
        return self._batches.pop(min(due)[1]).jobs

    def _is_due(self, batch: _Batch, now: float) -> bool:
        return (
            self._is_hurried
            or batch.size_bytes >= self._batch_bytes
            or len(batch.jobs) >= limits.BATCH_OBJECTS_MAX
            or now - batch.began >= self._wait_s
        )

    def _next_due_s(self) -> float:
        now = self._monotonic()
        return min((batch.began + self._wait_s - now for batch in self._batches.values()), default=self._wait_s)

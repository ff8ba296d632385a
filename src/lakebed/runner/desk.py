"""Where jobs are registered from the moment a road brings them until it has its answer; bounds how many there are."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from lakebed.runner import limits
from lakebed.runner.fair_queue import FairQueue
from lakebed.runner.job import BACK, Answer, Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Identity = tuple[str, str, bytes]
"""Source, address and version: of several jobs with the same, one is worked on."""


class Desk:
    """Thread-safe. A job that is submitted is settled exactly once, and so are those that follow it."""

    def __init__(self, sources: int, fetchers: int) -> None:
        self._limit = max(limits.JOBS_PER_SOURCE_MIN, limits.JOBS_MAX // max(1, sources))
        self._changed = threading.Condition()
        self._open: dict[int, Job] = {}
        self._by_identity: dict[Identity, Job] = {}
        self._counts: Counter[str] = Counter()
        self._bytes = 0
        self._is_closed = False
        self.to_fetch: FairQueue[Job] = FairQueue(at_once=fetchers if sources <= 1 else max(1, fetchers // 2))

    def room(self, source: str) -> int:
        """How many more jobs of this source may come."""
        with self._changed:
            return 0 if self._is_closed else self._limit - self._counts[source]

    def wait_for_room(self, timeout_s: float) -> None:
        """Waits until some job was settled."""
        with self._changed:
            self._changed.wait(timeout_s)

    def submit(self, jobs: Iterable[Job]) -> None:
        """Takes jobs; after `close` they are answered at once, as not tried."""
        refused: list[Job] = []
        for job in jobs:
            with self._changed:
                if self._is_closed:
                    refused.append(job)
                    continue
                self._counts[job.source.name] += 1
                identity = identity_of(job)
                first = self._by_identity.get(identity) if identity else None
                if first is not None:
                    first.followers.append(job)
                    continue
                self._open[id(job)] = job
                if identity:
                    self._by_identity[identity] = job
            self.to_fetch.put(job.source.name, job)
        for job in refused:
            job.road.answer(job, BACK)

    def settle(self, answers: Sequence[tuple[Job, Answer]]) -> list[Job]:
        """Answers jobs and those that follow them. One that was answered before is left alone."""
        settled: list[tuple[Job, Answer]] = []
        with self._changed:
            for job, answer in answers:
                if self._open.pop(id(job), None) is None:
                    continue
                self._forget(job, identity_of(job))
                for one in (job, *job.followers):
                    self._counts[one.source.name] -= 1
                    settled.append((one, answer))
                self._release(job)
            self._changed.notify_all()
        for job, answer in settled:
            job.road.answer(job, answer)
        return [job for job, _ in settled]

    def renamed(self, job: Job, before: Identity | None) -> None:
        """The job turned out to be of another version than its road thought."""
        with self._changed:
            self._forget(job, before)
            identity = identity_of(job)
            if identity:
                self._by_identity.setdefault(identity, job)

    def hold_bytes(self, job: Job, size: int, timeout_s: float) -> bool:
        """Waits until so many bytes may be fetched for the job, at most so long; whether they may."""
        with self._changed:
            if self._bytes + size > limits.FETCHED_BYTES_MAX and self._bytes > 0:
                self._changed.wait(timeout_s)
                if self._bytes + size > limits.FETCHED_BYTES_MAX and self._bytes > 0:
                    return False
            self._bytes += size
            job.held_bytes += size
            return True

    def release_bytes(self, job: Job) -> None:
        """The job's bytes are worked off."""
        with self._changed:
            self._release(job)
            self._changed.notify_all()

    def close(self) -> None:
        """No more jobs; those that nobody has begun are answered as not tried."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self.settle([(job, BACK) for job in self.to_fetch.clear()])

    def abandon(self) -> int:
        """Answers all that is open as not tried; how many that was."""
        with self._changed:
            left = list(self._open.values())
        return len(self.settle([(job, BACK) for job in left]))

    @property
    def open_count(self) -> int:
        """Jobs without an answer."""
        with self._changed:
            return sum(self._counts.values())

    @property
    def held_bytes(self) -> int:
        """Bytes that were fetched and not worked off."""
        with self._changed:
            return self._bytes

    def _forget(self, job: Job, identity: Identity | None) -> None:
        if identity and self._by_identity.get(identity) is job:
            del self._by_identity[identity]

    def _release(self, job: Job) -> None:
        self._bytes -= job.held_bytes
        job.held_bytes = 0
        job.data = None


def identity_of(job: Job) -> Identity | None:
    """None while nobody has looked at the object."""
    version = job.version
    return None if version is None else (job.source.name, job.key, version)

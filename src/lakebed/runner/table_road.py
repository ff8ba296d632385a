"""The road from the table of work: what listings, receivers and connectors have offered, shared among all runners."""

from __future__ import annotations

import collections
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import LakebedError
from lakebed.runner import limits
from lakebed.runner.job import Answer, Job, Kind
from lakebed.storage.store import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.runner.desk import Desk
    from lakebed.runner.health import Health
    from lakebed.runner.reports import Reports
    from lakebed.runner.source import Source
    from lakebed.state import Claimed
    from lakebed.state.state import State


@dataclass(frozen=True)
class _Ticket:
    id: int
    attempts: int


class TableRoad:
    """Claims objects, and tells the table what became of them. One thread runs it, another keeps its leases."""

    name = "table"

    def __init__(
        self,
        state: State,
        sources: Sequence[Source],
        desk: Desk,
        health: Health,
        reports: Reports,
        *,
        owner: str,
        tries: int,
    ) -> None:
        self._state = state
        self._sources = list(sources)
        self._desk = desk
        self._health = health
        self._reports = reports
        self._owner = owner
        self._tries = tries
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._answers: collections.deque[tuple[Job, Answer]] = collections.deque()
        self._wake = threading.Event()

    def wake(self) -> None:
        """Something was offered: look at once."""
        self._wake.set()

    def run(self, is_stopping: threading.Event, is_over: threading.Event) -> None:
        """Claims until `is_stopping`, and passes answers on until `is_over`, and those that come before it."""
        while not is_over.is_set():
            found = 0
            try:
                self.pass_answers()
                if not is_stopping.is_set():
                    found = sum(self._claim(source) for source in self._sources)
                self._health.works("state")
            except LakebedError as error:
                self._health.failed("state", str(error))
            if not found:
                wait_s = self._health.pause_s("state") or limits.CLAIM_EVERY_S
                self._wake.wait(min(wait_s, limits.CLAIM_EVERY_S))
                self._wake.clear()
        self._pass_last_answers()

    def keep(self) -> None:
        """Prolongs the leases of all that has no answer yet. Raises `LakebedError`."""
        with self._lock:
            ids = sorted(self._open)
        if ids:
            self._state.work.extend(ids, self._owner, limits.CLAIM_LEASE_S)

    def answer(self, job: Job, answer: Answer) -> None:
        """See `Road.answer`."""
        self._answers.append((job, answer))
        if len(self._answers) >= limits.ANSWERS_TOGETHER:
            self._wake.set()

    def pass_answers(self) -> None:
        """Tells the table what is known so far. Raises `LakebedError`; what was not told is told the next time."""
        taken: list[tuple[Job, Answer]] = []
        while self._answers:
            taken.append(self._answers.popleft())
        try:
            self._tell(taken)
        except LakebedError:
            self._answers.extendleft(reversed(taken))
            raise

    def _tell(self, taken: Sequence[tuple[Job, Answer]]) -> None:
        """May be repeated: whom the table has forgotten is left alone."""
        ids: dict[Kind, list[int]] = {kind: [] for kind in Kind}
        for job, answer in taken:
            ids[answer.kind].append(_ticket(job).id)
        self._state.work.done(ids[Kind.DONE], self._owner)
        self._state.work.hand_back(ids[Kind.BACK], self._owner)
        for job, answer in taken:
            if answer.kind in {Kind.UNREADABLE, Kind.UNREACHABLE}:
                self._tell_failure(job, answer)
        with self._lock:
            self._open.difference_update(_ticket(job).id for job, _ in taken)

    def _tell_failure(self, job: Job, answer: Answer) -> None:
        ticket = _ticket(job)
        tries = self._tries if answer.kind is Kind.UNREADABLE else max(self._tries, limits.UNREACHABLE_TRIES)
        retry_in_s = min(limits.OBJECT_RETRY_S * 2 ** (ticket.attempts - 1), limits.OBJECT_RETRY_S_MAX)
        if self._state.work.failed(ticket.id, self._owner, answer.reason, tries=tries, retry_in_s=retry_in_s):
            self._reports.set_aside(job.source.name, job.url, answer.reason)

    def _claim(self, source: Source) -> int:
        room = self._desk.room(source.name)
        if room <= 0 or self._health.pause_s(f"source {source.name}"):
            return 0
        count = min(room, limits.CLAIM_OBJECTS)
        claimed = self._state.work.claim(self._owner, count=count, lease_s=limits.CLAIM_LEASE_S, source=source.name)
        with self._lock:
            self._open.update(one.id for one in claimed)
        jobs = [self._job(source, one) for one in claimed]
        self._desk.submit(job for job in jobs if job is not None)
        return len(claimed)

    def _job(self, source: Source, claimed: Claimed) -> Job | None:
        told, ticket = claimed.object, _Ticket(claimed.id, claimed.attempts)
        key = source.key_of(told.url)
        if key is None:
            # The configuration has changed since; what is set aside can be seen, and tried again when it changes back.
            reason = "it does not belong to the source any more, as the configuration is now"
            self._state.work.failed(claimed.id, self._owner, reason, tries=1, retry_in_s=0)
            self._reports.set_aside(source.name, told.url, reason)
            with self._lock:
                self._open.discard(claimed.id)
            return None
        info = ObjectInfo(key, told.size_bytes, told.modified_ns, told.etag) if told.etag else None
        return Job(source, key, info, self, ticket)

    def _pass_last_answers(self) -> None:
        for _ in range(limits.LAST_ANSWERS_TRIES):
            try:
                self.pass_answers()
            except LakebedError as error:
                self._reports.event("answers_lost", error=str(error), objects=len(self._answers))
                continue
            return


def _ticket(job: Job) -> _Ticket:
    assert isinstance(job.ticket, _Ticket), "a job comes back to the road that brought it"
    return job.ticket

"""The road from a queue of notifications: messages become jobs; a message is deleted when all of its objects are done.

The queue itself shares the work among runners, so nothing is written to the state for an object that is well. One that
cannot be read goes to the table of work, which counts its tries and sets it aside; then its message is deleted. One
whose store fails stays in the queue for a while, since an outage must not fill the table.
"""

from __future__ import annotations

import collections
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.errors import LakebedError
from lakebed.ingest.discovery import limits as discovery_limits
from lakebed.ingest.discovery.notification import RefusedNotificationError, read_notification
from lakebed.runner import limits as runner_limits
from lakebed.runner.job import Answer, Job, Kind
from lakebed.state import WorkObject
from lakebed.storage.store import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.ingest.discovery.notification import NoticedObject
    from lakebed.ingest.discovery.sqs import Message, Queue
    from lakebed.runner.desk import Desk
    from lakebed.runner.health import Health
    from lakebed.runner.reports import Reports
    from lakebed.runner.source import Source
    from lakebed.state.state import State

MESSAGES = "messages of "
"""Before a source's name in the table of work: messages that could not be read, set aside at once."""


@dataclass(eq=False)
class _Open:
    """A message some of whose objects have no answer yet."""

    message: Message
    left: int
    retry_in_s: float | None = None
    """When it is to come again; None: it is done with."""
    to_table: list[tuple[Job, str]] = field(default_factory=list)


class QueueRoad:
    """One queue, which may tell several sources. Some threads run it, another keeps its messages."""

    def __init__(
        self,
        queue: Queue,
        state: State,
        sources: Sequence[Source],
        desk: Desk,
        health: Health,
        reports: Reports,
        *,
        owner: str,
        tries: int,
        clock: Callable[[], float],
    ) -> None:
        self.name = f"queue {queue.url.rpartition('/')[2]}"
        self._queue = queue
        self._state = state
        self._sources = list(sources)
        self._desk = desk
        self._health = health
        self._reports = reports
        self._owner = owner
        self._tries = tries
        self._clock = clock
        self._lock = threading.Lock()
        self._open: set[_Open] = set()
        self._ended: collections.deque[_Open] = collections.deque()

    def run(self, is_stopping: threading.Event) -> None:
        """Receives until `is_stopping`."""
        while not is_stopping.is_set():
            if not self._has_room():
                self._desk.wait_for_room(runner_limits.RUNNER_TICK_S)
                continue
            pause_s = self._pause_s()
            if pause_s:
                is_stopping.wait(min(pause_s, runner_limits.PART_RETRY_S_MAX))
                continue
            try:
                messages = self._queue.receive()
                self._health.works(self.name)
            except LakebedError as error:
                self._health.failed(self.name, str(error))
                continue
            for message in messages:
                self._take_safely(message)

    def run_answers(self, is_over: threading.Event) -> None:
        """Deletes, hands back and passes on what has its answers, until `is_over`, and what is left then."""
        while not is_over.wait(runner_limits.ANSWER_EVERY_S):
            self._pass_answers()
        for _ in range(runner_limits.LAST_ANSWERS_TRIES):
            if not self._pass_answers():
                return

    def keep(self) -> None:
        """Keeps all messages that have no answer yet from others. Raises `LakebedError`."""
        with self._lock:
            messages = [one.message for one in self._open]
        self._queue.keep(messages, discovery_limits.SQS_VISIBILITY_S)

    def answer(self, job: Job, answer: Answer) -> None:
        """See `Road.answer`."""
        opened = job.ticket
        assert isinstance(opened, _Open), "a job comes back to the road that brought it"
        with self._lock:
            self._note(opened, job, answer)
            opened.left -= 1
            if opened.left:
                return
            self._open.discard(opened)
        self._ended.append(opened)

    def _note(self, opened: _Open, job: Job, answer: Answer) -> None:
        if answer.kind is Kind.BACK:
            opened.retry_in_s = opened.retry_in_s or 0.0
        elif answer.kind is Kind.UNREADABLE or (
            answer.kind is Kind.UNREACHABLE and opened.message.receives >= self._tries
        ):
            opened.to_table.append((job, answer.reason))
        elif answer.kind is Kind.UNREACHABLE:
            wait_s = runner_limits.OBJECT_RETRY_S * 2 ** (opened.message.receives - 1)
            opened.retry_in_s = max(opened.retry_in_s or 0.0, min(wait_s, runner_limits.OBJECT_RETRY_S_MAX))

    def _has_room(self) -> bool:
        return all(self._desk.room(source.name) > 0 for source in self._sources)

    def _pause_s(self) -> float:
        """While all of its sources fail, a queue is left alone too."""
        sources = min(self._health.pause_s(f"source {source.name}") for source in self._sources)
        return max(self._health.pause_s(self.name), sources)

    def _take_safely(self, message: Message) -> None:
        """A message that cannot be taken comes again when its time is over."""
        try:
            self._take(message)
        except LakebedError as error:
            self._health.failed(self.name, str(error))

    def _take(self, message: Message) -> None:
        try:
            noticed = read_notification(message.body)
        except RefusedNotificationError as error:
            self._refuse(message, str(error))
            return
        opened = _Open(message, 0)
        jobs = [
            Job(source, one.key, _info(one), self, opened)
            for one in noticed.objects
            for source in self._sources
            if source.place.bucket == one.bucket and source.takes(one.key)
        ]
        if not jobs:
            if noticed.objects:
                self._reports.event("foreign_objects", queue=self.name, key=noticed.objects[0].key)
            self._ended.append(opened)
            return
        if message.receives > self._tries + discovery_limits.RECEIVES_SPARE:
            reason = f"its message came {message.receives} times, and nobody said what became of it"
            opened.to_table = [(job, reason) for job in jobs]
            self._ended.append(opened)
            return
        opened.left = len(jobs)
        with self._lock:
            self._open.add(opened)
        self._desk.submit(jobs)

    def _refuse(self, message: Message, reason: str) -> None:
        """Sets the message itself aside, for people to see, and deletes it."""
        source = f"{MESSAGES}{self._sources[0].name}"
        url = f"{self._queue.url}#{message.id}"
        self._state.work.offer([WorkObject(source, url, 0, 0, None, "queue", self._clock())])
        for claimed in self._state.work.claim(
            self._owner, count=runner_limits.CLAIM_OBJECTS, lease_s=runner_limits.CLAIM_LEASE_S, source=source
        ):
            why = reason if claimed.object.url == url else "a message cannot be read again"
            self._state.work.failed(claimed.id, self._owner, why, tries=1, retry_in_s=0)
        self._reports.set_aside(source, url, reason)
        self._queue.delete([message])

    def _pass_answers(self) -> bool:
        """Whether something is left to be told."""
        ended: list[_Open] = []
        while self._ended:
            ended.append(self._ended.popleft())
        if not ended:
            return False
        try:
            self._tell(ended)
        except LakebedError as error:
            self._ended.extendleft(reversed(ended))
            self._health.failed(self.name, str(error))
            return True
        return False

    def _tell(self, ended: Sequence[_Open]) -> None:
        """May be repeated: a message that is gone is no error, and an offer is made once for each version."""
        moved = [job for one in ended for job, _ in one.to_table]
        self._state.work.offer([self._work_object(job) for job in moved])
        self._queue.delete([one.message for one in ended if one.retry_in_s is None])
        later: dict[float, list[Message]] = {}
        for one in ended:
            if one.retry_in_s is not None:
                later.setdefault(one.retry_in_s, []).append(one.message)
        for seconds, messages in later.items():
            self._queue.keep(messages, seconds)

    def _work_object(self, job: Job) -> WorkObject:
        info = job.info or ObjectInfo(job.key, 0, 0, None)
        found_s = self._clock()
        return WorkObject(job.source.name, job.url, info.size_bytes, info.modified_ns, info.etag, "queue", found_s)


def _info(noticed: NoticedObject) -> ObjectInfo | None:
    if noticed.size_bytes is None or noticed.etag is None or noticed.time_ns is None:
        return None
    return ObjectInfo(noticed.key, noticed.size_bytes, noticed.time_ns, noticed.etag)

"""Indexes batches: each by a worker of its own, so that nothing of one batch can hurt the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import ChangedError, LakebedError, NotFoundError, StorageError
from lakebed.ingest.discover import SourceObject
from lakebed.ingest.totals import Counter
from lakebed.ingest.worker import IndexWorker, Ready, Stopped
from lakebed.runner import limits
from lakebed.runner.job import BACK, DONE, Answer, Kind
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.catalog.catalog import Catalog
    from lakebed.runner.committing import Committer
    from lakebed.runner.desk import Desk
    from lakebed.runner.gathering import Gatherer
    from lakebed.runner.health import Health
    from lakebed.runner.job import Job
    from lakebed.runner.reports import Reports
    from lakebed.storage.store import ObjectInfo, Store


class _Fetched(StoreWrapper):
    """An object that was fetched, as a worker reads it."""

    def __init__(self, inner: Store, data: bytes) -> None:
        super().__init__(inner)
        self._data = data

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`."""
        for start in range(0, len(self._data), chunk_bytes):
            yield self._data[start : start + chunk_bytes]


@dataclass(frozen=True)
class Indexer:
    """Takes batches and hands what is ready to the committer. Any number of threads run it.

    `must_stop` ends work in the middle of an object: a stop has no time left.
    """

    store: Store
    catalog: Catalog
    gatherer: Gatherer
    committer: Committer
    desk: Desk
    health: Health
    reports: Reports
    must_stop: threading.Event

    def run(self, is_over: threading.Event) -> None:
        """Indexes batches until `is_over`."""
        while not is_over.is_set():
            jobs = self.gatherer.take(limits.RUNNER_TICK_S)
            if jobs is None:
                continue
            pause_s = self.health.pause_s("lake")
            if pause_s and is_over.wait(min(pause_s, limits.PART_RETRY_S_MAX)):
                return
            _Batch(self, jobs).index()


class _Batch:
    """One batch: every job of it comes to one end."""

    def __init__(self, indexer: Indexer, jobs: Sequence[Job]) -> None:
        self._of = indexer
        self._left = {id(job): job for job in jobs}
        self._by_url: dict[str, Job] = {}

    def index(self) -> None:
        while self._left:
            before = len(self._left)
            if self._round() or len(self._left) == before:
                return

    def _round(self) -> bool:
        """Works on all jobs without an end; False when one ended the worker, and the others need a new one."""
        of, jobs = self._of, list(self._left.values())
        source = jobs[0].source
        worker = IndexWorker(
            of.store,
            of.catalog,
            source.index,
            Counter(source.index.index),
            hand_over=self._hand_over,
            failed=self._failed,
            is_stopped=of.must_stop.is_set,
        )
        current: Job | None = None
        try:
            for job in jobs:
                current = job
                if worker.holds(job.url):
                    worker.finish()
                self._by_url[job.url] = job
                worker.index(self._object(job), job.known)
                of.desk.release_bytes(job)
            current = None
            worker.finish()
        except Stopped:
            self._end_all(BACK)
        except StorageError as error:
            of.health.failed("lake", str(error))
            self._end_all(BACK)
        except (KeyboardInterrupt, SystemExit):
            self._end_all(BACK)
            raise
        except BaseException as error:  # noqa: BLE001 - also a panic of the engine: one object, not the process
            of.reports.event("indexing_failed", url=current.url if current else "", error=repr(error)[:500])
            answer = Answer(Kind.UNREADABLE, f"unexpected: {type(error).__name__}")
            if current is None:
                self._end_all(answer)
                return True
            self._end(current, answer)
            return False
        return True

    def _object(self, job: Job) -> SourceObject:
        info, store = job.info, job.source.place.store
        assert info is not None, "a fetched job has been looked at"
        return SourceObject(_Fetched(store, job.data) if job.data is not None else store, info, job.url)

    def _hand_over(self, ready: Ready) -> None:
        done = [(self._by_url.pop(one.source.url), one.report) for one in ready.objects]
        for job, _ in done:
            self._left.pop(id(job), None)
        self._of.committer.put(ready.changes, done)

    def _failed(self, source: SourceObject, error: LakebedError) -> None:
        job = self._by_url[source.url]
        if isinstance(error, NotFoundError):
            self._of.reports.gone(job)
            self._end(job, DONE)
        elif isinstance(error, ChangedError):
            self._end(job, Answer(Kind.BACK, "it was replaced while it was read"))
        else:
            kind = Kind.UNREACHABLE if isinstance(error, StorageError) else Kind.UNREADABLE
            self._of.reports.failed(job, str(error))
            self._end(job, Answer(kind, str(error)))

    def _end(self, job: Job, answer: Answer) -> None:
        self._left.pop(id(job), None)
        self._by_url.pop(job.url, None)
        self._of.desk.settle([(job, answer)])

    def _end_all(self, answer: Answer) -> None:
        for job in list(self._left.values()):
            self._end(job, answer)

"""Looks at an object and fetches it ahead of the worker, so that a distant store's answers come side by side.

The lake is asked first: most of what comes twice ends here. What the lake has is looked up before the object is read,
since a commit decides by it which of two versions was read later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import ChangedError, LakebedError, NotFoundError, StorageError, TransientStorageError
from lakebed.ingest.worker import Known
from lakebed.runner import limits
from lakebed.runner.desk import identity_of
from lakebed.runner.job import BACK, DONE, Answer, Kind

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lakebed.catalog.catalog import Catalog
    from lakebed.runner.desk import Desk
    from lakebed.runner.health import Health
    from lakebed.runner.job import Job
    from lakebed.runner.reports import Reports
    from lakebed.storage.store import ObjectInfo


class Fetcher:
    """Any number of threads run it."""

    def __init__(
        self,
        catalog: Catalog,
        desk: Desk,
        health: Health,
        reports: Reports,
        *,
        fetched: Callable[[Job], None],
        is_stopping: threading.Event,
    ) -> None:
        self._desk = desk
        self._catalog = catalog
        self._health = health
        self._reports = reports
        self._fetched = fetched
        self._is_stopping = is_stopping

    def run(self, is_over: threading.Event) -> None:
        """Fetches until `is_over`."""
        while not is_over.is_set():
            found = self._desk.to_fetch.get(limits.RUNNER_TICK_S)
            if found is None:
                continue
            name, job = found
            try:
                self._handle(job)
            finally:
                self._desk.to_fetch.gave_back(name)

    def _handle(self, job: Job) -> None:
        try:
            answer = self.fetch(job)
        except LakebedError as error:
            self._reports.failed(job, str(error))
            answer = Answer(Kind.UNREADABLE, str(error))
        except Exception as error:  # noqa: BLE001 - one object must not end the thread of all
            self._reports.event("fetch_failed", url=job.url, error=repr(error)[:500])
            answer = Answer(Kind.UNREADABLE, f"unexpected: {type(error).__name__}")
        if answer is not None:
            self._desk.settle([(job, answer)])

    def fetch(self, job: Job) -> Answer | None:
        """Hands the job on, or returns its answer."""
        part = f"source {job.source.name}"
        for attempt in range(limits.FETCH_ATTEMPTS):
            if self._is_stopping.is_set():
                return BACK
            try:
                return self._try(job)
            except NotFoundError:
                self._health.works(part)
                self._reports.gone(job)
                return DONE
            except ChangedError:
                self._look(job, None)
            except TransientStorageError as error:
                if attempt == limits.FETCH_ATTEMPTS - 1:
                    return self._unreachable(job, str(error))
                self._is_stopping.wait(config.STORE_BACKOFF_S * 2**attempt)
            except StorageError as error:
                return self._unreachable(job, str(error))
        return self._unreachable(job, "it changes all the time")

    def _unreachable(self, job: Job, reason: str) -> Answer:
        self._health.failed(f"source {job.source.name}", reason)
        self._reports.failed(job, reason)
        return Answer(Kind.UNREACHABLE, reason)

    def _try(self, job: Job) -> Answer | None:
        store = job.source.place.store
        # What was told may be old. A small object is read on the condition that it has still that etag; a file costs
        # microseconds to look at, and a large object is dear to begin for nothing.
        told = job.info
        if told is None or told.etag is None or store.is_local or told.size_bytes > limits.FETCH_BYTES_MAX:
            self._look(job, store.head(job.key))
        info = job.info
        assert info is not None, "somebody has looked"
        job.known = Known(self._catalog.known_version(job.source.index.index, job.url))
        if job.known.version == job.version:
            self._reports.unchanged(job)
            return DONE
        if info.size_bytes <= limits.FETCH_BYTES_MAX:
            while not self._desk.hold_bytes(job, info.size_bytes, limits.RUNNER_TICK_S):
                if self._is_stopping.is_set():
                    return BACK
            try:
                job.data = self._read(job, info)
            except BaseException:
                self._desk.release_bytes(job)
                raise
        self._health.works(f"source {job.source.name}")
        self._fetched(job)
        return None

    def _look(self, job: Job, info: ObjectInfo | None) -> None:
        before = identity_of(job)
        job.info = info
        self._desk.renamed(job, before)

    def _read(self, job: Job, info: ObjectInfo) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in job.source.place.store.stream(info, config.STREAM_CHUNK_BYTES):
            chunks.append(bytes(chunk))
            size += len(chunks[-1])
            if size > info.size_bytes:  # a notification may say anything
                break
        if size != info.size_bytes:
            raise ChangedError(f"'{job.key}' has another size than was told: {info.size_bytes} bytes")
        return b"".join(chunks)

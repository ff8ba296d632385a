"""Indexes a source into a lake with several workers.

The engine releases the GIL, so workers are threads. Each holds one segment in memory; how many there are follows from
the memory that the process may have, not only from the cores.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.entries import check_index_name, source_version
from lakebed.ingest.discover import SourceObject, discover
from lakebed.ingest.raw import is_raw
from lakebed.ingest.totals import Counter, IndexTotals
from lakebed.ingest.worker import IndexSettings, IndexWorker, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.catalog.catalog import Catalog
    from lakebed.storage.store import Store

LISTED_AHEAD = 20_000
"""Objects listed but not yet taken by a worker: enough for an honest progress bar, about 10 MB."""

PROGRESS_SECONDS = 0.1
"""How often progress is told."""


@dataclass(frozen=True)
class Progress:
    """How far a run is. `bytes_found` grows until `is_listed`."""

    objects_done: int
    objects_found: int
    bytes_done: int
    bytes_found: int
    is_listed: bool
    events: int
    raw_bytes: int


def index_source(
    store: Store,
    catalog: Catalog,
    source: str,
    settings: IndexSettings,
    *,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> IndexTotals:
    """Indexes every object that `source` names and that is not in the lake in this version.

    `store` is the lake's, `catalog` its catalog. `progress` is called in the caller's thread. When the caller is
    interrupted (KeyboardInterrupt), what is finished is committed before the exception goes on.
    Raises `UsageError`, `IngestError` (the source is not there) and `StorageError` (the lake cannot be written).
    """
    check_index_name(settings.index)
    settings.source.for_engine()
    catalog.open_for_writing()
    run = _Run(store, catalog, source, settings)
    run.work(workers or worker_count(), progress or (lambda _: None))
    return run.counter.totals


def worker_count(memory_bytes: int = config.INGEST_MEMORY_BYTES) -> int:
    """As many workers as there are cores, and as the memory allows."""
    affordable = (memory_bytes - config.INGEST_BASE_BYTES) // config.INGEST_WORKER_BYTES
    return max(1, min(config.cpu_count(), affordable))


class _Thread(threading.Thread):
    """A thread that tells when it has ended.

    `join` does not: an interrupt while it waits makes Python 3.11 take a thread that still runs for one that has ended,
    and the process would end in the middle of a commit.
    """

    def __init__(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        super().__init__(name=name, target=target, args=arguments)
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.ended.set()


class _Run:
    """The threads of one run: a lister, and workers that take objects from its queue."""

    def __init__(self, store: Store, catalog: Catalog, source: str, settings: IndexSettings) -> None:
        self.counter = Counter(settings.index)
        self._store = store
        self._catalog = catalog
        self._source = source
        self._settings = settings
        self._objects: queue.Queue[SourceObject | None] = queue.Queue(LISTED_AHEAD)
        self._stop = threading.Event()
        self._errors: list[BaseException] = []

    def work(self, workers: int, progress: Callable[[Progress], None]) -> None:
        started = time.monotonic()
        threads = [_Thread("lakebed-list", self._guard, self._list, workers)]
        threads += [_Thread(f"lakebed-index-{number}", self._guard, self._index) for number in range(workers)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while not thread.ended.wait(PROGRESS_SECONDS):
                    progress(self._progress())
        finally:
            self._stop.set()
            for thread in threads:
                if thread.ident is not None:  # an interrupt may come before all were started
                    thread.ended.wait()
            self.counter.totals.seconds = time.monotonic() - started
        if self._errors:
            raise self._errors[0]
        progress(self._progress())

    def _guard(self, target: Callable[..., None], *arguments: object) -> None:
        """Runs one thread's work; its failure stops the others and is raised by `work`."""
        try:
            target(*arguments)
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._errors.append(error)
            self._stop.set()

    def _list(self, workers: int) -> None:
        try:
            skip_url = "" if is_raw(self._source, self._store.url) else self._store.url
            for found in discover(self._source, skip_url=skip_url):
                self.counter.found(found.info.size_bytes)
                self._put(found)
        finally:
            self.counter.is_listed = True
            for _ in range(workers):
                self._put(None)

    def _put(self, found: SourceObject | None) -> None:
        while not self._stop.is_set():
            try:
                self._objects.put(found, timeout=PROGRESS_SECONDS)
            except queue.Full:
                continue
            return
        raise Stopped

    def _index(self) -> None:
        worker = IndexWorker(self._store, self._catalog, self._settings, self.counter, is_stopped=self._stop.is_set)
        with contextlib.suppress(Stopped):  # what is finished is committed all the same
            for found in self._taken():
                info = found.info
                version = source_version(info.size_bytes, info.modified_ns, info.etag)
                if self._catalog.is_indexed(self._settings.index, found.url, version):
                    self.counter.unchanged(info.size_bytes)
                else:
                    worker.index(found)
        worker.finish()

    def _taken(self) -> Iterator[SourceObject]:
        while not self._stop.is_set():
            try:
                found = self._objects.get(timeout=PROGRESS_SECONDS)
            except queue.Empty:
                continue
            if found is None:
                return
            yield found

    def _progress(self) -> Progress:
        totals = self.counter.totals
        done = totals.objects_indexed + totals.objects_unchanged + totals.objects_failed
        return Progress(
            done,
            totals.objects_found,
            self.counter.bytes_done,
            self.counter.bytes_found,
            self.counter.is_listed,
            totals.events,
            totals.raw_bytes,
        )

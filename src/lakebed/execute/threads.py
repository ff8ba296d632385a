"""The executor of one process: a pool of threads. The engine and the reads release the GIL, so all cores work."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lakebed import config
from lakebed.errors import LakebedError
from lakebed.execute.budget import ByteBudget
from lakebed.execute.executor import SessionClosed
from lakebed.execute.leaf import LeafPart, LeafRun, LeafTask
from lakebed.storage.caching import CachingStore, RangeCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from lakebed.execute.readers import ReaderCache
    from lakebed.storage.store import Store

T = TypeVar("T")


class ThreadExecutor:
    """Runs leaf tasks over one lake's store. Keep it: starting threads costs a tenth of a warm search.

    For a folder there are as many threads as cores. For a distant store there are more, since they mostly wait.
    """

    def __init__(self, store: Store, readers: ReaderCache, parallelism: int | None = None) -> None:
        self._parallelism = parallelism or (config.cpu_count() if store.is_local else config.REMOTE_PARALLELISM)
        self._store = store
        self._readers = readers
        self._cache = None if store.is_local else RangeCache()
        self._budget = None if store.is_local else ByteBudget(config.READ_BUDGET_BYTES)
        self._pool = ThreadPoolExecutor(self._parallelism, thread_name_prefix="lakebed-search")

    @property
    def parallelism(self) -> int:
        """Threads of the pool."""
        return self._parallelism

    def start(self, tasks: Sequence[LeafTask], plan: bytes, *, is_aggregate: bool) -> ThreadSession:
        """See `Executor.start`."""
        return ThreadSession(
            self._pool,
            self._store,
            self._cache,
            self._readers,
            tasks,
            plan,
            is_aggregate=is_aggregate,
            budget=self._budget,
        )

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Runs something else on the pool, beside the tasks."""
        return self._pool.submit(work)

    def close(self) -> None:
        """Ends the threads; sessions that still run end with them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class ThreadSession:
    """The tasks of one search on the pool."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        store: Store,
        cache: RangeCache | None,
        readers: ReaderCache,
        tasks: Sequence[LeafTask],
        plan: bytes,
        *,
        is_aggregate: bool,
        budget: ByteBudget | None = None,
    ) -> None:
        self._budget = budget
        self._pool = pool
        self._store = store
        self._cache = cache
        self._readers = readers
        self._tasks = tasks
        self._plan = plan
        self._is_aggregate = is_aggregate
        self._runs: dict[int, _Run] = {}
        self._parts: queue.SimpleQueue[tuple[int, LeafPart | BaseException]] = queue.SimpleQueue()
        self._floor_ns: int | None = None
        self._cancelled = threading.Event()

    def advance(self, number: int) -> None:
        """See `Session.advance`."""
        self._pool.submit(self._step, number)

    def next(self) -> tuple[int, LeafPart | LakebedError]:
        """See `Session.next`."""
        number, found = self._parts.get()
        if self._cancelled.is_set():
            raise SessionClosed
        if isinstance(found, LeafPart | LakebedError):
            return number, found
        raise found

    def narrow(self, floor_ns: int) -> None:
        """See `Session.narrow`."""
        self._floor_ns = floor_ns
        for run in list(self._runs.values()):
            run.leaf.floor_ns = floor_ns

    def close(self) -> None:
        """See `Session.close`."""
        self._cancelled.set()
        self._runs.clear()
        self._parts.put((-1, SessionClosed()))

    def _step(self, number: int) -> None:
        if self._cancelled.is_set():
            return
        try:
            run = self._runs.get(number) or self._open(number)
            part = run.step()
            if part.is_last:
                self._runs.pop(number, None)
            self._parts.put((number, part))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._runs.pop(number, None)
            self._parts.put((number, error))

    def _open(self, number: int) -> _Run:
        task = self._tasks[number]
        caching = None if self._cache is None else CachingStore(self._store, self._cache)
        leaf = LeafRun(
            task,
            self._plan,
            (caching or self._store).get_ranges,
            self._readers.find(task.key, task.address),
            is_aggregate=self._is_aggregate,
            is_cancelled=self._cancelled.is_set,
            budget=self._budget,
        )
        leaf.floor_ns = self._floor_ns
        run = _Run(leaf, caching)
        self._runs[number] = run
        return run


class _Run:
    """A run, and the cache between it and the store, which tells what the run did not have to ask for."""

    def __init__(self, leaf: LeafRun, caching: CachingStore | None) -> None:
        self.leaf = leaf
        self._caching = caching

    def step(self) -> LeafPart:
        part = self.leaf.step()
        if self._caching is None:
            return part
        cost = dict(part.cost)
        cost["requests"] = cost.get("requests", 0) - self._caching.hits
        cost["bytes"] = cost.get("bytes", 0) - self._caching.hit_bytes
        return LeafPart(part.rows, part.is_last, part.partial, cost)

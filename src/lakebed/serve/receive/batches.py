"""Group commit: what many requests bring within a moment becomes one raw object, and then all of them are answered.

A put costs money and tens of milliseconds; a request alone would pay for both. Batches of one source go on in parallel:
while one is written the next fills. What is answered with success was stored; what fails is stored nowhere, as far as
the store tells, and every request of the batch is told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lakebed import config
from lakebed.errors import LakebedError, StorageError, TransientStorageError
from lakebed.ingest.raw import JSON_LINES, TEXT_LINES, pack_lines, put_raw, raw_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.storage.store import Store

Shape = Literal["json", "text", "hec", "bulk", "otlp", "syslog"]
"""What lines are like. Those of one object are alike: the engine tells the kind of an object by its first ones."""

_SUFFIXES: dict[Shape, str] = {"text": TEXT_LINES, "syslog": TEXT_LINES}


@dataclass(frozen=True)
class Stored:
    """A raw object that was written."""

    source: str
    key: str
    lines: int
    size_bytes: int


@dataclass
class _Batch:
    source: str
    shape: Shape
    done: asyncio.Future[None]
    lines: list[bytes] = field(default_factory=list)
    raw_bytes: int = 0
    timer: asyncio.TimerHandle | None = None


class Batches:
    """Used by one event loop; puts run in threads of its own."""

    def __init__(
        self,
        store: Store,
        *,
        wait_seconds: float,
        batch_bytes: int,
        on_stored: Callable[[Stored], None] = lambda _: None,
        on_failed: Callable[[str, StorageError], None] = lambda _source, _error: None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], int] = lambda: secrets.randbits(64),
    ) -> None:
        """`on_stored` is called in a thread after the requests were answered; what it raises of ours is let pass.
        `on_failed` is told of each source and object that could not be written.
        """
        self._store = store
        self._wait_seconds = wait_seconds
        self._batch_bytes = batch_bytes
        self._on_stored = on_stored
        self._on_failed = on_failed
        self._clock = clock
        self._random = random
        self._open: dict[tuple[str, Shape], _Batch] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(config.RECEIVE_PUTS, "lakebed-put")
        self._is_stopping = False
        self.last_error: str | None = None
        """Why the last put failed; None when it did not."""

    def add(self, source: str, shape: Shape, lines: Sequence[bytes]) -> asyncio.Future[None]:
        """Takes lines. The future ends when they are durable, with `StorageError` when they could not be written. It is
        shared with others: do not cancel it (`asyncio.shield`).
        """
        loop = asyncio.get_running_loop()
        batch = self._open.get((source, shape))
        if batch is None:
            batch = _Batch(source, shape, loop.create_future())
            batch.done.add_done_callback(_look_at)
            self._open[source, shape] = batch
            wait_s = 0 if self._is_stopping else self._wait_seconds
            batch.timer = loop.call_later(wait_s, self._close, batch)
        batch.lines += lines
        batch.raw_bytes += sum(map(len, lines))
        if batch.raw_bytes >= self._batch_bytes:
            self._close(batch)
        return batch.done

    @property
    def is_waiting(self) -> bool:
        """Whether lines wait for others."""
        return bool(self._open)

    def hurry(self) -> None:
        """From now on nothing waits for others."""
        self._is_stopping = True
        for batch in list(self._open.values()):
            self._close(batch)

    async def stop(self) -> None:
        """Ends when all that was added is written or has failed."""
        self.hurry()
        while self._writing:
            await asyncio.wait(self._writing)
            self.hurry()
        self._threads.shutdown(wait=False)

    def _close(self, batch: _Batch) -> None:
        if self._open.get((batch.source, batch.shape)) is not batch:
            return
        del self._open[batch.source, batch.shape]
        if batch.timer is not None:
            batch.timer.cancel()
        task = asyncio.get_running_loop().create_task(self._write(batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, batch: _Batch) -> None:
        loop = asyncio.get_running_loop()
        try:
            stored = await loop.run_in_executor(self._threads, self._put, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, every request of the batch must be answered
            self.last_error = str(error) if isinstance(error, LakebedError) else type(error).__name__
            cause = error if isinstance(error, StorageError) else StorageError(self.last_error)
            batch.done.set_exception(cause)
            self._on_failed(batch.source, cause)
            return
        self.last_error = None
        batch.done.set_result(None)
        await loop.run_in_executor(self._threads, self._tell, stored)

    def _put(self, batch: _Batch) -> Stored:
        """Puts the object. A repeated put has the same key, so that an answer that was lost costs nothing."""
        suffix = _SUFFIXES.get(batch.shape, JSON_LINES)
        now, token = self._clock(), self._random()
        packed = pack_lines(batch.lines)
        for attempt in range(config.RECEIVE_PUT_ATTEMPTS):
            try:
                key = put_raw(self._store, batch.source, packed, now=now, token=token, suffix=suffix)
                return Stored(batch.source, key, len(batch.lines), batch.raw_bytes)
            except TransientStorageError:
                if attempt == config.RECEIVE_PUT_ATTEMPTS - 1:
                    self._take_back(raw_key(batch.source, now=now, token=token, suffix=suffix))
                    raise
        raise AssertionError("an attempt returns or raises")

    def _take_back(self, key: str) -> None:
        """It may have been written after all, and the clients will send its events again."""
        with contextlib.suppress(StorageError):
            self._store.delete(key)

    def _tell(self, stored: Stored) -> None:
        with contextlib.suppress(LakebedError, OSError):  # a listing finds it, too
            self._on_stored(stored)


def _look_at(done: asyncio.Future[None]) -> None:
    """A failure that nobody waits for any more is no error of the event loop."""
    if not done.cancelled():
        done.exception()

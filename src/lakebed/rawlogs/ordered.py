"""Work on several sources at once whose results come in the order of the sources.

Workers take sources in order; what a worker finds waits in the channel of its source until all before it are done. The
first channel's worker never waits, so nothing can get stuck; the others wait while too much is held.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

S = TypeVar("S")
T = TypeVar("T")

Put = Callable[[T, int], bool]
"""Hands over a result and its size in bytes; False: nobody wants it any more."""

HELD_BYTES_MAX = 32 * 1024 * 1024
"""Results that wait for those before them."""

AHEAD_MAX = 1_000
"""Sources whose results wait: each costs a little even when there are none."""


class _Channel(Generic[T]):
    __slots__ = ("is_ended", "results")

    def __init__(self) -> None:
        self.results: deque[tuple[T, int]] = deque()
        self.is_ended = False


class Ordered(Generic[S, T]):
    """Iterate once; `close` ends it early."""

    def __init__(self, sources: Iterable[S], work: Callable[[S, Put[T]], None], workers: int) -> None:
        self._sources = iter(sources)
        self._work = work
        self._changed = threading.Condition()
        self._listing = threading.Lock()
        self._channels: deque[_Channel[T]] = deque()
        self._held_bytes = 0
        self._is_listed = False
        self._is_closed = False
        self._failure: BaseException | None = None
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(workers)]

    def __iter__(self) -> Iterator[T]:
        for thread in self._threads:
            thread.start()
        try:
            while True:
                with self._changed:
                    while not self._has_news():
                        self._changed.wait()
                    if self._failure is not None:
                        raise self._failure
                    if not self._channels:
                        return
                    first = self._channels[0]
                    results, first.results = first.results, deque()
                    self._held_bytes -= sum(size for _, size in results)
                    if first.is_ended:
                        self._channels.popleft()
                    self._changed.notify_all()
                for result, _ in results:
                    yield result
        finally:
            self.close()

    def close(self) -> None:
        """Tells the workers to stop; does not wait for them."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _has_news(self) -> bool:
        if self._failure is not None:
            return True
        if not self._channels:
            return self._is_listed
        return bool(self._channels[0].results) or self._channels[0].is_ended

    def _run(self) -> None:
        try:
            while (taken := self._take()) is not None:
                source, channel = taken
                self._work(source, lambda result, size, channel=channel: self._put(channel, result, size))  # type: ignore[misc] # bound per source
                with self._changed:
                    channel.is_ended = True
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised in the consumer's thread
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take(self) -> tuple[S, _Channel[T]] | None:
        with self._listing:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or len(self._channels) < AHEAD_MAX)
                if self._is_closed or self._is_listed or self._failure is not None:
                    return None
            source = next(self._sources, None)
            with self._changed:
                if source is None:
                    self._is_listed = True
                    self._changed.notify_all()
                    return None
                channel: _Channel[T] = _Channel()
                self._channels.append(channel)
                return source, channel

    def _put(self, channel: _Channel[T], result: T, size: int) -> bool:
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or self._held_bytes < HELD_BYTES_MAX or self._channels[0] is channel
            )
            if self._is_closed:
                return False
            channel.results.append((result, size))
            self._held_bytes += size
            self._changed.notify_all()
            return True

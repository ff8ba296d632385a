"""A store whose process dies: kill -9 by its own hand, a given time after a given request has begun."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store


class DyingStore(StoreWrapper):
    """Counts requests from 1. With no delay the fatal one never reaches the store."""

    def __init__(self, inner: Store, fatal_request: int, delay_s: float) -> None:
        super().__init__(inner)
        self.requests = 0
        self._fatal_request = fatal_request
        self._delay_s = delay_s
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        self._count()
        return self.inner.get(key)

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        self._count()
        return self.inner.get_ranges(key, ranges)

    def head(self, key: str) -> ObjectInfo:
        self._count()
        return self.inner.head(key)

    def put(self, key: str, data: Buffer) -> None:
        self._count()
        self.inner.put(key, data)

    def create(self, key: str, data: Buffer) -> None:
        self._count()
        self.inner.create(key, data)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        self._count()
        return self.inner.list(prefix, after)

    def delete(self, key: str) -> None:
        self._count()
        self.inner.delete(key)

    def _count(self) -> None:
        with self._lock:
            self.requests += 1
            is_fatal = self.requests == self._fatal_request
        if is_fatal and self._delay_s == 0:
            _die()
        elif is_fatal:
            timer = threading.Timer(self._delay_s, _die)
            timer.daemon = True  # a run that ends before is done
            timer.start()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

"""Adds the time that a distant store takes, so that tests and the benchmark see what rounds cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lakebed.config import PARALLEL_RANGES
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store


class LatencyStore(StoreWrapper):
    """Waits `latency_ms` before each request; the ranges of one round wait together, as many as a real store allows."""

    def __init__(self, inner: Store, latency_ms: float, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(inner)
        self._latency_s = latency_ms / 1000
        self._sleep = sleep

    @property
    def is_local(self) -> bool:
        """It plays a distant store."""
        return False

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        self._sleep(self._latency_s)
        return self.inner.get(key)

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`."""
        self._sleep(self._latency_s * -(-len(ranges) // PARALLEL_RANGES))
        return self.inner.get_ranges(key, ranges)

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        self._sleep(self._latency_s)
        return self.inner.head(key)

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        self._sleep(self._latency_s)
        self.inner.put(key, data)

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        self._sleep(self._latency_s)
        self.inner.create(key, data)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        self._sleep(self._latency_s)
        return self.inner.list(prefix, after)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._sleep(self._latency_s)
        self.inner.delete(key)

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`."""
        self._sleep(self._latency_s)
        return self.inner.stream(info, chunk_bytes)

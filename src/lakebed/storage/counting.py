"""Counts what costs money: requests, bytes, and rounds of requests that had to wait for one another."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store

LIST_PAGE = 1000
"""A listing is one request for each so many objects."""


@dataclass
class StoreCounts:
    """What has gone through a store. A round is one call whose requests run side by side."""

    requests: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    rounds: int = 0
    by_operation: dict[str, int] = field(default_factory=dict)


class CountingStore(StoreWrapper):
    """Adds every call to `counts`."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.counts = StoreCounts()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        self._count("get")
        data = self.inner.get(key)
        self._add_read(len(data))
        return data

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`."""
        self._count("get_range", len(ranges))
        found = self.inner.get_ranges(key, ranges)
        self._add_read(sum(length for _, length in ranges))
        return found

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        self._count("head")
        return self.inner.head(key)

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        self._count("put")
        self._add_written(data)
        self.inner.put(key, data)

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        self._count("create")
        self._add_written(data)
        self.inner.create(key, data)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        self._count("list")
        for number, info in enumerate(self.inner.list(prefix, after)):
            if number and number % LIST_PAGE == 0:
                self._count("list")
            yield info

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._count("delete")
        self.inner.delete(key)

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`."""
        self._count("stream")
        for chunk in self.inner.stream(info, chunk_bytes):
            self._add_read(len(memoryview(chunk)))
            yield chunk

    def _count(self, operation: str, requests: int = 1) -> None:
        with self._lock:
            self.counts.requests += requests
            self.counts.rounds += 1
            self.counts.by_operation[operation] = self.counts.by_operation.get(operation, 0) + requests

    def _add_read(self, size: int) -> None:
        with self._lock:
            self.counts.bytes_read += size

    def _add_written(self, data: Buffer) -> None:
        with self._lock:
            self.counts.bytes_written += len(memoryview(data))

"""Breaks on purpose, by seed: throttling, answers that are lost after the work was done, replies cut short.

The same seed and the same calls give the same failures; with several threads the order of calls decides.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import TransientStorageError
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store


@dataclass(frozen=True)
class FaultRates:
    """How often each failure happens, from 0 to 1, per call."""

    throttled: float = 0.0
    lost_answer: float = 0.0
    truncated: float = 0.0


class FaultStore(StoreWrapper):
    """Fails at the given rates."""

    def __init__(self, inner: Store, rates: FaultRates, seed: int) -> None:
        super().__init__(inner)
        self._rates = rates
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        self._throttle("get", key)
        return self.inner.get(key)

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`. A truncated reply lacks the end of its last range."""
        self._throttle("get_ranges", key)
        found = list(self.inner.get_ranges(key, ranges))
        if found and self._happens(self._rates.truncated):
            found[-1] = bytes(found[-1])[: len(memoryview(found[-1])) // 2]
        return found

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        self._throttle("head", key)
        return self.inner.head(key)

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        self._throttle("put", key)
        self.inner.put(key, data)
        self._lose_answer("put", key)

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        self._throttle("create", key)
        self.inner.create(key, data)
        self._lose_answer("create", key)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        self._throttle("list", prefix)
        return self.inner.list(prefix, after)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._throttle("delete", key)
        self.inner.delete(key)
        self._lose_answer("delete", key)

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`. A truncated stream breaks off after some piece."""
        self._throttle("stream", info.key)
        breaks = self._happens(self._rates.truncated)
        for chunk in self.inner.stream(info, chunk_bytes):
            if breaks:
                yield bytes(chunk)[: len(memoryview(chunk)) // 2]
                raise TransientStorageError(f"made-up fault: stream of '{info.key}' broke off")
            yield chunk

    def _happens(self, rate: float) -> bool:
        with self._lock:
            return self._random.random() < rate

    def _throttle(self, operation: str, key: str) -> None:
        if self._happens(self._rates.throttled):
            raise TransientStorageError(f"made-up fault: {operation} of '{key}' was throttled")

    def _lose_answer(self, operation: str, key: str) -> None:
        if self._happens(self._rates.lost_answer):
            raise TransientStorageError(f"made-up fault: the answer to {operation} of '{key}' was lost")

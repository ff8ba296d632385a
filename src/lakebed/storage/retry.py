"""Tries again what may be tried again: reads, and writes that give the same result however often they are done.

`create` is not repeated: its answer may have been lost after it had won, and a second try would then see itself as
another writer. The catalog, which knows who wrote what, resolves that (docs/adr/0004).
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from lakebed import config
from lakebed.errors import TransientStorageError
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store

T = TypeVar("T")


class RetryStore(StoreWrapper):
    """Repeats a failed read, put, head or delete `retries` times, waiting twice as long each time."""

    def __init__(
        self,
        inner: Store,
        *,
        retries: int = config.STORE_RETRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(inner)
        self._retries = retries
        self._sleep = sleep

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        return self._again(lambda: self.inner.get(key))

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`. A reply that is too short counts as a failure."""

        def read() -> Sequence[Buffer]:
            found = self.inner.get_ranges(key, ranges)
            for (offset, length), data in zip(ranges, found, strict=True):
                _check_transfer(key, offset, length, data)
            return found

        return self._again(read)

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        return self._again(lambda: self.inner.head(key))

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        self._again(lambda: self.inner.put(key, data))

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`. Repeated only while nothing came: where it went on would depend on the store's order."""
        for attempt in range(self._retries + 1):
            began = False
            try:
                for info in self.inner.list(prefix, after):
                    began = True
                    yield info
                return
            except TransientStorageError:
                if began or attempt == self._retries:
                    raise
                self._wait(attempt)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._again(lambda: self.inner.delete(key))

    def _again(self, call: Callable[[], T]) -> T:
        for attempt in range(self._retries):
            try:
                return call()
            except TransientStorageError:
                self._wait(attempt)
        return call()

    def _wait(self, attempt: int) -> None:
        self._sleep(config.STORE_BACKOFF_S * 2**attempt * (0.75 + random.random() / 2))


def _check_transfer(key: str, offset: int, length: int, data: Buffer) -> None:
    """Like `check_length`, but a short reply is a failed transfer here, worth another try."""
    found = len(memoryview(data))
    if found != length:
        raise TransientStorageError(f"short reply for '{key}' at offset {offset}: wanted {length} bytes, found {found}")

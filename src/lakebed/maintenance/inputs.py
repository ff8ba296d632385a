"""The bytes of a merge's inputs: small segments in one request each and several at once, large ones range by range.

A merge reads its inputs one after the other. Most are small, and a store far away takes as long for a kilobyte as for a
megabyte; so the next small ones are on their way while one is worked off.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from lakebed import config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Buffer

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.storage.store import Store

Need = tuple[int, int, int]
"""(number of the input, offset, length)."""


class Inputs:
    """Reads what a merge asks for. Holds at most `MERGE_AHEAD` whole segments of `MERGE_WHOLE_BYTES`."""

    def __init__(self, store: Store, entries: Sequence[SegmentEntry]) -> None:
        self._store = store
        self._entries = entries
        self._pool = ThreadPoolExecutor(config.MERGE_AHEAD)
        self._whole: dict[int, Future[bytes]] = {}
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, needs: Sequence[Need]) -> list[Buffer]:
        """A buffer for each need, in order. Raises `StorageError`."""
        found: dict[Need, Buffer] = {}
        by_input: dict[int, list[Need]] = {}
        for need in needs:
            by_input.setdefault(need[0], []).append(need)
        for number, wanted in by_input.items():
            if self._is_small(number):
                data = memoryview(self._whole_of(number))
                found.update((need, data[need[1] : need[1] + need[2]]) for need in wanted)
            else:
                ranges = [(offset, length) for _, offset, length in wanted]
                buffers = self._store.get_ranges(self._entries[number].key, ranges)
                self.bytes_read += sum(length for _, length in ranges)
                found.update(zip(wanted, buffers, strict=True))
        self._forget_before(min(by_input, default=0))
        return [found[need] for need in needs]

    def _is_small(self, number: int) -> bool:
        return self._entries[number].size_bytes <= config.MERGE_WHOLE_BYTES

    def _whole_of(self, number: int) -> bytes:
        for place in range(number, min(number + config.MERGE_AHEAD, len(self._entries))):
            if place not in self._whole and self._is_small(place):
                self._whole[place] = self._pool.submit(self._store.get, self._entries[place].key)
                self.bytes_read += self._entries[place].size_bytes
        return self._whole[number].result()

    def _forget_before(self, number: int) -> None:
        for place in [place for place in self._whole if place < number]:
            self._whole.pop(place).cancel()

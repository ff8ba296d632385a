"""Keeps ranges that were read, so that the next search over the same segments asks for nothing.

Objects below a lake's `segments/` never change, so a range once read stays true. Two searches that want the same range
at the same time make one request: the second waits for the first. A range within a kept one is answered from it, since
a search that knows more of a segment asks for less. Only ranges are kept; catalog files are not.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import Store

LOOK_BACK = 4
"""Ranges before the wanted one that are tried for containing it; a miss costs a request, never a wrong answer."""

RangeKey = tuple[str, int, int]


class RangeCache:
    """Ranges by (key, offset, length), least recently used first out; shared by any number of `CachingStore`s."""

    def __init__(
        self,
        limit_bytes: int = config.RANGE_CACHE_BYTES,
        range_bytes_max: int = config.CACHED_RANGE_BYTES_MAX,
    ) -> None:
        self._limit = limit_bytes
        self._range_max = range_bytes_max
        self._lock = threading.Lock()
        self._kept: OrderedDict[RangeKey, Buffer] = OrderedDict()
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._coming: dict[RangeKey, threading.Event] = {}
        self.size_bytes = 0

    def find(self, wanted: RangeKey) -> Buffer | threading.Event | None:
        """The bytes; or an event, set when another thread has them; or None: the caller must read and `fill`."""
        with self._lock:
            found = self._within(wanted)
            if found is not None:
                return found
            if wanted[2] > self._range_max:
                return None
            coming = self._coming.get(wanted)
            if coming is None:
                self._coming[wanted] = threading.Event()
            return coming

    def fill(self, wanted: RangeKey, data: Buffer | None) -> None:
        """Ends what a `find` that gave None began; `data` None means that the read failed."""
        with self._lock:
            coming = self._coming.pop(wanted, None)
            if data is not None and wanted[2] <= self._range_max and wanted not in self._kept:
                self._kept[wanted] = data
                bisect.insort(self._places.setdefault(wanted[0], []), wanted[1:])
                self.size_bytes += wanted[2]
            while self.size_bytes > self._limit:
                self._forget_oldest()
        if coming is not None:
            coming.set()

    def _within(self, wanted: RangeKey) -> Buffer | None:
        """The range itself, or its part of a larger one that begins shortly before."""
        key, offset, length = wanted
        exact = self._kept.get(wanted)
        if exact is not None:
            self._kept.move_to_end(wanted)
            return exact
        places = self._places.get(key, [])
        last = bisect.bisect_right(places, (offset, 1 << 63))
        for start, size in reversed(places[max(0, last - LOOK_BACK) : last]):
            if start + size >= offset + length:
                larger = (key, start, size)
                self._kept.move_to_end(larger)
                return memoryview(self._kept[larger])[offset - start : offset - start + length]
        return None

    def _forget_oldest(self) -> None:
        gone, _ = self._kept.popitem(last=False)
        self.size_bytes -= gone[2]
        places = self._places[gone[0]]
        places.remove(gone[1:])
        if not places:
            del self._places[gone[0]]


class CachingStore(StoreWrapper):
    """Answers range reads from a `RangeCache` where it can. Cheap to make: one per search, to count its misses."""

    def __init__(self, inner: Store, cache: RangeCache) -> None:
        super().__init__(inner)
        self._cache = cache
        self.hits = 0
        self.hit_bytes = 0

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`: what is missing is read in one round."""
        found: list[Buffer | None] = [None] * len(ranges)
        missing: list[int] = []
        coming: list[tuple[int, threading.Event]] = []
        for place, (offset, length) in enumerate(ranges):
            known = self._cache.find((key, offset, length))
            if known is None:
                missing.append(place)
            elif isinstance(known, threading.Event):
                coming.append((place, known))
            else:
                found[place] = known
                self.hits += 1
                self.hit_bytes += length
        self._read(key, ranges, missing, found)
        for place, event in coming:
            event.wait()
            found[place] = self._late(key, *ranges[place])
        return [data for data in found if data is not None]

    def _read(
        self,
        key: str,
        ranges: Sequence[tuple[int, int]],
        missing: list[int],
        found: list[Buffer | None],
    ) -> None:
        if not missing:
            return
        read: Sequence[Buffer] = ()
        try:
            read = self.inner.get_ranges(key, [ranges[place] for place in missing])
        finally:
            for number, place in enumerate(missing):
                offset, length = ranges[place]
                data = read[number] if read else None
                found[place] = data
                self._cache.fill((key, offset, length), data)

    def _late(self, key: str, offset: int, length: int) -> Buffer:
        """What another thread was reading; if that failed or was already pushed out, it is read here."""
        known = self._cache.find((key, offset, length))
        if known is not None and not isinstance(known, threading.Event):
            self.hits += 1
            self.hit_bytes += length
            return known
        data: Buffer | None = None
        try:
            data = self.inner.get_range(key, offset, length)
            return data
        finally:
            if known is None:
                self._cache.fill((key, offset, length), data)

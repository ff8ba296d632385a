"""Keeps what is known of segments between searches: a warm search parses no schema or directory again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from lakebed import config
from lakebed.native import SegmentReader, engine_errors

SIZE_CHECK_EVERY = 64
"""Lookups between two looks at the readers' sizes, which grow with what searches teach them."""


class ReaderCache:
    """Segment readers by key, least recently used first out. Segments never change, so a reader stays true."""

    def __init__(self, count_max: int = config.READERS_KEPT, bytes_max: int = config.READER_CACHE_BYTES) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._readers: OrderedDict[str, SegmentReader] = OrderedDict()
        self._lookups = 0

    def __len__(self) -> int:
        return len(self._readers)

    def find(self, key: str, address: bytes) -> SegmentReader:
        """The reader of a segment. Raises `CorruptSegmentError` when the address is damaged."""
        with self._lock:
            reader = self._readers.get(key)
            if reader is not None:
                self._readers.move_to_end(key)
            self._lookups += 1
            if self._lookups % SIZE_CHECK_EVERY == 0:
                self._shrink()
        if reader is not None:
            return reader
        with engine_errors(key):
            reader = SegmentReader(address, key)
        with self._lock:
            reader = self._readers.setdefault(key, reader)
            while len(self._readers) > self._count_max:
                self._readers.popitem(last=False)
        return reader

    def _shrink(self) -> None:
        size = sum(reader.cached_bytes for reader in self._readers.values())
        while size > self._bytes_max and len(self._readers) > 1:
            _, gone = self._readers.popitem(last=False)
            size -= gone.cached_bytes

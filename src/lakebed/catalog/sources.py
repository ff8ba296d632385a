"""Which source objects are in the lake, and which version of each: what makes indexing twice a no-op.

A searcher never needs this; a writer does, for millions of objects. So it is kept apart from the segments: runs of
44-byte records sorted by digest, written with checkpoints and merged like the levels of an LSM tree: a record is
rewritten a logarithmic number of times. What came after the last checkpoint is a dict.

Record: digest of (index, URL) 16 · version 8 · modified_ns 8 · segment id 8 · object number 4, big-endian.
An object in several segments has several records; one without events has object number `NO_PART`.
"""

from __future__ import annotations

import struct
import threading
import zlib
from typing import TYPE_CHECKING, NamedTuple

from lakebed.catalog.entries import SourceRecord, id_of_key, source_digest
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RECORD = struct.Struct(">16s8sqQI")
NO_PART = 0xFFFFFFFF
MERGE_RATIO = 2
"""A run is merged with the one before it unless that one is more than so many times larger."""


class KnownSource(NamedTuple):
    """What the lake has of a source object. `parts` are (segment id, object number)."""

    version: bytes
    modified_ns: int
    parts: tuple[tuple[int, int], ...]


def known_from_record(record: SourceRecord) -> KnownSource:
    """The short form of a commit's record."""
    parts = tuple((id_of_key(key), number) for key, number in record.parts)
    return KnownSource(record.version, record.modified_ns, parts)


class SourceTable:
    """Source objects by digest. Runs are loaded when first asked for. Not changed by readers; thread-safe."""

    def __init__(self, runs: Sequence[str], load: Callable[[str], bytes]) -> None:
        self.run_keys = tuple(runs)
        self._load = load
        self._runs: list[bytes] | None = None if runs else []
        self._recent: dict[bytes, KnownSource] = {}
        self._lock = threading.RLock()

    def find(self, index: str, url: str) -> KnownSource | None:
        """What is known of the object, or None."""
        digest = source_digest(index, url)
        found = self._recent.get(digest)
        if found is not None:
            return found
        for run in reversed(self._loaded()):
            found = find_in_run(run, digest)
            if found is not None:
                return found
        return None

    def apply(self, records: Iterable[SourceRecord]) -> None:
        """Takes what a commit says."""
        with self._lock:
            for record in records:
                self._recent[source_digest(record.index, record.url)] = known_from_record(record)

    def merged_run(self) -> tuple[bytes, int]:
        """A run of what came since the last checkpoint, with as many of the last runs as it should be merged with.

        Returns its bytes and how many of `run_keys` it leaves as they are.
        """
        with self._lock:
            runs = list(self._loaded())
            merged = encode_run(self._recent)
            while runs and len(runs[-1]) <= MERGE_RATIO * len(merged):
                merged = merge_runs(runs.pop(), merged)
            return merged, len(runs)

    def replace_runs(self, kept: int, key: str, run: bytes) -> None:
        """What `merged_run` gave is stored under `key` now; without records it is not, and `key` is empty."""
        with self._lock:
            runs = self._loaded()[:kept]
            self.run_keys = self.run_keys[:kept]
            if key:
                runs.append(run)
                self.run_keys += (key,)
            self._runs = runs
            self._recent = {}

    @property
    def recent_count(self) -> int:
        """Objects recorded since the last checkpoint."""
        return len(self._recent)

    def _loaded(self) -> list[bytes]:
        with self._lock:
            if self._runs is None:
                self._runs = [check_run(self._load(key), key) for key in self.run_keys]
            return self._runs


def encode_run(sources: dict[bytes, KnownSource]) -> bytes:
    """A run's records, sorted; without the checksum that is added when it is stored."""
    records: list[bytes] = []
    for digest in sorted(sources):
        version, modified_ns, parts = sources[digest]
        for segment, number in parts or ((0, NO_PART),):
            records.append(RECORD.pack(digest, version, modified_ns, segment, number))
    return b"".join(records)


def seal_run(run: bytes) -> bytes:
    """The run as it is stored: with its checksum behind it."""
    return run + zlib.crc32(run).to_bytes(4, "big")


def check_run(stored: bytes, key: str) -> bytes:
    """The records of a stored run; raises `CatalogError` when it is damaged."""
    run = stored[:-4]
    if len(stored) < 4 or len(run) % RECORD.size or zlib.crc32(run) != int.from_bytes(stored[-4:], "big"):
        raise CatalogError(f"'{key}' is damaged: its checksum does not fit its content")
    return run


def find_in_run(run: bytes, digest: bytes) -> KnownSource | None:
    """Binary search."""
    low, high, size = 0, len(run) // RECORD.size, RECORD.size
    while low < high:
        middle = (low + high) // 2
        if run[middle * size : middle * size + 16] < digest:
            low = middle + 1
        else:
            high = middle
    parts: list[tuple[int, int]] = []
    version, modified_ns, offset = b"", 0, low * size
    while run[offset : offset + 16] == digest:
        _, version, modified_ns, segment, number = RECORD.unpack_from(run, offset)
        parts.append((segment, number))
        offset += size
    if not parts:
        return None
    return KnownSource(version, modified_ns, tuple(part for part in parts if part[1] != NO_PART))


def merge_runs(older: bytes, newer: bytes) -> bytes:
    """Both in one; where both know an object, the newer's records stay."""
    pieces: list[bytes] = []
    size = RECORD.size
    left = right = 0
    while left < len(older) and right < len(newer):
        old, new = older[left : left + 16], newer[right : right + 16]
        if old == new:
            left += size
        elif old < new:
            pieces.append(older[left : left + size])
            left += size
        else:
            right = _take_object(newer, right, new, pieces)
            while older[left : left + 16] == new:
                left += size
    pieces += [older[left:], newer[right:]]
    return b"".join(pieces)


def _take_object(run: bytes, start: int, digest: bytes, pieces: list[bytes]) -> int:
    end = start
    while run[end : end + 16] == digest:
        end += RECORD.size
    pieces.append(run[start:end])
    return end

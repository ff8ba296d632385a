"""Which source objects are in the lake, and which version of each: what makes indexing twice a no-op.

A searcher never needs this; a writer does, for millions of objects. So it is kept apart from the segments: runs of
records sorted by digest (source_run.py), written with checkpoints and merged like the levels of an LSM tree: a record
is rewritten a logarithmic number of times. What came after the last checkpoint is a dict.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from lakebed.catalog.entries import SourceRecord, id_of_key, source_digest
from lakebed.catalog.source_run import KnownSource, count_by_segment, encode_run, find_in_run, load_run, merge_runs

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence

MERGE_RATIO = 2
"""A run is merged with the one before it unless that one is more than so many times larger."""


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

    def count_by_segment(self) -> Counter[int]:
        """How many objects begin in each segment, by its id. Reads all runs: some seconds for a million objects."""
        with self._lock:
            return count_by_segment(functools.reduce(merge_runs, [*self._loaded(), encode_run(self._recent)]))

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
                self._runs = [load_run(self._load(key), key) for key in self.run_keys]
            return self._runs

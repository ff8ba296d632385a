"""Which source objects are in the lake, and which version of each: what makes indexing twice a no-op.

A searcher never needs this; a writer does, for millions of objects. So it is kept apart from the segments: runs of
records sorted by digest (source_run.py), written with checkpoints and merged like the levels of an LSM tree: a record
is rewritten a logarithmic number of times. What came after the last checkpoint is a dict. Where merges of segments
have moved objects, redirects lead on (redirects.py), until the run with their records is written anew.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.entries import SourceRecord, id_of_key, source_digest
from lakebed.catalog.redirects import Redirects, load_redirects
from lakebed.catalog.source_run import (
    NO_PART,
    RECORD,
    KnownSource,
    count_by_segment,
    encode_run,
    find_in_run,
    fold_run,
    load_run,
    merge_runs,
    segment_ids,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lakebed.catalog.entries import Move

MERGE_RATIO = 2
"""A run is merged with the one before it unless that one is more than so many times larger."""


@dataclass(frozen=True)
class SourceFiles:
    """Where a checkpoint has the source objects: runs, and redirects (empty: there are none)."""

    runs: Sequence[str] = ()
    redirects: str = ""


@dataclass(frozen=True)
class NewRun:
    """A run to be written with a checkpoint: it stands for what came since the last one and all runs after `kept`.

    `redirects` are those that the runs that stay need.
    """

    run: bytes
    kept: int
    redirects: Redirects = field(default_factory=Redirects)


def known_from_record(record: SourceRecord) -> KnownSource:
    """The short form of a commit's record."""
    parts = tuple((id_of_key(key), number) for key, number in record.parts)
    return KnownSource(record.version, record.modified_ns, parts)


class SourceTable:
    """Source objects by digest. Files are loaded when first asked for. Not changed by readers; thread-safe."""

    def __init__(self, files: SourceFiles, load: Callable[[str], bytes]) -> None:
        self.files = files
        self._load = load
        self._runs: list[bytes] | None = None if files.runs else []
        self._recent: dict[bytes, KnownSource] = {}
        self._redirects = Redirects()
        self._lock = threading.RLock()

    def find(self, index: str, url: str) -> KnownSource | None:
        """What is known of the object, or None. Its parts are where they are now."""
        digest = source_digest(index, url)
        found = self._recent.get(digest)
        if found is None:
            for run in reversed(self._loaded()):
                found = find_in_run(run, digest)
                if found is not None:
                    break
        return None if found is None else self._followed(found)

    def apply(self, records: Iterable[SourceRecord], moves: Iterable[Move] = ()) -> None:
        """Takes what a commit says."""
        with self._lock:
            for record in records:
                self._recent[source_digest(record.index, record.url)] = known_from_record(record)
            self._redirects.add(moves)

    def take(self, known: Mapping[bytes, KnownSource]) -> None:
        """Takes what is known of objects, by digest, where no commit says it."""
        with self._lock:
            self._recent.update(known)

    def count_by_segment(self) -> Counter[int]:
        """How many objects begin in each segment, by its id. Reads all runs: some seconds for a million objects."""
        return count_by_segment(self.run())

    def places(self) -> Iterator[tuple[int, int]]:
        """Where each object's events are: segment id and number. Reads all runs."""
        for _, _, _, segment, number in RECORD.iter_unpack(self.run()):
            if number != NO_PART:
                yield segment, number

    def run(self) -> bytes:
        """All records in one run, with their places as they are now. Reads all runs."""
        with self._lock:
            runs = [fold_run(run, self._redirects) for run in self._loaded()]
            return functools.reduce(merge_runs, [*runs, self._recent_run()])

    def new_run(self) -> NewRun:
        """What a checkpoint is to write: what came since the last one, with as many of the last runs as it should.

        With many redirects, compared with the records, all runs: a redirect is not kept for ever.
        """
        with self._lock:
            runs = list(self._loaded())
            merged = self._recent_run()
            while runs and len(runs[-1]) <= MERGE_RATIO * len(merged):
                merged = merge_runs(fold_run(runs.pop(), self._redirects), merged)
            left = self._redirects
            if left.by_segment:
                left = left.needed(set().union(*(segment_ids(run) for run in runs)))
            records = sum(len(run) for run in runs) // RECORD.size
            if len(left) > max(config.REDIRECTS_KEPT, records // config.RECORDS_PER_REDIRECT):
                while runs:
                    merged = merge_runs(fold_run(runs.pop(), self._redirects), merged)
                left = Redirects()
            return NewRun(merged, len(runs), left)

    def replace_runs(self, new: NewRun, files: SourceFiles) -> None:
        """What `new_run` gave is stored in these files now; a run without records is in none."""
        with self._lock:
            runs = self._loaded()[: new.kept]
            if new.run:
                runs.append(new.run)
            self.files = files
            self._runs = runs
            self._recent = {}
            self._redirects = new.redirects

    @property
    def recent_count(self) -> int:
        """Objects recorded since the last checkpoint."""
        return len(self._recent)

    @property
    def redirect_count(self) -> int:
        """Segments that records point to although they were merged."""
        self._loaded()
        return len(self._redirects)

    def _followed(self, known: KnownSource) -> KnownSource:
        redirects = self._redirects
        if not any(segment in redirects.by_segment for segment, _ in known.parts):
            return known
        parts = [redirects.follow(segment, number) for segment, number in known.parts]
        return known._replace(parts=tuple(part for part in parts if part is not None))

    def _recent_run(self) -> bytes:
        return encode_run({digest: self._followed(known) for digest, known in self._recent.items()})

    def _loaded(self) -> list[bytes]:
        with self._lock:
            if self._runs is None:
                if self.files.redirects:
                    stored = load_redirects(self._load(self.files.redirects), self.files.redirects)
                    self._redirects = Redirects(stored.by_segment | self._redirects.by_segment)
                self._runs = [load_run(self._load(key), key) for key in self.files.runs]
            return self._runs

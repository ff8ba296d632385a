"""One round of maintenance: expire, merge, carry out deletions, let raw objects go, collect garbage.

`lakebed run` and cron call the same.

Several processes may do so at once: what two of them do is done once, the other's work is void. A lease, where there
is one (`Leases`), only saves that work. A job that fails is told in the report, and what it was about is left alone
for a while, so that one damaged segment does not hold up the rest of a lake.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.errors import CorruptSegmentError, LakebedError, LimitError
from lakebed.maintenance.clock import agreed_now_ns
from lakebed.maintenance.garbage import collect
from lakebed.maintenance.keys import generation_of
from lakebed.maintenance.merging import Merged, Stopped, merge
from lakebed.maintenance.policy import DEFAULT_TIERS, Job, Tiers, due_merges
from lakebed.maintenance.raw_objects import let_go
from lakebed.maintenance.report import Report
from lakebed.maintenance.retention import expired
from lakebed.maintenance.sweeping import due_sweeps, holds_deleted

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.maintenance.raw_objects import RawSource
    from lakebed.storage.store import Store


MERGES_SHARE, SWEEPS_SHARE = 0.7, 0.9
"""Of the time of a round: when merging ends, and when sweeping does."""


@dataclass(frozen=True)
class Policy:
    """What is wanted of a lake. Indexes without a retention keep everything, as do sources not in `raw`."""

    retention_s: Mapping[str, int | None] = field(default_factory=dict)
    tiers: Tiers = DEFAULT_TIERS
    raw: Sequence[RawSource] = ()


class Leases(Protocol):
    """Who works on what, so that two do not do the same. Correct without."""

    def acquire(self, name: str, owner: str, seconds: float) -> bool:
        """Whether it is ours for so long."""

    def release(self, name: str, owner: str) -> object:
        """Others may have it."""


class Maintenance:
    """Keeps one lake in order. Rounds are run by one thread; `stop` may be called by any."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        policy: Policy,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random,
        leases: Leases | None = None,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._policy = policy
        self._clock_ns = clock_ns
        self._monotonic = monotonic
        self._leases = leases
        self._owner = f"maintenance-{rng.getrandbits(64):016x}"
        self._stop = threading.Event()
        self._deadline = float("inf")
        self._left_alone: dict[str, float] = {}
        self._next_look = float("-inf")
        self._next_raw_look: dict[str, float] = {}

    def stop(self) -> None:
        """The round that runs, and each after it, ends as soon as it can: within one read of the store."""
        self._stop.set()

    def round(self, deadline: float = float("inf")) -> Report:
        """Does what is due until `deadline` (of `monotonic`). Errors of single jobs are in the report.

        Raises `StorageError` or `CatalogError` when the lake cannot be opened, `UnsafeStoreError` as a writer would.
        """
        began = self._monotonic()
        self._deadline = deadline
        report = Report()
        self._catalog.refresh()
        if self._is_stopped() or not self._catalog.is_created:
            report.is_stopped = self._is_stopped()
            return report
        self._catalog.open_for_writing()
        now_ns = self._clock_ns()
        self._expire(now_ns, report)
        # A lake with more to merge than time still has its deletions carried out and its garbage collected.
        self._deadline = began + MERGES_SHARE * (deadline - began)
        self._merge_what_is_due(now_ns, report)
        self._deadline = began + SWEEPS_SHARE * (deadline - began)
        self._sweep(now_ns, report)
        self._deadline = deadline
        self._let_raw_go(report)
        self._collect(report)
        report.is_stopped = report.merges_left > 0 or report.sweeps_left > 0 or self._is_stopped()
        return report

    def _is_stopped(self) -> bool:
        return self._stop.is_set() or self._monotonic() >= self._deadline

    def _expire(self, now_ns: int, report: Report) -> None:
        entries, retention_s = self._catalog.snapshot.entries(), self._policy.retention_s
        old = expired(entries, retention_s, now_ns)
        if not old or self._is_stopped():
            return
        try:
            old = expired(entries, retention_s, agreed_now_ns(self._store, self._clock_ns))
            outcome = self._catalog.commit(Changes("expire", remove=[entry.key for entry in old]))
        except LakebedError as error:
            report.fail("cannot expire segments", error)
            return
        report.expired = len(outcome.commit.remove) if outcome.commit else 0

    def _merge_what_is_due(self, now_ns: int, report: Report) -> None:
        """Again and again: what one merge makes may be due with others."""
        for _ in range(config.MERGE_PASSES_MAX):
            jobs = self._due(now_ns)
            for place, job in enumerate(jobs):
                if self._is_stopped():
                    report.merges_left = len(jobs) - place
                    return
                self._merge_one(job, report)
            if not jobs:
                return
            self._catalog.refresh()

    def _due(self, now_ns: int) -> list[Job]:
        """Merges, those with segments that were trouble lately left out."""
        entries = [entry for entry in self._catalog.snapshot.entries() if not self._is_left_alone(entry.key)]
        return due_merges(entries, now_ns, self._policy.tiers)

    def _merge_one(self, job: Job, report: Report, *, is_leased: bool = False) -> None:
        with _Lease(None if is_leased else self._leases, f"merge {job.index}", self._owner) as is_ours:
            if not is_ours:
                self._leave_alone(job.entries)
                return
            done = self._rewrite(job.entries, job.generation, report)
        if done is None:
            return
        report.bytes_read += done.bytes_read
        report.merges_void += done.is_void
        if not done.is_void:
            report.merges += 1
            report.segments_merged += len(done.removed)
            report.bytes_merged += done.bytes_written

    def _rewrite(self, entries: Sequence[SegmentEntry], generation: int, report: Report) -> Merged | None:
        """None: it failed, which is noted, or was stopped. What is gone meanwhile is left to the next look."""
        state = self._catalog.state
        current = [state.snapshot.entry(entry.key) for entry in entries]
        present = [entry for entry in current if entry is not None]
        if len(present) < len(entries):
            return Merged(is_void=True)
        try:
            done = merge(
                self._store,
                self._catalog,
                state,
                present,
                generation,
                lambda: secrets.randbits(64),  # two processes with one seed must not choose one key
                is_stopped=self._is_stopped,
            )
        except Stopped:
            return None
        except LimitError as error:
            self._halve(entries, generation, error, report)
            return None
        except LakebedError as error:
            report.fail(f"cannot merge {len(entries)} segments of '{entries[0].index}'", error)
            named = [entry for entry in entries if entry.key in str(error)]
            self._leave_alone(named or entries, error)
            return None
        report.deleted_events += done.deleted_events
        return done

    def _halve(self, entries: Sequence[SegmentEntry], generation: int, error: LimitError, report: Report) -> None:
        """Of what is too much for one segment (names of fields, objects) two are made."""
        middle = len(entries) // 2
        if middle < 2:
            report.fail(f"cannot merge {len(entries)} segments of '{entries[0].index}'", error)
            self._leave_alone(entries, error)
            return
        for half in (entries[:middle], entries[middle:]):
            self._merge_one(Job(half[0].index, tuple(half), generation), report, is_leased=True)

    def _sweep(self, now_ns: int, report: Report) -> None:
        merged = [entry.key for job in self._due(now_ns) for entry in job.entries]
        clean: list[str] = []
        state = self._catalog.state
        due = due_sweeps(state.snapshot, merged)
        for place, entry in enumerate(due):
            if self._is_stopped():
                report.sweeps_left = len(due) - place
                break
            if self._is_left_alone(entry.key):
                continue
            try:
                if state.snapshot.deletions_of(entry) and not holds_deleted(
                    self._store, state, entry, is_stopped=self._is_stopped
                ):
                    clean.append(entry.key)
                    continue
            except LakebedError as error:
                report.fail(f"cannot look for deleted events in '{entry.key}'", error)
                self._leave_alone([entry], error)
                continue
            self._rewrite_alone(entry, report)
        self._mark(clean, state.snapshot.number, report)

    def _rewrite_alone(self, entry: SegmentEntry, report: Report) -> None:
        done = self._rewrite([entry], generation_of(entry.key), report)
        if done is not None and not done.is_void:
            report.rewrites += 1
            report.bytes_read += done.bytes_read
            report.bytes_rewritten += done.bytes_written

    def _mark(self, keys: Sequence[str], number: int, report: Report) -> None:
        if not keys:
            return
        try:
            outcome = self._catalog.commit(Changes("sweep", swept=dict.fromkeys(keys, number)))
        except LakebedError as error:
            report.fail("cannot mark segments without deleted events", error)
            return
        report.segments_marked = len(outcome.commit.swept) if outcome.commit else 0

    def _let_raw_go(self, report: Report) -> None:
        """Of each source once in an hour, or again in the next round when there was more."""
        for source in self._policy.raw:
            if self._is_stopped() or self._monotonic() < self._next_raw_look.get(source.folder, 0.0):
                continue
            self._next_raw_look[source.folder] = self._monotonic() + config.GARBAGE_EVERY_S
            try:
                now_ns = agreed_now_ns(self._store, self._clock_ns)
                done = let_go(self._store, self._catalog, source, now_ns, is_stopped=self._is_stopped)
            except LakebedError as error:
                report.fail(f"cannot delete raw objects below '{source.folder}'", error)
                continue
            report.raw_deleted += done.objects
            report.raw_bytes_deleted += done.size_bytes
            if done.is_cut_short:
                del self._next_raw_look[source.folder]

    def _collect(self, report: Report) -> None:
        """Asks the store only when an hour has passed since this process asked last."""
        if self._is_stopped() or self._monotonic() < self._next_look:
            return
        self._next_look = self._monotonic() + config.GARBAGE_EVERY_S
        try:
            now_ns = agreed_now_ns(self._store, self._clock_ns)
            report.garbage = collect(
                self._store,
                self._catalog,
                now_ns,
                is_stopped=self._is_stopped,
            )
        except LakebedError as error:
            report.fail("cannot collect garbage", error)
            return

    def _leave_alone(self, entries: Sequence[SegmentEntry], error: LakebedError | None = None) -> None:
        """A damaged segment for an hour; after other failures, of the store above all, soon again."""
        is_lasting = isinstance(error, CorruptSegmentError | LimitError)
        wait_s = config.MAINTENANCE_DAMAGED_WAIT_S if is_lasting else config.MAINTENANCE_RETRY_WAIT_S
        until = self._monotonic() + wait_s
        self._left_alone = {key: when for key, when in self._left_alone.items() if when > self._monotonic()}
        self._left_alone.update((entry.key, until) for entry in entries)

    def _is_left_alone(self, key: str) -> bool:
        return self._left_alone.get(key, 0.0) > self._monotonic()


class _Lease:
    """A lease for the time of a `with` block; true when it is ours, or when there are none."""

    def __init__(self, leases: Leases | None, name: str, owner: str) -> None:
        self._leases, self._name, self._owner = leases, name, owner
        self._is_ours = False

    def __enter__(self) -> bool:
        if self._leases is None:
            return True
        try:
            self._is_ours = self._leases.acquire(self._name, self._owner, config.MAINTENANCE_LEASE_S)
        except LakebedError:
            return True  # without the state the lake is still kept in order
        return self._is_ours

    def __exit__(self, *_: object) -> None:
        if self._leases is not None and self._is_ours:
            try:
                self._leases.release(self._name, self._owner)
            except LakebedError:
                return  # it ends by itself

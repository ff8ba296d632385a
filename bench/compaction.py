"""A year of arrivals on a fake clock: how often the policy of merges writes a byte, how many segments it leaves.

No segment is made: arrivals and merges are entries of a catalog, so that a year takes seconds and every run with a seed
is the same. usage: python -m bench.compaction [SHAPE …]

Each shape is a way in which logs arrive. What is told of it is what a test asserts (tests/unit/maintenance).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bench.measure import Report, run_side
from lakebed.catalog.entries import SegmentEntry, segment_key
from lakebed.maintenance.keys import SECOND_NS, created_text, merged_key
from lakebed.maintenance.policy import DEFAULT_TIERS, HOUR_NS, Tiers, due_merges, is_mergeable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.corpus import Truth

START_S = 1_767_225_600  # 2026-01-01
DAY_S = 86_400
KB = 1000
MB = 1000 * KB
PACKED = 10
"""Bytes of source for each byte of a segment."""

SEED = 7


class Arrival(NamedTuple):
    """A segment that an indexer commits: when, into which index, of how many bytes of source, its event times."""

    at_s: float
    into: str
    raw_bytes: int
    min_s: float
    max_s: float


Arrivals: TypeAlias = Iterator[Arrival]


@dataclass(frozen=True)
class Shape:
    """A way in which logs arrive, and how often maintenance looks."""

    arrivals: Callable[[random.Random], Arrivals]
    days: int
    round_s: int
    first_day: int = 0
    """Of the events, counted from the start."""


@dataclass
class Outcome:
    """What a shape comes to."""

    arrived: int = 0
    merges: int = 0
    arrived_bytes: int = 0
    merged_bytes: int = 0
    times_written_max: int = 1
    """Of any byte, the first write included; counted apart from the generation in the keys."""

    segments_max: int = 0
    """In one index at once, those that are full or final left out."""

    segments: int = 0
    segments_needed: int = 0
    """What is left, and what would be if all were full."""

    last_hour_max: int = 0
    """Segments that a search over the last hour opens, in one index."""

    past_hour_mean: float = 0.0
    """The same for hours drawn from all but the last days."""

    seconds: float = 0.0

    @property
    def write_amplification(self) -> float:
        """Bytes written for a byte that arrived."""
        return 1 + self.merged_bytes / max(1, self.arrived_bytes)

    def told(self) -> dict[str, float]:
        """For the report."""
        return {**asdict(self), "write_amplification": round(self.write_amplification, 3)}


class Simulation:
    """A lake of entries only, of one shape."""

    def __init__(self, shape: Shape, rng: random.Random, tiers: Tiers = DEFAULT_TIERS) -> None:
        self.outcome = Outcome()
        self._shape = shape
        self._rng = rng
        self._tiers = tiers
        self._open: dict[str, SegmentEntry] = {}
        self._final: list[SegmentEntry] = []
        self._written: dict[str, int] = {}

    def run(self) -> Outcome:
        """All arrivals, with a round of maintenance every now and then, and rounds for a week after the last."""
        began = time.perf_counter()
        next_round = START_S + self._shape.round_s
        for arrival in self._shape.arrivals(self._rng):
            while arrival.at_s >= next_round:
                self._round(next_round)
                next_round += self._shape.round_s
            self._add(arrival)
        for later in range(7):
            self._round(START_S + (self._shape.days + later) * DAY_S)
        self._measure_end()
        self.outcome.seconds = round(time.perf_counter() - began, 1)
        return self.outcome

    def _add(self, arrival: Arrival) -> None:
        created = time.strftime("%Y%m%dT%H%M%S", time.gmtime(arrival.at_s))
        key = segment_key(arrival.into, created, self._rng.getrandbits(64))
        times = int(arrival.min_s * SECOND_NS), int(arrival.max_s * SECOND_NS)
        self.outcome.arrived += 1
        self.outcome.arrived_bytes += arrival.raw_bytes
        self._keep(_entry(key, arrival.raw_bytes, times), 1)

    def _keep(self, entry: SegmentEntry, written: int) -> None:
        self.outcome.times_written_max = max(self.outcome.times_written_max, written)
        if is_mergeable(entry, self._tiers):
            self._open[entry.key] = entry
            self._written[entry.key] = written
        else:
            self._final.append(entry)

    def _round(self, now_s: int) -> None:
        counts: dict[str, int] = {}
        fresh: dict[str, int] = {}
        since_ns = now_s * SECOND_NS - HOUR_NS
        for entry in self._open.values():
            counts[entry.index] = counts.get(entry.index, 0) + 1
            if entry.max_time_ns >= since_ns and entry.min_time_ns < now_s * SECOND_NS:
                fresh[entry.index] = fresh.get(entry.index, 0) + 1
        self.outcome.segments_max = max(self.outcome.segments_max, *counts.values(), 0)
        self.outcome.last_hour_max = max(self.outcome.last_hour_max, *fresh.values(), 0)
        for job in due_merges(self._open.values(), now_s * SECOND_NS, self._tiers):
            written = 0
            for entry in job.entries:
                del self._open[entry.key]
                written = max(written, self._written.pop(entry.key))
            key = merged_key(
                job.index,
                max(created_text(entry.key) for entry in job.entries),
                job.generation,
                self._rng.getrandbits(64),
            )
            times = min(entry.min_time_ns for entry in job.entries), max(entry.max_time_ns for entry in job.entries)
            self.outcome.merges += 1
            self.outcome.merged_bytes += job.raw_bytes
            self._keep(_entry(key, job.raw_bytes, times), written + 1)

    def _measure_end(self) -> None:
        entries = [*self._open.values(), *self._final]
        by_index: dict[str, list[SegmentEntry]] = {}
        for entry in entries:
            by_index.setdefault(entry.index, []).append(entry)
        self.outcome.segments = len(entries)
        self.outcome.segments_needed = sum(
            -(-sum(entry.raw_bytes for entry in found) // self._tiers.target_bytes) for found in by_index.values()
        )
        hours = 200
        touched = 0
        for _ in range(hours):
            found = by_index[self._rng.choice(sorted(by_index))]
            days = self._shape.first_day + self._rng.random() * max(1, self._shape.days - 1 - self._shape.first_day)
            start = (START_S + days * DAY_S) * SECOND_NS
            touched += sum(entry.max_time_ns >= start and entry.min_time_ns < start + HOUR_NS for entry in found)
        self.outcome.past_hour_mean = round(touched / hours, 2)


def _entry(key: str, raw_bytes: int, times: tuple[int, int]) -> SegmentEntry:
    return SegmentEntry(key, raw_bytes // 500 + 1, raw_bytes, raw_bytes // PACKED + 1, 1, *times, 1)


def _steady(every_s: float, raw_bytes: int, days: int, indexes: int = 1) -> Callable[[random.Random], Arrivals]:
    """A segment every so often, each with the events since the last."""

    def arrivals(rng: random.Random) -> Arrivals:
        for number in range(int(days * DAY_S / every_s)):
            at = START_S + (number + rng.random() * 0.5) * every_s
            size = int(raw_bytes * (0.5 + rng.random()))
            lag = rng.random() * 300
            yield Arrival(at, f"index{number % indexes}", size, at - lag - every_s * indexes, at - lag)

    return arrivals


def _bursts(rng: random.Random) -> Arrivals:
    """4,000 objects of 10 kB within an hour, every four weeks: a delivery that was held up."""
    for week in range(0, 52, 4):
        for number in range(4000):
            at = START_S + week * 7 * DAY_S + number * 0.9
            event = at - rng.random() * 6 * 3600
            yield Arrival(at, "burst", 10 * KB, event, event + 60)


def _late(rng: random.Random) -> Arrivals:
    """One in ten is up to 90 days late."""
    for at_s in range(START_S, START_S + 365 * DAY_S, 600):
        event = at_s - (rng.random() * 90 * DAY_S if rng.random() < 0.1 else rng.random() * 60)
        yield Arrival(at_s, "late", 40 * KB, event - 600, event)


def _out_of_order(rng: random.Random) -> Arrivals:
    """Each of any hour of the last 30 days."""
    for at_s in range(START_S, START_S + 365 * DAY_S, 600):
        event = at_s - rng.random() * 30 * DAY_S
        yield Arrival(at_s, "mixed", 40 * KB, event - 600, event)


def _wrong_clocks(rng: random.Random) -> Arrivals:
    """One in twenty holds an event of 1970, of 2099 or of both."""
    for at_s in range(START_S, START_S + 365 * DAY_S, 600):
        low, high = at_s - 600.0, float(at_s)
        if rng.random() < 0.05:
            low, high = rng.choice([(0.0, high), (low, 4_070_908_800.0), (0.0, 4_070_908_800.0)])
        yield Arrival(at_s, "clocks", 40 * KB, low, high)


def _backfill(rng: random.Random) -> Arrivals:
    """A year of hourly objects, read in a day in no order, beside what is new."""
    hours = list(range(365 * 24))
    rng.shuffle(hours)
    for number, hour in enumerate(hours):
        at = START_S + number * 10
        event = START_S - hour * 3600
        yield Arrival(at, "old", 2 * MB, event - 3600, event)


SHAPES: dict[str, Shape] = {
    "steady, 250 MB each": Shape(_steady(1800, 250 * MB, 365), 365, 3600),
    "steady, 30 MB each": Shape(_steady(600, 30 * MB, 365), 365, 1800),
    "steady, 10 kB every 5 minutes": Shape(_steady(300, 10 * KB, 365), 365, 3600),
    "steady, 10 kB a day": Shape(_steady(DAY_S, 10 * KB, 365), 365, DAY_S),
    "2 commits a second for a day": Shape(_steady(0.5, 5 * KB, 1), 1, 15),
    "bursts of 4,000": Shape(_bursts, 365, 900),
    "late data": Shape(_late, 365, 3600),
    "out of order": Shape(_out_of_order, 365, 3600),
    "wrong clocks": Shape(_wrong_clocks, 365, 3600),
    "backfill of a year": Shape(_backfill, 2, 300, first_day=-365),
    "50 indexes": Shape(_steady(600, 100 * KB, 365, 50), 365, 6 * 3600),
}


def simulate(name: str, seed: int = SEED) -> Outcome:
    """Runs one shape."""
    return Simulation(SHAPES[name], random.Random(f"{seed} {name}")).run()


def run(report: Report, _corpus: Path, _truth: Truth, _work: Path) -> None:
    """All shapes; the corpus has no part in it."""
    shapes = {name: simulate(name) for name in SHAPES}
    report.facts["shapes"] = {name: outcome.told() for name, outcome in shapes.items()}


def show(names: Sequence[str]) -> None:
    """Prints a line for each shape as it is done."""
    for name in names:
        found = simulate(name)
        print(
            f"{name:30} {found.arrived:8,} arrived {found.merges:7,} merges {found.write_amplification:5.2f} x "
            f"(any byte {found.times_written_max}) {found.segments:6,} left of {found.segments_needed:5,} most "
            f"{found.segments_max:5,} last hour {found.last_hour_max:4,} past hour {found.past_hour_mean:6.2f} "
            f"{found.seconds:5.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) == 1 or sys.argv[1] in SHAPES:
        show(sys.argv[1:] or list(SHAPES))
    else:
        run_side("compaction", run)

"""Which segments are worth merging: from what the catalog says of them and the clock, nothing else.

Three aims pull against each other: few segments, each byte written at most four times, and segments that are narrow in
event time. So (docs/adr/0017):

- A segment knows its generation, the number of merges behind it. Only segments of one generation are merged with each
  other, and none of generation 3: with the first write a byte is written four times at most, whatever arrives how.
- Segments are merged when 32 stand close to each other in event time (six hours for fresh ones, 2 and 16 days for
  later generations), or when fewer together make a full segment. What is scattered wider waits for neighbours, for
  six hours or until there are 1,024; then of 64 or more those nearest to each other go. After a day eight are enough.
- Segments that are wide themselves (late data, wrong clocks) are merged among their like, so that they do not widen
  others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lakebed import config
from lakebed.maintenance.keys import SECOND_NS, created_ns, generation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.catalog.entries import SegmentEntry

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS


@dataclass(frozen=True)
class Tiers:
    """The numbers of the policy; tests make them small."""

    target_bytes: int = config.SEGMENT_BYTES
    full_bytes: int = config.MERGE_FULL_BYTES
    fan_in: int = config.MERGE_FAN_IN
    backlog: int = config.MERGE_BACKLOG
    settled_fan_in: int = config.MERGE_SETTLED_FAN_IN
    inputs_max: int = config.MERGE_INPUTS_MAX
    generations: int = config.MERGE_GENERATIONS
    heap: int = config.MERGE_HEAP
    patience_ns: int = 6 * HOUR_NS
    """How long what is scattered waits for neighbours, as long as it is no heap."""

    settled_ns: int = DAY_NS
    windows_ns: tuple[int, ...] = (6 * HOUR_NS, 2 * DAY_NS, 16 * DAY_NS)
    """How far apart in event time those of a generation may stand that are merged at once; the last is for the rest."""

    lanes_ns: tuple[int, ...] = (DAY_NS, 32 * DAY_NS)
    """Segments wider than each of these are merged among themselves; the widest by when they came."""

    settled_window_ns: int = 32 * DAY_NS
    """Settled segments further apart than this stay: small and narrow is better for searches than few and wide."""


DEFAULT_TIERS = Tiers()


@dataclass(frozen=True)
class Job:
    """Segments of one index to merge, in the order in which their objects shall stand."""

    index: str
    entries: tuple[SegmentEntry, ...]
    generation: int
    """That of the segment to be."""

    @property
    def raw_bytes(self) -> int:
        """Bytes of source that the new segment will stand for, at most."""
        return sum(entry.raw_bytes for entry in self.entries)

    @property
    def gain(self) -> float:
        """Segments less for each byte to write: the jobs that help most for least go first."""
        return (len(self.entries) - 1) / max(1, self.raw_bytes)


class _Place(NamedTuple):
    """Where a segment stands among those it may be merged with: in event time; the widest in arrival."""

    low: int
    high: int
    entry: SegmentEntry


def is_mergeable(entry: SegmentEntry, tiers: Tiers = DEFAULT_TIERS) -> bool:
    """Whether the segment may ever be merged again: others are never looked at."""
    return entry.raw_bytes < tiers.full_bytes and generation_of(entry.key) < tiers.generations


def due_merges(entries: Iterable[SegmentEntry], now_ns: int, tiers: Tiers = DEFAULT_TIERS) -> list[Job]:
    """What should be merged now, the most useful first. No segment is in two jobs."""
    groups: defaultdict[tuple[str, int, int], list[_Place]] = defaultdict(list)
    for entry in entries:
        if is_mergeable(entry, tiers):
            lane = _lane(entry, tiers)
            groups[entry.index, generation_of(entry.key), lane].append(_place(entry, lane, tiers))
    jobs: list[Job] = []
    for (index, generation, lane), places in groups.items():
        places.sort(key=_order)
        is_widest = lane == len(tiers.lanes_ns)
        runs = _runs(places[: config.MERGE_CONSIDERED_MAX], generation, now_ns, tiers, is_widest=is_widest)
        jobs.extend(Job(index, tuple(place.entry for place in run), generation + 1) for run in runs)
    return sorted(jobs, key=lambda job: (-job.gain, job.entries[0].key))


def _lane(entry: SegmentEntry, tiers: Tiers) -> int:
    span = entry.max_time_ns - entry.min_time_ns
    return sum(span > limit for limit in tiers.lanes_ns)


def _place(entry: SegmentEntry, lane: int, tiers: Tiers) -> _Place:
    if lane < len(tiers.lanes_ns):
        return _Place(entry.min_time_ns, entry.max_time_ns, entry)
    created = created_ns(entry.key) or 0
    return _Place(created, created, entry)


def _runs(
    places: Sequence[_Place], generation: int, now_ns: int, tiers: Tiers, *, is_widest: bool
) -> list[list[_Place]]:
    """Runs of segments to merge, of segments of one generation and lane in order."""
    window = tiers.windows_ns[min(generation, len(tiers.windows_ns) - 1)]
    runs, rest = _close_runs(places, window, tiers)
    if len(rest) >= tiers.backlog and _has_waited(rest, now_ns, tiers):
        more, rest = _densest_runs(rest, max(tiers.fan_in, len(rest) // tiers.fan_in), tiers.backlog, None, tiers)
        runs += more
    settled = [place for place in rest if _is_settled(place.entry, now_ns, tiers)]
    if len(settled) >= tiers.settled_fan_in:
        count = max(tiers.settled_fan_in, len(settled) // 2)
        settled_window = None if is_widest else tiers.settled_window_ns
        more, _ = _densest_runs(settled, count, tiers.settled_fan_in, settled_window, tiers)
        runs += more
    return runs


def _has_waited(places: Sequence[_Place], now_ns: int, tiers: Tiers) -> bool:
    """Whether most have waited for neighbours for long enough, or a heap of them is there."""
    if len(places) >= tiers.heap:
        return True
    created = sorted(created_ns(place.entry.key) or 0 for place in places)
    return created[len(created) // 2] <= now_ns - tiers.patience_ns


def _is_settled(entry: SegmentEntry, now_ns: int, tiers: Tiers) -> bool:
    created = created_ns(entry.key)
    return created is not None and created <= now_ns - tiers.settled_ns


def _close_runs(places: Sequence[_Place], window: int, tiers: Tiers) -> tuple[list[list[_Place]], list[_Place]]:
    """Runs within the window, each of enough segments or a full one; and what is in none.

    Of segments wider than the window, those that lie within twice the span of one are close to it.
    """
    runs: list[list[_Place]] = []
    rest: list[_Place] = []
    for is_wide in (False, True):
        like = [place for place in places if (place.high - place.low > window) == is_wide]
        start = 0
        while start < len(like):
            end = _end_of_run(like, start, 2 * (like[start].high - like[start].low) if is_wide else window, tiers)
            run = like[start:end]
            # Without a next one that is too far or too much, more may come that belongs to it.
            is_full = end < len(like) and end - start > 1 and _raw_bytes(run) >= tiers.full_bytes
            if len(run) >= tiers.fan_in or is_full:
                runs.append(run)
                start = end
            else:
                rest.append(like[start])
                start += 1
    return runs, sorted(rest, key=_order)


def _order(place: _Place) -> tuple[int, int, str]:
    return place.low, place.high, place.entry.key


def _end_of_run(places: Sequence[_Place], start: int, window: int | None, tiers: Tiers, count: int = 0) -> int:
    """Where a run from `start` must end: too wide, too large, or of `count` segments."""
    low, high, raw_bytes = places[start].low, places[start].high, 0
    limit = min(len(places), start + (count or tiers.inputs_max))
    for end in range(start, limit):
        place = places[end]
        raw_bytes += place.entry.raw_bytes
        high = max(high, place.high)
        if (window is not None and high - low > window) or (raw_bytes > tiers.target_bytes and end > start):
            return end
    return limit


def _raw_bytes(run: Sequence[_Place]) -> int:
    return sum(place.entry.raw_bytes for place in run)


def _densest_runs(
    places: Sequence[_Place], count: int, least: int, window: int | None, tiers: Tiers
) -> tuple[list[list[_Place]], list[_Place]]:
    """Runs of `count` neighbours that together span least, until fewer than `least` segments are left; and these.

    A run that becomes full with fewer is one too.
    """
    count = min(count, tiers.inputs_max)
    found: list[tuple[int, int, int]] = []
    for start in range(len(places)):
        end = _end_of_run(places, start, window, tiers, count)
        run = places[start:end]
        if len(run) == count or (len(run) > 1 and _raw_bytes(run) >= tiers.full_bytes):
            found.append((max(place.high for place in run) - run[0].low, start, end))
    taken = [False] * len(places)
    left = len(places)
    runs: list[list[_Place]] = []
    for _, start, end in sorted(found):
        if left < least:
            break
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            left -= end - start
            runs.append(list(places[start:end]))
    return runs, [place for place, is_taken in zip(places, taken, strict=True) if not is_taken]

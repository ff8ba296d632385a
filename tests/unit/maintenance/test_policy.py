"""Which segments are merged with which; and a year of arrivals, with what must hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.compaction import DAY_S, KB, MB, SHAPES, START_S, Arrival, Arrivals, Outcome, Shape, Simulation
from lakebed.catalog.entries import SegmentEntry, segment_key
from lakebed.maintenance.keys import SECOND_NS, created_ns, merged_key
from lakebed.maintenance.policy import DAY_NS, HOUR_NS, Job, Tiers, due_merges, is_mergeable

if TYPE_CHECKING:
    import random

NOW = created_ns("segments/web/20260401T120000-0000000000000001.seg") or 0
_numbers = iter(range(1, 1 << 60))


def entry(
    hours_ago: float,
    *,
    raw_bytes: int = 10 * KB,
    span_s: float = 60,
    generation: int = 0,
    index: str = "web",
    created: str = "20260401T115900",
) -> SegmentEntry:
    number = next(_numbers)
    key = merged_key(index, created, generation, number) if generation else segment_key(index, created, number)
    low = NOW - int(hours_ago * HOUR_NS)
    return SegmentEntry(key, 10, raw_bytes, raw_bytes // 10, 1, low, low + int(span_s * SECOND_NS), 1)


def merged(jobs: list[Job]) -> list[list[SegmentEntry]]:
    return [list(job.entries) for job in jobs]


def test_32_fresh_segments_become_one_in_order_of_time() -> None:
    entries = [entry(hour) for hour in [place / 60 for place in range(32)]]
    jobs = due_merges(entries, NOW)
    assert jobs == [Job("web", tuple(reversed(entries)), 1)]
    assert due_merges(entries[:31], NOW) == []


def test_indexes_and_generations_are_not_mixed() -> None:
    entries = [
        entry(0.1, index=name, generation=generation) for name in "ab" for generation in (0, 1) for _ in range(16)
    ]
    assert due_merges(entries, NOW) == []


def test_a_full_segment_is_left_alone_and_few_large_ones_become_a_full_one() -> None:
    full = [entry(hour / 10, raw_bytes=128 * 1024 * 1024) for hour in range(50)]
    assert due_merges(full, NOW) == []
    large = [entry(2 - hour / 10, raw_bytes=60 * MB) for hour in range(6)]
    (job,) = due_merges([*full, *large], NOW)
    assert list(job.entries) == large[:4]
    assert job.raw_bytes <= Tiers().target_bytes


def test_the_third_generation_is_the_last() -> None:
    assert due_merges([entry(0.1, generation=2) for _ in range(32)], NOW)[0].generation == 3
    last = [entry(0.1, generation=3) for _ in range(1000)]
    assert due_merges(last, NOW) == []
    assert not any(is_mergeable(one) for one in last)


def test_late_data_does_not_widen_what_is_new() -> None:
    fresh = [entry(place / 100) for place in range(40)]
    late = [entry(24 * 30 + place) for place in range(20)]
    (job,) = due_merges([*fresh, *late], NOW)
    assert set(job.entries) == set(fresh)


def test_of_scattered_segments_those_nearest_to_each_other_go_first() -> None:
    waited = "20260401T060000"
    near = [entry(24 * 100 + place, created=waited) for place in range(32)]
    far = [entry(24 * 200 + 24 * 10 * place, created=waited) for place in range(32)]
    assert merged(due_merges([*far, *near], NOW)) == [list(reversed(near))]
    assert due_merges([*far, *near[:31]], NOW) == []
    young = [entry(24 * 100 + place) for place in range(33)]
    assert due_merges([*far[:31], *young], NOW) == [], "neighbours may come"


def test_a_heap_of_scattered_segments_does_not_wait() -> None:
    entries = [entry(7 * place) for place in range(1024)]
    assert due_merges(entries[:1023], NOW) == []
    jobs = due_merges(entries, NOW)
    assert sum(len(job.entries) for job in jobs) > 1024 - 64
    assert all(job.entries[-1].max_time_ns - job.entries[0].min_time_ns < 7 * 32 * HOUR_NS for job in jobs)


def test_segments_that_are_wide_alike_do_not_wait() -> None:
    daily = [entry(12 + place / 10, span_s=12 * 3600) for place in range(32)]
    assert merged(due_merges(daily, NOW)) == [list(reversed(daily))]
    hourly = [entry(12 + place / 10, span_s=3600) for place in range(31)]
    assert due_merges([*daily[:31], *hourly], NOW) == []


def test_what_nothing_came_near_to_for_a_day_is_merged_from_eight() -> None:
    old = [entry(24 * place, created="20260331T110000") for place in range(8)]
    assert merged(due_merges(old, NOW)) == [list(reversed(old))]
    assert due_merges(old[:7], NOW) == []
    assert due_merges([entry(24 * place) for place in range(8)], NOW) == []
    years_apart = [entry(24 * 365 * place, created="20260331T110000") for place in range(8)]
    assert due_merges(years_apart, NOW) == []


def test_segments_with_wrong_clocks_are_merged_among_themselves() -> None:
    right = [entry(place / 100) for place in range(32)]
    wrong = [entry(24 * 365 * 50 + place, span_s=DAY_S * 365 * 50) for place in range(32)]
    jobs = due_merges([*right, *wrong], NOW)
    assert sorted(map(set, merged(jobs)), key=len) == [set(right), set(wrong)] or [set(wrong), set(right)] == [
        set(one) for one in merged(jobs)
    ]


def test_4000_small_objects_at_once() -> None:
    entries = [entry(place / 4000) for place in range(4000)]
    jobs = due_merges(entries, NOW)
    assert [len(job.entries) for job in jobs] == [1024, 1024, 1024, 928]
    assert {one.key for job in jobs for one in job.entries} == {one.key for one in entries}


def test_no_segment_is_in_two_jobs_and_none_is_larger_than_wanted(rng: random.Random) -> None:
    for _ in range(30):
        tiers = Tiers(
            target_bytes=20 * MB, full_bytes=10 * MB, inputs_max=rng.choice([4, 40]), fan_in=rng.choice([2, 8])
        )
        entries = [
            entry(
                rng.choice([rng.random(), rng.random() * 1000]),
                raw_bytes=int(10 ** (3 + rng.random() * 5)),
                span_s=10 ** (rng.random() * 9),
                generation=rng.randrange(4),
                index=rng.choice("abc"),
                created=rng.choice(["20260401T115900", "20260301T000000", "unknown-at-all.."]),
            )
            for _ in range(rng.randrange(300))
        ]
        jobs = due_merges(entries, NOW, tiers)
        keys = [one.key for job in jobs for one in job.entries]
        assert len(keys) == len(set(keys))
        for job in jobs:
            assert 2 <= len(job.entries) <= tiers.inputs_max
            assert job.raw_bytes <= tiers.target_bytes
            assert {one.index for one in job.entries} == {job.index}
            assert {(f"-g{job.generation - 1}-" in one.key) or job.generation == 1 for one in job.entries} == {True}
        assert due_merges(reversed(entries), NOW, tiers) == jobs, "the order of the catalog does not matter"


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_a_year_of_arrivals(name: str, rng: random.Random) -> None:
    found = Simulation(SHAPES[name], rng).run()
    print(found)  # noqa: T201 - shown when it fails
    assert found.times_written_max <= 4
    assert found.write_amplification <= 4
    segments_max, last_hour_max, past_hour_max = BOUNDS[name]
    assert found.segments_max <= segments_max
    assert found.last_hour_max <= last_hour_max
    assert found.past_hour_mean <= past_hour_max
    indexes = 50 if name == "50 indexes" else 1
    assert found.segments <= 2 * found.segments_needed + 130 * indexes


BOUNDS = {
    "steady, 250 MB each": (30, 5, 5.0),
    "steady, 30 MB each": (40, 10, 3.0),
    "steady, 10 kB every 5 minutes": (100, 20, 4.0),
    "steady, 10 kB a day": (70, 1, 2.0),
    "2 commits a second for a day": (150, 120, 3.0),
    "bursts of 4,000": (1200, 400, 3.0),
    "late data": (250, 15, 10.0),
    "out of order": (250, 10, 10.0),
    "wrong clocks": (250, 60, 25.0),
    "backfill of a year": (1200, 5, 9.0),
    "50 indexes": (100, 5, 3.0),
}
"""Of each shape the most small segments of an index at once, the most that a search over the last hour opens, and the
mean of searches over an hour in the past."""


def test_the_simulation_tells_when_a_policy_writes_too_often(rng: random.Random) -> None:
    def arrivals(chance: random.Random) -> Arrivals:
        for number in range(300):
            at = START_S + number * 60
            yield Arrival(at, "web", 10 * KB, at - 900, at)

    def run(tiers: Tiers) -> Outcome:
        return Simulation(Shape(arrivals, 3, 600), rng, tiers).run()

    assert run(Tiers()).times_written_max <= 4
    assert run(Tiers(fan_in=2, backlog=4, settled_fan_in=2, generations=9)).times_written_max > 4
    none = run(Tiers(fan_in=10**6, backlog=10**6, settled_fan_in=10**6))
    assert (none.merges, none.segments, none.segments_max) == (0, 300, 300)
    assert none.past_hour_mean > 0
    assert DAY_NS == DAY_S * SECOND_NS

"""Leases when clocks are set: they run by a clock of the state, whatever the time of day is at a runner."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lakebed.state import WorkObject, limits, open_state

if TYPE_CHECKING:
    import random

DAY_S = 86_400.0
WAIT_S = 60.0


def objects(count: int) -> list[WorkObject]:
    return [WorkObject("a", f"s3://b/{number}", 1, 1, None, "listing", 0.0) for number in range(count)]


def test_no_lease_is_lost_when_the_clock_of_a_runner_jumps(
    state_url: str, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    with open_state(state_url, clock=lambda: now[0]) as mine, open_state(state_url, clock=lambda: now[0]) as other:
        mine.work.offer(objects(5))
        got = mine.work.claim("a", count=5, lease_s=600)
        assert mine.leases.acquire("list", "a", 600)
        for _ in range(10):
            now[0] += rng.choice([-1, 1]) * rng.choice([1.0, 3_600.0, DAY_S, 4_000 * DAY_S])
            assert other.work.claim("b", count=5, lease_s=600) == []
            assert not other.leases.acquire("list", "b", 600)
            assert mine.work.extend([one.id for one in got], "a", 600) == [one.id for one in got]
        assert mine.work.done([one.id for one in got], "a") == 5


def test_a_lease_ends_by_itself_though_the_clock_of_the_other_stands_still(state_url: str) -> None:
    with open_state(state_url, clock=lambda: 0.0) as state:
        state.work.offer(objects(1))
        [mine] = state.work.claim("a", count=1, lease_s=0.05)
        state.leases.acquire("list", "a", 0.05)
        deadline = time.monotonic() + WAIT_S
        while not (got := state.work.claim("b", count=1, lease_s=600)):
            assert time.monotonic() < deadline, "the lease never ended"
        while not state.leases.acquire("list", "b", 600):
            assert time.monotonic() < deadline, "the lease never ended"
        assert [one.id for one in got] == [mine.id]


@pytest.mark.parametrize("jump_s", [-limits.LEASE_S_MAX - 1, -DAY_S, -1e9])
def test_a_lease_clock_that_is_set_back_holds_nothing_for_ever(state_url: str, jump_s: float) -> None:
    """PostgreSQL's clock is that of its machine, which a person may set."""
    now = [1.8e9]
    with open_state(state_url, lease_clock=lambda: now[0]) as state:
        state.work.offer(objects(2))
        [mine, failed] = state.work.claim("a", count=2, lease_s=600)
        assert state.leases.acquire("list", "a", 600)
        state.work.failed(failed.id, "a", "broken", tries=9, retry_in_s=600)
        now[0] += jump_s + 600  # so that the deadline lies this far ahead
        assert [one.id for one in state.work.claim("b", count=2, lease_s=600)] == [mine.id, failed.id]
        assert state.leases.acquire("list", "b", 600)
        assert not state.leases.acquire("list", "a", 600)


def test_set_back_by_less_a_lease_lasts_longer_by_that(state_url: str) -> None:
    now = [1.8e9]
    with open_state(state_url, lease_clock=lambda: now[0]) as state:
        state.work.offer(objects(1))
        state.work.claim("a", count=1, lease_s=600)
        now[0] -= 1_000
        assert state.work.claim("b", count=1, lease_s=600) == []
        now[0] += 1_600
        assert len(state.work.claim("b", count=1, lease_s=600)) == 1


def test_after_a_restart_of_the_machine_nobody_holds_a_lease(state_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a SQLite state: its clock begins anew with the machine. PostgreSQL's does not, and its leases go on."""
    with open_state(state_url) as state:
        state.work.offer(objects(1))
        [mine] = state.work.claim("a", count=1, lease_s=600)
        assert state.leases.acquire("list", "a", 600)
    with open_state(state_url) as state:
        assert state.work.claim("b", count=1, lease_s=600) == []
    monkeypatch.setattr("lakebed.state.migrate.machine_start", lambda: "another")
    is_sqlite = "://" not in state_url
    with open_state(state_url) as state:
        assert [one.id for one in state.work.claim("b", count=1, lease_s=600)] == ([mine.id] if is_sqlite else [])
        assert state.leases.acquire("list", "b", 600) is is_sqlite
    with open_state(state_url) as state:  # the machine was not started anew once more
        assert state.work.claim("c", count=1, lease_s=600) == []
        assert not state.leases.acquire("list", "c", 600)

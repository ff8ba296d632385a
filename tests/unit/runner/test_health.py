from __future__ import annotations

from lakebed.runner import limits
from lakebed.runner.health import Health
from tests.runners import Heard


def test_waits_double_and_end_when_it_works() -> None:
    now = 0.0
    heard = Heard()
    health = Health(heard, monotonic=lambda: now)
    assert health.pause_s("lake") == 0
    waits = []
    for _ in range(9):
        health.failed("lake", "the store is down")
        health.failed("lake", "the store is down")  # by another thread, at the same time
        waits.append(health.pause_s("lake"))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, limits.PART_RETRY_S_MAX, limits.PART_RETRY_S_MAX, limits.PART_RETRY_S_MAX]
    assert heard.troubles == [("lake", "the store is down")]
    assert [(part, one.failures, one.since) for part, one in health.troubles.items()] == [("lake", 9, 0.0)]
    assert health.pause_s("source web") == 0
    health.works("lake")
    assert (health.pause_s("lake"), health.troubles) == (0, {})

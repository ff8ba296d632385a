"""What a runner of a survival test has to bear, drawn from a seed; crosses to its process as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import random

FAILING = 0.2
"""A store that fails or throttles so many of its requests is what must be survived."""

DAY_S = 86_400.0


class Hardship(msgspec.Struct, frozen=True):
    """Rates are per request, of the lake and of the logs. `fatal_request` 0: the process is not killed by itself.

    The clock is off by `clock_off_s` from the start, and jumps by `clock_jump_s` some time after.
    """

    seed: int
    throttled: float = 0.0
    lost_answer: float = 0.0
    truncated: float = 0.0
    fatal_request: int = 0
    fatal_delay_s: float = 0.0
    clock_off_s: float = 0.0
    clock_jump_s: float = 0.0


def draw_hardship(rng: random.Random) -> Hardship:
    """Some of everything; about every third runner lives until it is told to stop."""
    failing = rng.choice([0.0, rng.random() * FAILING, FAILING])
    return Hardship(
        seed=rng.randrange(1 << 30),
        throttled=failing,
        lost_answer=rng.choice([0.0, failing / 2, failing]),
        truncated=failing / 2,
        fatal_request=rng.choice([0, rng.randint(1, 40), rng.randint(1, 400)]),
        fatal_delay_s=rng.choice([0.0, rng.random() * 0.02]),
        clock_off_s=rng.choice([0.0, 0.0, -DAY_S, DAY_S]),
        clock_jump_s=rng.choice([0.0, 0.0, -3600.0, 3600.0]),
    )

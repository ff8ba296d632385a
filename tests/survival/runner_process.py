"""A runner in a process of its own, under hardship: `python -m tests.survival.runner_process`, told by JSON on stdin.

Ends by its own hand (kill -9), by its caller's, or cleanly on SIGTERM.
"""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lakebed.catalog.catalog import Catalog
from lakebed.errors import LakebedError
from lakebed.runner.runner import Runner
from lakebed.state import open_state
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from tests.faults.dying_store import DyingStore
from tests.runners import Heard, run_config
from tests.survival.hardship import Hardship
from tests.survival.places import Places, hurry, source_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.storage.store import Store

T = TypeVar("T")

JUMP_AFTER_S = 1.0
TRIES = 1000
"""A runner of people's sets an object aside after a few failures; here all must get through in the end."""


class Task(msgspec.Struct, frozen=True):
    """What the process is to do."""

    places: Places
    hardship: Hardship


def main() -> None:
    """Runs until it is told to stop, or dies."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    hurry()
    clock = wrong_clock(task.hardship)
    source = source_of(task.places)
    logs = hard(source.place.store, task.hardship, 1)
    source = dataclasses.replace(source, place=dataclasses.replace(source.place, store=logs))
    lake = hard(
        DyingStore(open_store(task.places.lake), task.hardship.fatal_request, task.hardship.fatal_delay_s),
        task.hardship,
        2,
    )
    heard = Heard()
    with open_state(task.places.state, clock=clock) as state:
        catalog = until_it_works(lambda: Catalog(lake, clock_ns=lambda: int(clock() * 1e9)))
        runner = Runner(lake, catalog, state, [source], run_config(tries=TRIES), reports=heard, clock=clock)
        until_it_works(runner.start)
        told.wait()
        runner.stop()
    unexpected = [one for one in heard.events if one[0] in ("thread_failed", "commit_failed")]
    if unexpected:
        sys.exit(f"unexpected: {unexpected}")


def hard(store: Store, hardship: Hardship, salt: int) -> Store:
    """A store that fails, behind what makes up for most of it."""
    rates = FaultRates(hardship.throttled, hardship.lost_answer, hardship.truncated)
    return RetryStore(FaultStore(store, rates, hardship.seed + salt))


def wrong_clock(hardship: Hardship) -> Callable[[], float]:
    """A wall clock that is off, and jumps."""
    began = time.monotonic()

    def now() -> float:
        jumped = hardship.clock_jump_s if time.monotonic() - began > JUMP_AFTER_S else 0.0
        return time.time() + hardship.clock_off_s + jumped

    return now


def until_it_works(call: Callable[[], T]) -> T:
    """A supervisor would start the process again and again; this saves the time that starting takes."""
    while True:
        try:
            return call()
        except LakebedError:
            continue


if __name__ == "__main__":
    main()

"""kill -9 of runners while news come in on two roads: in the end every event that was sent is found exactly once.

A ledger holds what was sent. A moment is a request to the lake and a delay after it, both drawn from the seed. Runners
share one lake and one state; some kills hit one of two. `RUNNER_KILLS` in the environment asks for more kills than CI
makes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.state import open_state
from lakebed.storage.local import LocalStore
from tests.lakes import numbers_in
from tests.logs import event, lines, write_log
from tests.runners import wait_until

if TYPE_CHECKING:
    import random

    from tests.ministack import Ministack

pytestmark = [pytest.mark.server, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("RUNNER_KILLS", "4"))
NEVER = 1 << 60


@dataclass
class Ledger:
    """Where events are sent to, and which were."""

    aws: Ministack
    folder: Path
    rng: random.Random
    bucket: str = ""
    queue: str = ""
    sent: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bucket, self.queue = self.aws.bucket(), self.aws.queue()
        self.aws.notify(self.bucket, self.queue)
        (self.folder / "logs").mkdir()

    def send(self, objects: int) -> None:
        """So many objects, each of some events, to the bucket, to the folder, or to the bucket with two notices."""
        for _ in range(objects):
            events = list(range(len(self.sent), len(self.sent) + self.rng.randrange(1, 30)))
            data = [event(number, n=number, pad="x" * self.rng.randrange(40)) for number in events]
            if self.rng.random() < 0.5:
                self.aws.put(self.bucket, f"web/2026/01/01/{events[0]:06}.json", lines(data))
            else:
                write_log(self.folder / f"logs/{events[0]:06}.json", data)
            self.sent += events

    def runner(self, fatal_request: int = NEVER, delay_s: float = 0.0, throttled: float = 0.0) -> subprocess.Popen[str]:
        """A process that dies at that request."""
        told = {
            "lake": str(self.folder / "lake"),
            "state": str(self.folder / "state.db"),
            "fatal_request": fatal_request,
            "delay_s": delay_s,
            "throttled": throttled,
            "seed": self.rng.randrange(10**9),
            "segment_bytes": self.rng.choice([2_000, 1_000_000]),
            "sources": [
                {"url": f"s3://{self.bucket}/web/", "queue": self.queue, "every_s": self.rng.choice([None, 0.3])},
                {"url": str(self.folder / "logs"), "queue": None, "every_s": 0.2},
            ],
        }
        command = [sys.executable, "-m", "tests.faults.runner_process", json.dumps(told)]
        log = (self.folder / f"runner{self.rng.randrange(10**9)}.log").open("w")
        with log:
            return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log, text=True)

    def is_done(self) -> bool:
        """Whether nothing waits on any road, and all is in the lake."""
        with open_state(str(self.folder / "state.db")) as state:
            waits = bool(state.work.counts())
        return not waits and self.aws.messages(self.queue) == (0, 0) and len(self.found()) >= len(self.sent)

    def found(self) -> list[int]:
        """The numbers of all events that a search finds."""
        return numbers_in(LocalStore(self.folder / "lake"))

    def check(self) -> None:
        """Nothing twice; what is there was sent."""
        found = self.found()
        assert len(found) == len(set(found)), "an event was found twice"
        assert set(found) <= set(self.sent)


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> None:
    process.send_signal(number)
    with process:
        process.communicate(timeout=60)


def run_to_the_end(ledger: Ledger, **options: Any) -> None:  # Any: as `runner` has them
    runners = [ledger.runner(**options) for _ in range(2)]
    try:
        wait_until(ledger.is_done, f"all {len(ledger.sent)} events are found and nothing waits", 120)
    finally:
        for process in runners:
            end(process)
    assert [process.returncode for process in runners] == [0, 0]
    assert ledger.found() == ledger.sent


def test_kill_9_of_runners(aws: Ministack, tmp_path: Path, rng: random.Random, seed: int) -> None:
    ledger = Ledger(aws, tmp_path, rng)
    deaths = 0
    for number in range(KILLS):
        ledger.send(rng.randrange(10, 60))
        fatal = rng.randrange(3, 40)
        dying = ledger.runner(fatal, rng.choice([0.0, rng.random() * 0.05]))
        other = ledger.runner() if rng.random() < 0.5 else None
        ledger.send(rng.randrange(10, 60))
        try:
            dying.wait(timeout=rng.uniform(6, 12))
        except subprocess.TimeoutExpired:
            dying.kill()  # the other one had all the work, or it was done before
            dying.wait()
        with dying:
            dying.communicate()
        deaths += dying.returncode == -signal.SIGKILL
        if other is not None:
            end(other, rng.choice([signal.SIGTERM, signal.SIGKILL]))
        ledger.check()
        print(f"seed {seed}, {number}: request {fatal}, {len(ledger.found())} of {len(ledger.sent)} events")  # noqa: T201 - shown when it fails
    assert deaths == KILLS
    run_to_the_end(ledger)


def test_a_store_that_throttles_and_loses_answers(aws: Ministack, tmp_path: Path, rng: random.Random) -> None:
    ledger = Ledger(aws, tmp_path, rng)
    ledger.send(80)
    run_to_the_end(ledger, throttled=0.2)

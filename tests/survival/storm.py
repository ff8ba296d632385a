"""A storm: objects come, change and go, news of them are doubled, late and out of order, runners die and come again.

When it is over, one healthy runner ends what is left, and the lake is compared with what was sent.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tests.logs import event, lines
from tests.survival.hardship import Hardship, draw_hardship
from tests.survival.ledger import Ledger
from tests.survival.runner_process import RunnerProcess, Task

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.survival.places import Places

OBJECTS = 40
EVENTS_MAX = 8


class Logs(Protocol):
    """Where logs are written, and how news of them are sent."""

    def put(self, key: str, data: bytes) -> None:
        """Writes or replaces an object."""

    def delete(self, key: str) -> None:
        """Removes it."""

    def tell(self, key: str) -> None:
        """Sends news of it, whether it is there or not."""


@dataclass
class Storm:
    """One of them; everything that is drawn comes from `rng`."""

    rng: random.Random
    places: Places
    logs: Logs
    folder: Path
    ledger: Ledger = field(default_factory=Ledger)
    told: list[str] = field(default_factory=list)
    """What happened, for when it fails."""

    def rage(self, runners: int) -> None:
        """Writes objects while so many runners work, die and are started again."""
        late: list[str] = []
        with contextlib.ExitStack() as all_runners:
            running = [all_runners.enter_context(self._start()) for _ in range(runners)]
            for number in range(OBJECTS):
                late += self._happen(number)
                self.rng.shuffle(late)
                while late and self.rng.random() < 0.6:
                    self.logs.tell(late.pop())
                for place, process in enumerate(running):
                    if not process.is_alive or self.rng.random() < 0.02:
                        self._end(process)
                        running[place] = all_runners.enter_context(self._start())
                time.sleep(self.rng.random() * 0.05)  # the pace at which logs come, not a wait for anything
            for key in late:
                self.logs.tell(key)
            for process in running:
                self._end(process)

    def _happen(self, number: int) -> list[str]:
        """One thing happens to an object; returns the news of it, some of them doubled, some lost."""
        known = [key for key, sent in self.ledger.objects.items() if not sent.is_deleted]
        chance = self.rng.random()
        if known and chance < 0.15:
            key = self.rng.choice(known)
            self._write(key)
        elif known and chance < 0.22:
            key = self.rng.choice(known)
            self.logs.delete(key)
            self.ledger.delete(key)
            self.told.append(f"deleted {key}")
        else:
            key = f"2026/01/{self.rng.randint(1, 3):02}/{number:04}.json"
            self._write(key)
        return [key] * self.rng.choice([0, 1, 1, 1, 2, 3])

    def _write(self, key: str) -> None:
        numbers = self.ledger.write(key, self.rng.randint(1, EVENTS_MAX))
        self.logs.put(key, lines([event(number, n=number, key=key) for number in numbers]))
        self.told.append(f"wrote {key}: {numbers}")

    def _start(self) -> RunnerProcess:
        hardship = draw_hardship(self.rng)
        self.told.append(f"started a runner: {hardship}")
        return self.start(hardship)

    def start(self, hardship: Hardship) -> RunnerProcess:
        """A runner under this hardship."""
        return RunnerProcess(Task(self.places, hardship), self.folder / "errors.txt")

    def _end(self, process: RunnerProcess) -> None:
        """Stops it as an operator does, or kills it; one that is dead already died as it was meant to."""
        how = self.rng.choice([signal.SIGTERM, signal.SIGKILL])
        self.told.append(f"ended a runner: {how.name}")
        process.end(how)


def news(bucket: str, key: str) -> str:
    """What S3 sends of a new object; size and etag are those of some version, or of none."""
    inside = {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}}
    record = {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": inside}
    return json.dumps({"Records": [record | {"eventTime": "2026-01-01T00:00:00.000Z"}]})

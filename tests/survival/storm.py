"""A storm: objects come, change and go, news of them are doubled, late and out of order, runners die and come again.

When it is over, one healthy runner ends what is left, and the lake is compared with what was sent.
"""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.entries import source_version
from lakebed.state import open_state
from lakebed.storage.open import open_store
from tests.logs import event, lines
from tests.survival.hardship import Hardship, draw_hardship
from tests.survival.ledger import Ledger
from tests.survival.places import source_of
from tests.survival.runner_process import RunnerProcess, Task

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.survival.logs import Logs
    from tests.survival.places import Places

OBJECTS = 40
EVENTS_MAX = 8


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


def all_are_known(storm: Storm) -> bool:
    """Whether the lake has the last version of every object, and nobody has work."""
    with open_state(storm.places.state) as state:
        if state.work.counts():
            return False
    catalog = Catalog(open_store(storm.places.lake))
    place = source_of(storm.places).place
    there = {info.key: info for info in place.list()}
    return all(
        catalog.is_indexed("web", place.url_of(key), source_version(info.size_bytes, info.modified_ns, info.etag))
        for key, info in there.items()
    )

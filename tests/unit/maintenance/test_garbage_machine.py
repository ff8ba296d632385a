"""Writers, slow writers, merges, readers of old states and looks for garbage, in any order, with clocks that jump.

Whatever happens, the files of every state that someone may still hold are there; and in the end only what is named is.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import id_of_key
from lakebed.maintenance.garbage import collect
from lakebed.maintenance.inventory import take_inventory
from lakebed.maintenance.keys import SECOND_NS
from lakebed.storage.open import open_store
from tests.fake_lake import FakeEvent, FakeObject, FakeSegments
from tests.lakes import source

if TYPE_CHECKING:
    import random

    from lakebed.catalog.checkpoint import State

HOUR = 3600
STEPS = 250
RUNS = 3


@dataclass
class Held:
    """A state that a search holds, or files that a writer has not committed, until a true time."""

    until_s: int
    state: State | None = None
    changes: Changes | None = None


class Machine:
    """One lake and everyone who uses it. `steady_s` is true time; `clock_s` is what the maintainer's clock says."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.store = open_store(f"memory://{uuid.uuid4().hex}")
        self.steady_s = self.clock_s = 1_800_000_000
        self.segments = FakeSegments()
        self.held: list[Held] = []
        self.numbers = iter(range(1, 1 << 60))
        self.handles = [self.open() for _ in range(3)]
        self.handles[0].open_for_writing()

    def open(self) -> Catalog:
        return Catalog(self.store, clock_ns=lambda: self.steady_s * SECOND_NS, monotonic=lambda: float(self.steady_s))

    def write(self, url: str) -> Changes:
        """An indexer's files."""
        number = next(self.numbers)
        objects = [FakeObject(url, number, (FakeEvent(number, number, 0),))]
        new = self.segments.make(objects)
        self.store.put(new.key, b"segment")
        return Changes("index", [new], [source(url, ((new.key, 0),), version=number)])

    def index(self) -> None:
        self.rng.choice(self.handles).commit(self.write(f"object{self.rng.randrange(30)}"))

    def index_slowly(self) -> None:
        wait = self.rng.randrange(config.ORPHAN_GRACE_S - HOUR)
        self.held.append(Held(self.steady_s + wait, changes=self.write(f"object{self.rng.randrange(30)}")))

    def merge(self) -> None:
        catalog = self.rng.choice(self.handles)
        entries = catalog.refresh().snapshot.entries()
        if len(entries) < 2:
            return
        chosen = self.rng.sample(entries, self.rng.randint(2, min(6, len(entries))))
        changes = self.segments.merge(catalog.snapshot, chosen, keeps_empty=False)
        for new in changes.add:
            self.store.put(new.key, b"segment")
        catalog.commit(changes)

    def search(self) -> None:
        wait = self.rng.randrange(config.REMOVED_GRACE_S - HOUR)
        self.held.append(Held(self.steady_s + wait, state=self.rng.choice(self.handles).refresh()))

    def look(self) -> None:
        collect(self.store, self.rng.choice(self.handles), self.clock_s * SECOND_NS)

    def look_from_elsewhere(self) -> None:
        collect(self.store, self.open(), self.clock_s * SECOND_NS)

    def die(self) -> None:
        """An indexer is killed before its commit; an opened process replaces an old one."""
        self.write("killed")
        self.handles[self.rng.randrange(3)] = self.open()

    def wait(self) -> None:
        for _ in range(self.rng.choice([1, 1, 8, 40])):
            self.steady_s += 500
            self.clock_s += 500
            for handle in self.handles:
                handle.refresh()

    def jump(self) -> None:
        self.clock_s += self.rng.choice([-1, 1]) * self.rng.choice([HOUR, 30 * 24 * HOUR, 10 * 365 * 24 * HOUR])

    def step(self) -> None:
        actions = [self.index] * 6 + [self.wait] * 8 + [self.merge] * 3 + [self.look] * 6
        actions += [self.index_slowly, self.search, self.search, self.look_from_elsewhere, self.die]
        self.rng.choice(actions)()
        for held in [one for one in self.held if one.until_s <= self.steady_s]:
            self.held.remove(held)
            if held.changes is not None:
                self.rng.choice(self.handles).commit(held.changes)

    def check(self) -> None:
        """What anyone may need is there."""
        files = {info.key for info in self.store.list("segments/")}
        for state in [one.state for one in self.held if one.state] + [self.open().state]:
            entries = state.snapshot.entries()
            assert {entry.key for entry in entries} <= files
            assert len(state.addresses.find(state.snapshot, entries)) == len(entries)
        for held in self.held:
            assert {new.key for new in (held.changes.add if held.changes else ())} <= files


@pytest.mark.slow
def test_nothing_is_deleted_that_someone_may_need(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 5)
    deleted = 0
    for _ in range(RUNS):
        machine = Machine(rng)
        for _ in range(STEPS):
            before = sum(1 for _ in machine.store.list(""))
            machine.step()
            deleted += sum(1 for _ in machine.store.list("")) < before
            machine.check()
        machine.held.clear()
        for _ in range(int(config.HISTORY_S / HOUR) + 80):
            machine.steady_s += HOUR
            machine.clock_s = machine.steady_s
            machine.look()
        found = take_inventory(machine.store, machine.open())
        assert found.unnamed == {}
        assert min(found.commits) > found.opening
        assert {id_of_key(info.key) for info in machine.store.list("segments/")} == set(
            machine.open().snapshot.keys_by_id
        )
    assert deleted > 0, "no look deleted anything: the test proves nothing"


def test_a_jump_of_the_clock_costs_no_file(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """One jump makes nothing older than half a day, whatever the steps before it were."""
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 5)
    for _ in range(RUNS):
        machine = Machine(rng)
        jump_at = rng.randrange(STEPS)
        for number in range(STEPS):
            if number == jump_at:
                machine.held = [one for one in machine.held if one.until_s < machine.steady_s + 11 * HOUR]
                machine.jump()
                machine.look()
                machine.check()
                break
            machine.step()

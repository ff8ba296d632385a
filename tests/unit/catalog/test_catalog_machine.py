"""Long random sequences of commits by several handles against a plain model: indexing, merges, expiry, deletions,
sweeps, with failures, refreshes, reopening and checkpoints between. Every event is visible exactly once, or not at all
where it is meant to be gone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import source_version
from lakebed.catalog.replay import check_replay
from lakebed.catalog.verify import Verified
from lakebed.errors import StorageError
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.local import LocalStore
from tests.fake_lake import FakeEvent, FakeObject, FakeSegments, fake_deletion, is_deleted
from tests.lakes import SECOND, source

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.catalog.snapshot import Snapshot

HANDLES = 3
VERSIONS = 4
URLS = [f"u{number}" for number in range(8)]
STEPS = 120
WEIGHTS = {
    "index": 6,
    "begin_merge": 5,
    "end_merge": 5,
    "expire": 1,
    "delete": 2,
    "sweep": 2,
    "refresh": 2,
    "reopen": 1,
}


class Walk:
    """`visible` has the events that must be found, `versions` what is recorded of each object."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.store = LocalStore(folder)
        self.rng = rng
        self.segments = FakeSegments()
        self.visible: dict[int, tuple[str, FakeEvent]] = {}
        self.versions: dict[str, int] = {}
        self.merges: list[Changes] = []
        self.numbers = itertools.count(1)
        self.stores: list[FaultStore] = []
        self.has_failed = False
        Catalog(self.store).open_for_writing()
        self.handles = [self.open() for _ in range(HANDLES)]

    def step(self) -> None:
        (name,) = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
        getattr(self, name)(self.rng.randrange(HANDLES))
        self.a_fresh_reader_sees_the_model()

    def end(self) -> None:
        """Every handle comes to the same state."""
        for store in self.stores:
            store._rates = FaultRates()
        for handle in self.handles:
            assert self.segments.visible(handle.refresh().snapshot) == sorted(self.visible)
        assert list(check_replay(self.store, Verified())) == []

    def open(self) -> Catalog:
        """A handle whose requests fail now and then, with or without having done their work."""
        rates = FaultRates(throttled=0.05, lost_answer=0.15)
        faulty = FaultStore(self.store, FaultRates(), self.rng.getrandbits(32))
        catalog = Catalog(faulty, sleep=lambda _: None)
        faulty._rates = rates
        self.stores.append(faulty)
        return catalog

    def commit(self, handle: int, changes: Changes) -> bool:
        """Whether the commit was made, also when the handle could not tell."""
        before = self.newest().number
        self.has_failed = False
        try:
            outcome = self.handles[handle].commit(changes)
        except StorageError:
            self.has_failed = True
            return self.newest().number > before
        assert (outcome.commit is not None) == (self.newest().number > before)
        return outcome.commit is not None

    def newest(self) -> Snapshot:
        return Catalog(self.store).snapshot

    def index(self, handle: int) -> None:
        """Some objects in one segment, or each in two."""
        rng = self.rng
        objects = [(rng.choice(URLS), rng.randint(1, VERSIONS)) for _ in range(rng.randint(1, 4))]
        parts = [
            [FakeObject(*one, tuple(self.event() for _ in range(rng.randint(1, 2)))) for one in objects]
            for _ in range(rng.choice([1, 1, 2]))
        ]
        new = [self.segments.make(part) for part in parts]
        records = [
            source(url, tuple((one.key, place) for one in new), version=version)
            for place, (url, version) in enumerate(objects)
        ]
        if not self.commit(handle, Changes("index", new, records)):
            assert all(self.versions.get(url, 0) >= version for url, version in objects) or self.has_failed
            return
        for place, (url, version) in enumerate(objects):
            if version <= self.versions.get(url, 0):
                continue
            self.versions[url] = version
            self.visible = {number: one for number, one in self.visible.items() if one[0] != url}
            self.visible |= {event.number: (url, event) for part in parts for event in part[place].events}

    def event(self) -> FakeEvent:
        return FakeEvent(next(self.numbers), self.rng.randrange(10), self.rng.randrange(3))

    def picked(self, snapshot: Snapshot, most: int) -> list[SegmentEntry]:
        entries = snapshot.entries()
        return self.rng.sample(entries, min(len(entries), self.rng.randint(1, most)))

    def begin_merge(self, handle: int) -> None:
        """Reads the segments as the handle knows them; what it commits comes later, or never."""
        snapshot = self.handles[handle].snapshot
        entries = self.picked(snapshot, 4)
        if entries:
            self.merges.append(self.segments.merge(snapshot, entries, keeps_empty=self.rng.random() < 0.5))

    def end_merge(self, handle: int) -> None:
        if not self.merges:
            return
        changes = self.merges.pop(self.rng.randrange(len(self.merges)))
        before = self.newest()
        done = self.commit(handle, changes)
        is_gone = [before.entry(key) is None for key in changes.remove]
        if changes.moves and any(is_gone):
            assert not done
        if done:
            assert all(self.newest().entry(key) is None for key in changes.remove)

    def expire(self, handle: int) -> None:
        entries = self.picked(self.handles[handle].snapshot, 2)
        before = self.newest()
        if self.commit(handle, Changes("expire", remove=[entry.key for entry in entries])):
            there = [entry.key for entry in entries if before.entry(entry.key) is not None]
            gone = {event.number for key in there for one in self.segments.content[key] for event in one.events}
            self.visible = {number: one for number, one in self.visible.items() if number not in gone}

    def delete(self, handle: int) -> None:
        since, until = (self.rng.choice([None, self.rng.randrange(10)]) for _ in range(2))
        deletion = fake_deletion(self.rng.randrange(3), since, until)
        if self.commit(handle, Changes("delete", deletions=[deletion])):
            self.visible = {n: one for n, one in self.visible.items() if not is_deleted(one[1], [deletion])}

    def sweep(self, handle: int) -> None:
        """Marks the segments in which no deletion hits anything."""
        snapshot = self.handles[handle].snapshot
        swept = {
            entry.key: snapshot.number
            for entry in snapshot.entries()
            if snapshot.deletions_of(entry)
            and not any(
                is_deleted(event, snapshot.deletions_of(entry))
                for one in self.segments.content[entry.key]
                for event in one.events
            )
        }
        self.commit(handle, Changes("sweep", swept=swept))

    def refresh(self, handle: int) -> None:
        try:
            self.handles[handle].refresh()
        except StorageError:
            return

    def reopen(self, handle: int) -> None:
        self.handles[handle] = self.open()

    def a_fresh_reader_sees_the_model(self) -> None:
        catalog = Catalog(self.store)
        assert self.segments.visible(catalog.snapshot) == sorted(self.visible)
        entries = catalog.snapshot.entries()
        addresses = catalog.state.addresses.find(catalog.snapshot, entries)
        assert addresses == {entry.key: b"address of " + entry.key.encode() for entry in entries}
        for url in URLS:
            for version in range(1, VERSIONS + 1):
                is_indexed = catalog.is_indexed("web", url, source_version(100, version * SECOND, None))
                assert is_indexed == (self.versions.get(url) == version)
            self.places_are_right(catalog, url)

    def places_are_right(self, catalog: Catalog, url: str) -> None:
        """Where the catalog says that an object is, it is; and all of its visible events are there."""
        known = catalog.find_source("web", url)
        found: set[int] = set()
        for segment, number in known.parts if known else ():
            key = catalog.snapshot.keys_by_id.get(segment)
            if key is not None:
                one = self.segments.content[key][number]
                assert (one.url, one.version) == (url, self.versions[url])
                found.update(event.number for event in one.events)
        assert {number for number, (owner, _) in self.visible.items() if owner == url} <= found


@pytest.mark.parametrize("walk", range(15))
def test_every_event_is_visible_once(
    tmp_path: Path, rng: random.Random, monkeypatch: pytest.MonkeyPatch, walk: int
) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", rng.choice([3, 5, 1000]))
    monkeypatch.setattr(config, "REDIRECTS_KEPT", rng.choice([0, 4, 1000]))
    monkeypatch.setattr(config, "RECORDS_PER_REDIRECT", 3)
    going = Walk(tmp_path / "lake", rng)
    for _ in range(STEPS):
        going.step()
    going.end()

"""Indexing, replacing, deleting and maintenance in any order, with the real engine and a ledger of what must be found.

`LEDGER_RUNS` in the environment asks for more runs than CI makes; each has a seed of its own, drawn from the test's.
"""

from __future__ import annotations

import functools
import json
import os
import random
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.verify import verify
from lakebed.errors import StorageError
from lakebed.ingest.raw import pack_lines, put_raw, raw_url
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.maintenance.policy import Tiers
from lakebed.maintenance.raw_objects import RawSource
from lakebed.repair.inspect import deep_check
from lakebed.repair.rebuild import rebuild
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from tests.lakes import numbers_in
from tests.logs import event, write_log
from tests.maintained import maintenance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUNS = int(os.environ.get("LEDGER_RUNS", "6"))
STEPS = 30
KINDS = 5


class Ledger:
    """A lake, and beside it what must be in it: by object the numbers and kinds of its events."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder = folder
        self.rng = rng
        self.url = f"memory://{uuid.uuid4().hex}"
        self.store = open_store(self.url)
        self.events: dict[int, dict[int, int]] = {}
        self.next_number = 0
        self.received: list[dict[int, int]] = []
        """Raw objects that are not indexed yet: what will be found of each when it is."""
        self.raw = RawSource("raw/app/", "web", 0, functools.partial(raw_url, self.store))
        self.raw_gone = 0
        self.tiers = Tiers(
            fan_in=rng.choice([2, 3, 8]),
            inputs_max=rng.choice([3, 8, 100]),
            backlog=8,
            heap=8,
            settled_fan_in=4,
            target_bytes=rng.choice([500, 5_000, 1_000_000]),
            full_bytes=rng.choice([300, 100_000]),
        )

    def write_objects(self) -> None:
        for _ in range(self.rng.randrange(1, 6)):
            name = self.rng.randrange(12)
            fresh: dict[int, int] = {}
            for _ in range(self.rng.randrange(0, 8)):
                fresh[self.next_number] = self.rng.randrange(KINDS)
                self.next_number += 1
            hour = 3600 * self.rng.randrange(50)
            found = [event(hour + n, n=n, kind=f"kind{kind}", x="y" * 20) for n, kind in fresh.items()]
            write_log(self.folder / f"{name}.json", [*found, event(hour, nothing=self.next_number)])
            self.next_number += 1
            self.events[name] = fresh

    def index(self) -> None:
        self.write_objects()
        self.index_folder()

    def index_folder(self) -> None:
        settings = IndexSettings("web", commit_seconds=self.rng.choice([0.0, 100.0]))
        index_source(self.store, Catalog(self.store), str(self.folder), settings, workers=1)

    def receive(self) -> None:
        """A raw object, which may wait for long before it is indexed."""
        events: dict[int, int] = {}
        for _ in range(self.rng.randrange(1, 5)):
            events[self.next_number] = self.rng.randrange(KINDS)
            self.next_number += 1
        found = [event(3600 * self.rng.randrange(50), n=n, kind=f"kind{kind}") for n, kind in events.items()]
        packed = pack_lines(json.dumps(one).encode() for one in found)
        put_raw(self.store, "app", packed, now=self.rng.randrange(1_700_000_000), token=self.rng.getrandbits(64))
        self.received.append(events)

    def index_raw(self) -> None:
        if self.received:
            settings = IndexSettings("web", commit_seconds=self.rng.choice([0.0, 100.0]))
            index_source(self.store, Catalog(self.store), f"{self.url}/raw/app/", settings, workers=1)
        for events in self.received:
            self.events[len(self.events) + 1000] = events
        self.received = []

    def delete(self) -> None:
        kind = self.rng.randrange(KINDS)
        if not Catalog(self.store).snapshot.entries("web"):
            return
        lakebed.open(self.url).delete(f"kind: kind{kind}", index="web", reason="test", by="test")
        for events in self.events.values():
            for number in [number for number, other in events.items() if other == kind]:
                del events[number]

    def keep(self) -> None:
        report = maintenance(self.store, tiers=self.tiers, raw=[self.raw]).round()
        assert report.errors == []
        self.raw_gone += report.raw_deleted

    def keep_on_a_bad_store(self) -> None:
        rates = FaultRates(throttled=0.2, lost_answer=0.1, truncated=0.1)
        failing = RetryStore(
            FaultStore(open_store(self.url), rates, self.rng.randrange(10**9)), retries=1, sleep=lambda _: None
        )
        try:
            maintenance(failing, tiers=self.tiers, raw=[self.raw]).round()
        except StorageError:
            return

    def at_once(self) -> None:
        """An indexer, a deletion and two maintainers; who is first decides nothing that the ledger knows."""
        self.write_objects()
        actions: list[Callable[[], None]] = [self.index_folder, self.index_raw, self.keep, self.keep]
        errors: list[BaseException] = []

        def guarded(action: Callable[[], None]) -> None:
            try:
                action()
            except BaseException as error:
                errors.append(error)
                raise

        threads = [threading.Thread(target=guarded, args=(action,)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []

    def lose_catalog(self) -> None:
        """All of it or none; what maintenance left of merged segments is in the way of a rebuild."""
        if self.rng.random() < 0.5:
            for info in list(self.store.list("catalog/")):
                self.store.delete(info.key)
        rebuild(self.store, dry_run=False, force=True)

    def check(self) -> None:
        wanted = sorted(number for events in self.events.values() for number in events)
        assert numbers_in(self.store) == wanted


@pytest.mark.slow
def test_every_event_is_found_once_whatever_happens(
    tmp_path: Path, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 5)
    merged = raw_gone = 0
    for run in range(RUNS):
        seed = rng.randrange(10**9)
        print(f"run {run}: random.Random({seed})")  # noqa: T201 - shown when it fails
        ledger = Ledger(tmp_path / str(run), random.Random(seed))
        actions = (
            [ledger.index] * 3
            + [ledger.receive] * 2
            + [ledger.index_raw, ledger.delete, ledger.keep, ledger.keep, ledger.keep_on_a_bad_store]
        )
        for _ in range(STEPS):
            ledger.rng.choice([*actions, ledger.at_once])()
            ledger.check()
        ledger.index()
        ledger.index_raw()
        ledger.keep()
        ledger.check()
        assert list(ledger.store.list("raw/")) == [], "all are indexed"
        raw_gone += ledger.raw_gone
        snapshot = Catalog(ledger.store).snapshot
        assert snapshot.deletions == (), "all were carried out"
        assert verify(ledger.store, deep_check(ledger.store)).problems == []
        ledger.lose_catalog()
        ledger.check()
        merged += any("-g1-" in entry.key for entry in snapshot.entries())
    assert merged > 0, "nothing was merged: the test proves nothing"
    assert raw_gone > 0, "no raw object went: the test proves nothing of them"

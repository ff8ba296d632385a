"""Maintenance beside searches, indexers, deletions and other maintainers: nobody sees it."""

from __future__ import annotations

import random
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.errors import StorageError
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.maintained import delete, everything, index_small, maintenance, segment_counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.maintenance.report import Report
    from lakebed.model import TableRow
    from lakebed.storage.store import Store


@pytest.fixture
def store() -> Store:
    return open_store(f"memory://{uuid.uuid4().hex}")


def test_two_maintainers_at_once(store: Store, tmp_path: Path, rng: random.Random) -> None:
    index_small(store, write_logs(tmp_path / "logs", 40, 5))
    before = everything(store)
    reports: list[Report] = []
    chances = [random.Random(rng.random()) for _ in range(2)]
    barrier = threading.Barrier(2)

    def run(chance: random.Random) -> None:
        barrier.wait()
        reports.append(maintenance(store, rng=chance).round())

    threads = [threading.Thread(target=run, args=(chance,)) for chance in chances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.errors for report in reports] == [[], []]
    assert everything(store) == before
    assert segment_counts(store)["web"] <= 7
    files = {info.key for info in store.list("segments/")}
    removed = sum(report.segments_merged for report in reports)
    assert len(files) == segment_counts(store)["web"] + removed, "what was void cleaned up after itself"


class _Between(StoreWrapper):
    """Does something before the first segment is put."""

    def __init__(self, inner: Store, action: object) -> None:
        super().__init__(inner)
        self.action = action

    def put(self, key: str, data: Buffer) -> None:
        if key.startswith("segments/") and callable(self.action):
            action, self.action = self.action, None
            action()
        super().put(key, data)


def test_a_merge_whose_input_went_meanwhile_is_void(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 4, 5))
    first = Catalog(store).snapshot.entries()[0].key
    between = _Between(store, lambda: Catalog(store).commit(Changes("expire", remove=[first])))
    report = maintenance(between).round()
    assert (report.merges_void, report.merges, report.errors) == (1, 0, []), "three are too few"
    assert len({info.key for info in store.list("segments/")}) == 4, "what was void is not left"


def test_events_that_were_replaced_or_deleted_while_a_merge_ran_stay_so(store: Store, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 4, 5)
    index_small(store, logs)

    def meanwhile() -> None:
        write_log(logs / "0002.json", [event(0, n=900)])
        index_small(store, logs)
        delete(store, "n: 3")

    report = maintenance(_Between(store, meanwhile)).round()
    assert report.errors == []
    assert numbers_in(store) == [0, 1, 2, 4, 5, 6, 7, 8, 9, *range(15, 20), 900]


def test_searches_during_merges_find_the_same(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 40, 10))
    lake = lakebed.open(store.url)
    wanted = list(range(400))
    done = threading.Event()
    wrong: list[object] = []
    searches = 0

    def search() -> None:
        nonlocal searches
        while True:
            is_last = done.is_set()
            found: list[TableRow | lakebed.Row] = list(lake.search("*"))
            numbers = sorted(int(str(row.event["n"])) for row in found if isinstance(row, lakebed.Row))
            searches += 1
            if numbers != wanted:
                wrong.append(numbers)
            if is_last or wrong:
                return

    thread = threading.Thread(target=search)
    thread.start()
    report = maintenance(store).round()
    done.set()
    thread.join()
    assert report.merges > 5
    assert wrong == []
    assert searches >= 2


def test_a_lease_of_another_is_respected_and_its_loss_is_not_fatal(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 8, 5))

    class Leases:
        answer: bool | None = False
        released: Sequence[str] = ()

        def acquire(self, name: str, owner: str, seconds: float) -> bool:
            if self.answer is None:
                raise StorageError("the state is away")
            return self.answer

        def release(self, name: str, owner: str) -> None:
            self.released = [*self.released, name]

    leases = Leases()

    def run() -> Report:
        keeper = maintenance(store)
        keeper._leases = leases
        return keeper.round()

    assert run().merges == 0
    leases.answer = True
    assert run().merges == 2
    assert leases.released == ["merge web", "merge web"]
    index_small(store, write_logs(tmp_path / "more", 4, 5, seed=2))
    leases.answer = None
    assert run().merges >= 1

"""Rounds of maintenance over lakes with the real engine: searches find the same before, during and after."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.errors import LimitError, StorageError
from lakebed.maintenance import merging
from lakebed.maintenance import round as rounds
from lakebed.maintenance.keys import SECOND_NS, generation_of
from lakebed.maintenance.report import Report
from lakebed.storage.counting import CountingStore
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.maintained import NEVER, delete, everything, index_small, maintenance, segment_counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.maintenance.merging import Merged
    from lakebed.storage.store import Store

NOW = 1_767_229_200  # 2026-01-01T01:00:00Z; the logs are of this hour


@pytest.fixture
def store() -> Store:
    return open_store(f"memory://{uuid.uuid4().hex}")


def test_small_segments_become_few_and_searches_find_the_same(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 30, 20))
    before = everything(store)
    assert (len(before), segment_counts(store)) == (600, {"web": 30})
    report = maintenance(store).round()
    assert segment_counts(store)["web"] <= 6
    assert everything(store) == before
    assert (report.merges_void, report.rewrites, report.deleted_events, report.errors) == (0, 0, 0, [])
    assert report.segments_merged - report.merges == 30 - segment_counts(store)["web"]
    assert maintenance(store).round().is_idle


def test_no_byte_is_written_more_than_four_times(store: Store, tmp_path: Path) -> None:
    for number in range(120):
        index_small(store, write_log(tmp_path / f"{number}.json", [event(number, n=number)]))
        maintenance(store).round()
    assert {generation_of(entry.key) for entry in Catalog(store).snapshot.entries()} <= {0, 1, 2, 3}
    assert 1 <= segment_counts(store)["web"] <= 12
    assert numbers_in(store) == list(range(120))


def test_a_source_that_changes_after_its_segment_was_merged_is_replaced(store: Store, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 8, 5)
    index_small(store, logs)
    maintenance(store).round()
    write_log(logs / "0002.json", [event(0, n=900 + place) for place in range(3)])
    index_small(store, logs)
    maintenance(store).round()
    assert numbers_in(store) == [*range(10), *range(15, 40), 900, 901, 902]
    index_small(store, logs)
    assert numbers_in(store) == [*range(10), *range(15, 40), 900, 901, 902]


def test_replaced_objects_leave_when_they_are_most_of_a_segment(store: Store, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 4, 5)
    lakebed.open(store.url).index(logs, into="web", workers=1)
    for file in ("0000.json", "0002.json"):
        write_log(logs / file, [event(0, n=900)])
        lakebed.open(store.url).index(logs, into="web", workers=1)
    assert maintenance(store).round().rewrites == 0
    (logs / "0001.json.gz").unlink()
    write_log(logs / "0001.json.gz", [event(0, n=901)])
    lakebed.open(store.url).index(logs, into="web", workers=1)
    sizes = sum(entry.size_bytes for entry in Catalog(store).snapshot.entries())
    found = numbers_in(store)
    report = maintenance(store, tiers=NEVER).round()
    assert (report.rewrites, report.merges, report.bytes_merged) == (1, 0, 0)
    assert numbers_in(store) == found == [*range(15, 20), 900, 900, 901]
    assert sum(entry.size_bytes for entry in Catalog(store).snapshot.entries()) < sizes
    assert all(not entry.dead for entry in Catalog(store).snapshot.entries())


def test_deleted_events_leave_segments_and_the_others_are_only_marked(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        index_small(store, write_log(tmp_path / f"{number}.json", [event(number, n=number), event(9, n=10 + number)]))
    delete(store, "n: 1")
    assert len(Catalog(store).snapshot.deletions) == 1
    report = maintenance(store, tiers=NEVER).round()
    assert report.errors == []
    assert (report.rewrites, report.segments_marked, report.deleted_events) == (1, 2, 1)
    assert Catalog(store).snapshot.deletions == ()
    assert numbers_in(store) == [0, 2, 10, 11, 12]
    assert maintenance(store, tiers=NEVER).round().is_idle


def test_a_segment_of_which_nothing_is_left_goes(store: Store, tmp_path: Path) -> None:
    index_small(store, write_log(tmp_path / "a.json", [event(0, n=1)]))
    index_small(store, write_log(tmp_path / "b.json", [event(0, n=2)]))
    delete(store, "n: 1")
    report = maintenance(store, tiers=NEVER).round()
    assert report.errors == []
    assert (report.rewrites, report.deleted_events, report.bytes_rewritten) == (1, 1, 0)
    assert segment_counts(store)["web"] == 1
    index_small(store, tmp_path)
    assert numbers_in(store) == [2], "what was deleted does not come back"


def test_a_merge_carries_out_deletions(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 4, 5))
    delete(store, "n: 3")
    report = maintenance(store).round()
    assert (report.merges, report.rewrites, report.segments_marked, report.deleted_events) == (1, 0, 0, 1)
    assert Catalog(store).snapshot.deletions == ()
    assert numbers_in(store) == [*range(3), *range(4, 20)]


def test_expired_segments_go_and_each_index_has_its_own_time(store: Store, tmp_path: Path) -> None:
    logs = write_log(tmp_path / "a.json", [event(0, n=1)])
    for index in ("short", "long", "for_ever"):
        index_small(store, logs, index)
    keeper = maintenance(
        store,
        retention_s={"short": 60, "long": 7200, "for_ever": None},
        clock_ns=lambda: NOW * SECOND_NS,
    )
    assert keeper.round().expired == 1
    assert segment_counts(store) == {"for_ever": 1, "long": 1}
    assert keeper.round().expired == 0


def test_a_clock_that_runs_ahead_of_the_stores_expires_nothing(store: Store, tmp_path: Path) -> None:
    index_small(store, write_log(tmp_path / "a.json", [event((time.time() - NOW + 3600), n=1)]))
    ahead = maintenance(store, retention_s={"web": 3600}, clock_ns=lambda: 2 * time.time_ns())
    assert ahead.round().expired == 0
    assert segment_counts(store) == {"web": 1}


def test_a_damaged_segment_does_not_hold_up_the_others(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 5, 50))
    damaged = Catalog(store).snapshot.entries()[1].key
    data = bytearray(store.get(damaged))
    data[10:200] = bytes(190)
    store.put(damaged, bytes(data))
    keeper = maintenance(store)
    first = keeper.round()
    assert len(first.errors) == 1
    assert damaged in first.errors[0]
    assert first.merges == 1, "the next pass merges the others"
    assert keeper.round().errors == []
    assert segment_counts(store) == {"web": 2}


def test_what_is_too_much_for_one_segment_becomes_two(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_small(store, write_logs(tmp_path / "logs", 4, 5))
    real = merging.merge

    def limited(
        store: Store, catalog: Catalog, state: State, entries: Sequence[SegmentEntry], *rest: Any, **more: Any
    ) -> Merged:
        if len(entries) > 2:
            raise LimitError("too many paths")
        return real(store, catalog, state, entries, *rest, **more)

    monkeypatch.setattr(rounds, "merge", limited)
    report = maintenance(store).round()
    assert (report.merges, report.segments_merged, report.errors) == (2, 4, [])
    assert (segment_counts(store), numbers_in(store)) == ({"web": 2}, list(range(20)))

    def never(*_: object, **__: object) -> None:
        raise LimitError("too many paths")

    index_small(store, write_logs(tmp_path / "more", 4, 5, seed=2))
    monkeypatch.setattr(rounds, "merge", never)
    keeper = maintenance(store)
    assert keeper.round().errors == ["cannot merge 2 segments of 'web': too many paths"] * 2
    assert keeper.round().errors == [], "not again at once"


def test_a_store_that_fails_leaves_the_lake_right(tmp_path: Path, seed: int) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    index_small(open_store(url), write_logs(tmp_path / "logs", 40, 5))
    faults = FaultStore(open_store(url), FaultRates(throttled=0.2, lost_answer=0.1, truncated=0.05), seed)
    failing = RetryStore(faults, retries=2, sleep=lambda _: None)
    for _ in range(20):
        try:
            maintenance(failing).round()
        except StorageError:
            continue
        assert numbers_in(open_store(url)) == list(range(200))
    assert segment_counts(open_store(url))["web"] <= 8


def test_it_ends_when_it_is_told(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 40, 5))
    late = maintenance(store).round(deadline=0.0)
    assert (late.is_stopped, late.merges) == (True, 0)
    keeper = maintenance(store)

    class Stopping(StoreWrapper):
        def get(self, key: str) -> bytes:
            if key.startswith("segments/"):
                keeper.stop()
            return super().get(key)

    keeper._store = Stopping(store)
    report = keeper.round()
    assert (report.is_stopped, report.merges, report.errors) == (True, 0, [])
    assert report.merges_left > 0
    assert segment_counts(store) == {"web": 40}


def test_merges_leave_time_for_deletions(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 40, 5))
    index_small(store, write_log(tmp_path / "other.json", [event(0, n=1)]), "other")
    delete(store, "n: 1", "other")
    now = 0.0

    class Slow(StoreWrapper):
        def create(self, key: str, data: Buffer) -> None:
            nonlocal now
            now += key.endswith(".json.gz")
            super().create(key, data)

    keeper = maintenance(Slow(store), monotonic=lambda: now)
    report = keeper.round(deadline=10.0)
    assert (report.merges, report.rewrites, report.deleted_events) == (7, 1, 1)
    assert report.merges_left > 0
    assert report.is_stopped
    assert report.garbage is not None


def test_a_lake_that_is_not_there_is_not_made(store: Store) -> None:
    report = maintenance(store).round()
    assert report.is_idle
    assert list(store.list("")) == []


def test_a_round_without_work_asks_for_news_only(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 2, 5))
    counting = CountingStore(store)
    keeper = maintenance(counting, retention_s={"web": 10**9})
    keeper.round()
    before = counting.counts.requests
    assert keeper.round().garbage is None
    assert counting.counts.requests - before == 1


def test_requests_of_a_merge(store: Store, tmp_path: Path) -> None:
    index_small(store, write_logs(tmp_path / "logs", 4, 5))
    counting = CountingStore(store)
    keeper = maintenance(counting)
    before = dict(counting.counts.by_operation)
    keeper._merge_what_is_due(NOW * SECOND_NS, Report())
    asked = {name: count - before.get(name, 0) for name, count in counting.counts.by_operation.items()}
    assert {name: count for name, count in asked.items() if count} == {"get": 4 + 1, "put": 1, "create": 1}

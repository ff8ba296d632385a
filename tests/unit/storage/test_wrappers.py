"""Each wrapper changes one thing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import AlreadyExistsError, StorageError, TransientStorageError
from lakebed.storage.caching import CachingStore, RangeCache
from lakebed.storage.counting import CountingStore, StoreCounts
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.latency import LatencyStore
from lakebed.storage.local import LocalStore
from lakebed.storage.retry import RetryStore
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path / "store")
    store.put("a", b"0123456789")
    return store


def test_counting_counts_requests_bytes_and_rounds(folder: LocalStore) -> None:
    store = CountingStore(folder)
    store.get("a")
    store.get_ranges("a", [(0, 2), (4, 3)])
    store.get_range("a", 0, 1)
    store.create("b", b"12")
    store.put("c", b"123")
    assert len(list(store.list(""))) == 3
    assert list(store.stream(store.head("a"), 100)) == [b"0123456789"]
    store.delete("c")
    operations = {"get": 1, "get_range": 3, "create": 1, "put": 1, "list": 1, "head": 1, "stream": 1, "delete": 1}
    assert store.counts == StoreCounts(requests=10, bytes_read=26, bytes_written=5, rounds=9, by_operation=operations)


def test_caching_reads_only_what_is_missing(folder: LocalStore) -> None:
    counting = CountingStore(folder)
    store = CachingStore(counting, RangeCache())
    assert store.get_ranges("a", [(0, 2), (4, 3)]) == [b"01", b"456"]
    assert store.get_ranges("a", [(4, 3), (8, 1), (0, 2)]) == [b"456", b"8", b"01"]
    assert store.get_ranges("a", [(5, 1), (5, 1)]) == [b"5", b"5"]
    assert (counting.counts.requests, counting.counts.rounds) == (3, 2)


def test_caching_answers_from_a_larger_range(folder: LocalStore) -> None:
    counting = CountingStore(folder)
    store = CachingStore(counting, RangeCache())
    store.get_ranges("a", [(2, 6), (3, 1), (9, 1)])
    found = store.get_ranges("a", [(2, 2), (4, 4), (7, 1), (3, 1)])
    assert [bytes(data) for data in found] == [b"23", b"4567", b"7", b"3"]
    assert counting.counts.requests == 3
    assert (store.hits, store.hit_bytes) == (4, 8)
    store.get_ranges("a", [(7, 2), (1, 2)])
    assert counting.counts.requests == 5


def test_caching_keeps_to_its_limit_and_keeps_no_large_range(folder: LocalStore) -> None:
    cache = RangeCache(limit_bytes=4, range_bytes_max=3)
    store = CachingStore(folder, cache)
    for offset in range(8):
        store.get_range("a", offset, 2)
    assert cache.size_bytes == 4
    store.get_range("a", 0, 9)
    assert cache.size_bytes == 4


def test_caching_makes_one_request_for_two_that_come_together(folder: LocalStore) -> None:
    started, go_on = threading.Event(), threading.Event()

    class Slow(StoreWrapper):
        def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
            started.set()
            go_on.wait(10)
            return self.inner.get_ranges(key, ranges)

    counting = CountingStore(Slow(folder))
    cache = RangeCache()
    found: list[Buffer] = []

    def read() -> None:
        found.append(CachingStore(counting, cache).get_range("a", 0, 4))

    first = threading.Thread(target=read)
    first.start()
    started.wait(10)
    second = threading.Thread(target=read)
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert (found, counting.counts.requests) == ([b"0123", b"0123"], 1)


def test_caching_keeps_no_failure(folder: LocalStore) -> None:
    store = CachingStore(folder, RangeCache())
    with pytest.raises(StorageError):
        store.get_range("a", 8, 4)
    with pytest.raises(StorageError):
        store.get_range("a", 8, 4)
    assert store.get_range("a", 8, 2) == b"89"


def test_latency_is_paid_once_for_a_round(folder: LocalStore) -> None:
    waited: list[float] = []
    store = LatencyStore(folder, 30, sleep=waited.append)
    store.get_ranges("a", [(0, 1)] * 5)
    store.get_ranges("a", [(0, 1)] * 11)
    store.get("a")
    assert waited == [0.03, 0.06, 0.03]


def test_faults_are_the_same_for_the_same_seed(folder: LocalStore) -> None:
    def run(seed: int) -> list[str]:
        store = FaultStore(folder, FaultRates(throttled=0.3, truncated=0.3), seed)
        seen: list[str] = []
        for _ in range(50):
            try:
                seen.append(f"{len(memoryview(store.get_range('a', 0, 8)))} bytes")
            except TransientStorageError as error:
                seen.append(str(error))
        return seen

    assert run(1) == run(1) != run(2)
    assert set(run(1)) == {"8 bytes", "4 bytes", "made-up fault: get_ranges of 'a' was throttled"}


def test_a_lost_answer_has_done_its_work(folder: LocalStore) -> None:
    store = FaultStore(folder, FaultRates(lost_answer=1.0), seed=1)
    with pytest.raises(TransientStorageError, match="the answer to create of 'new' was lost"):
        store.create("new", b"1")
    assert folder.get("new") == b"1"


def test_retry_gets_through_a_bad_store(folder: LocalStore) -> None:
    rates = FaultRates(throttled=0.3, lost_answer=0.2, truncated=0.2)
    store = RetryStore(FaultStore(folder, rates, seed=7), retries=20, sleep=lambda _: None)
    for number in range(50):
        store.put(f"k{number:02}", b"value")
        assert store.get_range(f"k{number:02}", 1, 3) == b"alu"
        assert store.get(f"k{number:02}") == b"value"
    assert len(list(store.list("k"))) == 50


def test_retry_gives_up_and_says_why(folder: LocalStore) -> None:
    waited: list[float] = []
    store = RetryStore(FaultStore(folder, FaultRates(throttled=1.0), seed=1), retries=3, sleep=waited.append)
    with pytest.raises(TransientStorageError, match="get of 'a' was throttled"):
        store.get("a")
    assert len(waited) == 3
    assert sorted(waited) == waited


def test_retry_does_not_repeat_a_create(folder: LocalStore) -> None:
    store = RetryStore(FaultStore(folder, FaultRates(lost_answer=1.0), seed=1), sleep=lambda _: None)
    with pytest.raises(TransientStorageError):
        store.create("new", b"1")
    with pytest.raises(AlreadyExistsError):
        store.create("new", b"1")

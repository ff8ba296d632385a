"""Commits by one and many writers, checkpoints and replay, lost answers, changed and repeated objects."""

from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.commit import commit_key
from lakebed.catalog.commit_lines import decode_commit
from lakebed.catalog.entries import source_version
from lakebed.errors import CatalogError, StorageError, UnsafeStoreError
from lakebed.storage.counting import CountingStore
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.local import LocalStore
from lakebed.storage.retry import RetryStore
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import SECOND, indexing, segment, source
from tests.unit.catalog.test_packed import flipped, has_same_content

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def created(store: Store) -> Catalog:
    catalog = Catalog(store, sleep=lambda _: None)
    catalog.open_for_writing()
    return catalog


def live(catalog: Catalog) -> dict[str, tuple[int, ...]]:
    """Segment key → dead objects."""
    return {entry.key: entry.dead for entry in catalog.snapshot.entries()}


def test_a_store_without_a_lake(store: LocalStore) -> None:
    catalog = Catalog(store)
    assert (catalog.is_created, catalog.snapshot.number, catalog.snapshot.indexes) == (False, 0, [])
    assert not store.root.exists()


def test_creating_a_lake_makes_commit_one_and_leaves_no_test_object(store: LocalStore) -> None:
    created(store)
    created(store)
    assert [info.key for info in store.list("")] == [commit_key(1)]
    commit = decode_commit(store.get(commit_key(1)), commit_key(1))
    assert (commit.action, commit.number) == ("create", 1)


def test_a_commit_is_seen_by_others(store: LocalStore) -> None:
    writer, reader = created(store), Catalog(store)
    changes = indexing("s3://logs/a", "s3://logs/b")
    outcome = writer.commit(changes)
    assert (outcome.recorded, outcome.replaced, outcome.duplicates) == (2, 0, 0)
    assert live(reader) == {}
    reader.refresh()
    assert live(reader) == live(writer) == live(Catalog(store)) == {changes.add[0].key: ()}
    entry = reader.snapshot.entries()[0]
    assert (entry.index, entry.events, entry.min_time_ns, entry.max_time_ns) == ("web", 20, 0, 10 * SECOND)
    assert reader.state.addresses.find(reader.snapshot, [entry]) == {entry.key: changes.add[0].address}


def test_a_commit_costs_one_request_and_an_idle_refresh_one(store: LocalStore) -> None:
    counting = CountingStore(store)
    catalog = created(counting)
    before = counting.counts.requests
    catalog.commit(indexing("a"))
    assert counting.counts.requests == before + 1
    catalog.refresh()
    assert counting.counts.requests == before + 2


def test_the_same_object_again_changes_nothing(store: LocalStore) -> None:
    catalog = created(store)
    catalog.commit(indexing("a"))
    number, before = catalog.snapshot.number, live(catalog)
    outcome = catalog.commit(indexing("a"))
    assert (outcome.commit, outcome.duplicates, outcome.duplicate_events) == (None, 1, 10)
    assert (catalog.snapshot.number, live(catalog)) == (number, before)
    assert catalog.is_indexed("web", "a", source_version(100, 1 * SECOND, None))
    assert not catalog.is_indexed("other", "a", source_version(100, 1 * SECOND, None))


def test_the_same_object_in_another_index_is_another_object(store: LocalStore) -> None:
    catalog = created(store)
    catalog.commit(indexing("a", index="web"))
    catalog.commit(indexing("a", index="audit"))
    assert catalog.snapshot.indexes == ["audit", "web"]


def test_a_changed_object_replaces_its_events(store: LocalStore) -> None:
    catalog = created(store)
    first = indexing("a", "b", "c")
    catalog.commit(first)
    second = indexing("b", version=2)
    outcome = catalog.commit(second)
    assert outcome.replaced == 1
    assert live(catalog) == {first.add[0].key: (1,), second.add[0].key: ()}
    assert live(Catalog(store)) == live(catalog)


def test_a_segment_whose_objects_were_all_replaced_is_gone(store: LocalStore) -> None:
    catalog = created(store)
    catalog.commit(indexing("a", "b"))
    catalog.commit(indexing("a", version=2))
    last = indexing("b", version=2)
    catalog.commit(last)
    assert len(live(catalog)) == 2
    again = indexing("a", "b", version=3)
    catalog.commit(again)
    assert live(catalog) == {again.add[0].key: ()}


def test_an_older_version_that_comes_late_does_not_win(store: LocalStore) -> None:
    catalog = created(store)
    newer = indexing("a", version=5)
    catalog.commit(newer)
    older = indexing("a", "z", version=4)
    outcome = catalog.commit(older)
    assert (outcome.recorded, outcome.duplicates) == (1, 1)
    assert live(catalog) == {newer.add[0].key: (), older.add[0].key: (0,)}


def test_one_object_twice_in_a_commit_is_kept_once(store: LocalStore) -> None:
    catalog = created(store)
    changes = indexing("a", "a", "b")
    outcome = catalog.commit(changes)
    assert (outcome.recorded, outcome.duplicates) == (2, 1)
    assert live(catalog) == {changes.add[0].key: (1,)}


def test_an_object_in_several_segments_is_replaced_in_all(store: LocalStore) -> None:
    catalog = created(store)
    one, two = segment(2), segment(2)
    records = [
        source("a", ((one.key, 0),)),
        source("big", ((one.key, 1), (two.key, 0))),
        source("z", ((two.key, 1),)),
    ]
    catalog.commit(Changes("index", [one, two], records))
    catalog.commit(indexing("big", version=2))
    assert {key: dead for key, dead in live(catalog).items() if dead} == {one.key: (1,), two.key: (0,)}


def test_two_writers_of_the_same_objects_keep_them_once(store: LocalStore) -> None:
    one, two = created(store), created(store)
    first, second = indexing("a", "b"), indexing("b", "c")
    one.commit(first)
    outcome = two.commit(second)
    assert (outcome.recorded, outcome.duplicates) == (1, 1)
    assert live(two) == {first.add[0].key: (), second.add[0].key: (0,)}
    one.refresh()
    assert live(one) == live(two)


@pytest.mark.parametrize("writers", [8])
def test_many_writers_lose_nothing(store: LocalStore, writers: int) -> None:
    created(store)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            catalog = Catalog(store)
            for turn in range(10):
                catalog.commit(indexing(f"{number}/{turn}", f"shared/{turn}"))
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=run, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    end = Catalog(store)
    assert end.snapshot.number == 1 + writers * 10
    live_count = sum(entry.objects - len(entry.dead) for entry in end.snapshot.entries())
    assert live_count == writers * 10 + 10


def test_a_writer_that_is_far_behind_catches_up_at_once(store: LocalStore) -> None:
    """As one that merged for a minute while others committed: it lost a race for each of their commits, and gave up."""
    counted, sleeps = CountingStore(store), list[float]()
    slow = Catalog(counted, sleep=sleeps.append)
    slow.open_for_writing()
    other = created(store)
    ours = indexing("ours")
    for number in range(config.COMMIT_ATTEMPTS + 50):
        other.commit(indexing(f"theirs/{number}"))
    before = counted.counts.requests
    outcome = slow.commit(ours)
    assert outcome.commit is not None
    assert outcome.commit.number == slow.snapshot.number == config.COMMIT_ATTEMPTS + 52
    assert len(sleeps) == 1
    assert counted.counts.requests - before < 2 * config.COMMITS_FOLLOWED
    assert live(Catalog(store)) == live(slow)
    for number in range(20):
        other.commit(indexing(f"more/{number}"))
    before = counted.counts.requests
    assert slow.commit(indexing("again")).commit is not None
    assert counted.counts.requests - before == 2 + 20 + 1, "two creates, their commits, and none after them"


def test_lost_answers_do_no_harm(store: LocalStore) -> None:
    rates = FaultRates(throttled=0.2, lost_answer=0.3)
    for seed in range(20):
        catalog = created(RetryStore(FaultStore(store, rates, seed), retries=30, sleep=lambda _: None))
        for turn in range(5):
            catalog.commit(indexing(f"{seed}/{turn}"))
    end = Catalog(store)
    assert end.snapshot.segment_count == 100
    assert sum(len(entry.dead) for entry in end.snapshot.entries()) == 0


def test_a_store_that_fails_for_good_is_an_error(store: LocalStore) -> None:
    created(store)
    broken = FaultStore(store, FaultRates(), 1)
    catalog = Catalog(broken, sleep=lambda _: None)
    broken._rates = FaultRates(throttled=1.0)
    with pytest.raises(StorageError, match=r"made-up fault|failed again and again"):
        catalog.commit(indexing("a"))
    assert Catalog(store).snapshot.segment_count == 0


def test_checkpoint_and_commits_give_the_same_state(store: LocalStore) -> None:
    catalog = created(store)
    for turn in range(3 * config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"a/{turn}", f"b/{turn}", times=(turn, turn + 5)))
        if turn % 7 == 0:
            catalog.commit(indexing(f"b/{turn}", version=2, index="web"))
    again = Catalog(store)
    assert live(again) == live(catalog)
    assert again.state.checkpoint >= 2 * config.CHECKPOINT_COMMITS
    entries = again.snapshot.entries()
    assert again.state.addresses.find(again.snapshot, entries) == catalog.state.addresses.find(
        catalog.snapshot, catalog.snapshot.entries()
    )
    for turn in range(3 * config.CHECKPOINT_COMMITS):
        version = 2 if turn % 7 == 0 else 1
        assert again.is_indexed("web", f"b/{turn}", source_version(100, version * SECOND, None))
        assert not again.is_indexed("web", f"b/{turn}", source_version(100, 9 * SECOND, None))
    assert again.commit(indexing("a/1", "b/7")).duplicates == 2  # "b/7" has version 2 now, and 1 is older
    assert again.commit(indexing("b/7", version=3)).replaced == 1


def test_opening_needs_few_requests(store: LocalStore) -> None:
    catalog = created(store)
    for turn in range(config.CHECKPOINT_COMMITS + 3):
        catalog.commit(indexing(f"{turn}"))
    counting = CountingStore(store)
    Catalog(counting)
    assert counting.counts.by_operation == {"get": 2 + 4, "list": 1}


@pytest.mark.parametrize("hint", [None, b"not json", b'{"number":999}', b'{"number":1}'])
def test_the_hint_is_only_a_hint(store: LocalStore, hint: bytes | None) -> None:
    catalog = created(store)
    for turn in range(config.CHECKPOINT_COMMITS + 3):
        catalog.commit(indexing(f"{turn}"))
    if hint is None:
        store.delete("catalog/checkpoint.json")
    else:
        store.put("catalog/checkpoint.json", hint)
    assert live(Catalog(store)) == live(catalog)


def test_a_missing_commit_is_an_error(store: LocalStore) -> None:
    catalog = created(store)
    for turn in range(3):
        catalog.commit(indexing(f"{turn}"))
    store.delete(commit_key(3))
    with pytest.raises(
        CatalogError, match=r"has no commit 3 \(file 'catalog/00000000000000000003\.json\.gz'\), but later"
    ):
        Catalog(store)


def test_a_commit_with_a_flipped_byte_is_an_error(store: LocalStore) -> None:
    created(store).commit(indexing("a"))
    data = store.get(commit_key(2))
    for place in range(len(data)):
        store.put(commit_key(2), flipped(data, place, 2))
        if has_same_content(data, place, 2):
            continue
        with pytest.raises(CatalogError, match=r"'catalog/0*2\.json\.gz' is damaged: "):
            Catalog(store)


def test_files_beside_a_checkpoint_with_a_flipped_byte_are_an_error(store: LocalStore) -> None:
    catalog = created(store)
    for turn in range(config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"{turn}"))
    names = [info.key for info in store.list("catalog/") if info.key.endswith((".checkpoint", ".sources"))]
    assert len(names) == 2
    for name in names:
        data = store.get(name)
        for place in range(0, len(data), 17):
            store.put(name, flipped(data, place, 4))
            if has_same_content(data, place, 4):
                continue
            with pytest.raises(CatalogError, match=rf"'{name}' is damaged: "):
                Catalog(store).is_indexed("web", "a", b"12345678")
        store.put(name, data)


def test_a_store_that_lets_both_win_is_refused(store: LocalStore) -> None:
    class Liar(StoreWrapper):
        def create(self, key: str, data: Buffer) -> None:
            self.inner.put(key, data)

    catalog = Catalog(Liar(store))
    with pytest.raises(UnsafeStoreError, match=r"let 2 of 2 conditional writes of one key win"):
        catalog.open_for_writing()
    assert list(store.list("")) == []


def test_pruning_by_index_and_time(store: LocalStore) -> None:
    catalog = created(store)
    for turn in range(10):
        catalog.commit(indexing(f"{turn}", times=(turn, turn + 1)))
    catalog.commit(indexing("x", index="audit", times=(3, 4)))
    snapshot = catalog.snapshot

    def found(indexes: list[str] | None, since: int | None, until: int | None) -> list[tuple[str, int]]:
        low = None if since is None else since * SECOND
        high = None if until is None else until * SECOND
        return sorted((e.index, e.min_time_ns // SECOND) for e in snapshot.prune(indexes, low, high))

    assert len(found(None, None, None)) == 11
    assert found(["audit"], None, None) == [("audit", 3)]
    assert found(["nothing"], None, None) == []
    assert found(["web"], 3, 5) == [("web", 2), ("web", 3), ("web", 4)]
    assert found(["web"], 9, None) == [("web", 8), ("web", 9)]
    assert found(None, None, 1) == [("web", 0)]
    assert found(None, 4, 4) == [("audit", 3), ("web", 3)]


def test_a_snapshot_does_not_change(store: LocalStore) -> None:
    catalog = created(store)
    changes = indexing("a", "b")
    catalog.commit(changes)
    held = catalog.state
    catalog.commit(indexing("a", version=2))
    for turn in range(config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"{turn}"))
    assert [entry.dead for entry in held.snapshot.entries()] == [()]
    entries = held.snapshot.entries()
    assert held.addresses.find(held.snapshot, entries) == {changes.add[0].key: changes.add[0].address}


def test_a_handle_that_slept_for_long_lists_again(store: LocalStore) -> None:
    now = [0.0]
    reader = Catalog(store, monotonic=lambda: now[0])
    writer = created(store)
    for turn in range(2 * config.CHECKPOINT_COMMITS):
        writer.commit(indexing(f"{turn}"))
    for number in range(1, config.CHECKPOINT_COMMITS):  # what a clean-up of old commits will do
        store.delete(commit_key(number))
    now[0] += config.FULL_REFRESH_S + 1
    reader.refresh()
    assert live(reader) == live(writer)


def test_commit_files_can_be_read_by_people(store: LocalStore) -> None:
    created(store).commit(indexing("s3://logs/a", "s3://logs/b"))
    lines = [msgspec.json.decode(line) for line in gzip.decompress(store.get(commit_key(2))).splitlines()]
    assert [line["is"] for line in lines] == ["commit", "segment", "objects", "object", "object"]
    assert (lines[0]["action"], lines[0]["number"]) == ("index", 2)
    assert lines[2] == {"is": "objects", "index": "web", "base": "s3://logs/"}
    assert lines[3] == {
        "is": "object",
        "url": "a",
        "size_bytes": 100,
        "modified_ns": SECOND,
        "events": 10,
        "parts": [[0, 0]],
    }
    assert lines[4] == {"is": "object", "url": "b", "size_bytes": 100, "modified_ns": SECOND, "events": 10}

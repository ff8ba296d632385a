"""A whole runner over folders: what is there becomes searchable, once, whatever happens meanwhile."""

from __future__ import annotations

import functools
import operator
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import IngestError, StorageError, TransientStateError, TransientStorageError
from lakebed.native import Builder
from lakebed.runner import limits
from lakebed.state import open_state
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.runners import Heard, World, folder_source, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.runner.source import Source
    from lakebed.state import WorkObject
    from lakebed.storage.store import ObjectInfo


@pytest.fixture
def world(tmp_path: Path, state_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """On both databases."""
    monkeypatch.setattr(limits, "CLAIM_EVERY_S", 0.1)
    monkeypatch.setattr(limits, "OBJECT_RETRY_S", 0.05)
    monkeypatch.setattr(limits, "PART_RETRY_S", 0.05)
    monkeypatch.setattr(limits, "PART_RETRY_S_MAX", 0.2)
    made = World(tmp_path, state_url)
    yield made
    made.close()


class Broken(StoreWrapper):
    """Raises for keys with a word in them."""

    def __init__(self, source: Source, word: str, error: Exception, times: int = 1 << 30) -> None:
        super().__init__(source.place.store)
        object.__setattr__(source.place, "store", self)
        self.tries = 0
        self._word, self._error, self._times = word, error, times

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        if self._word in info.key and self.tries < self._times:
            self.tries += 1
            raise self._error
        return self.inner.stream(info, chunk_bytes)


def test_objects_that_the_state_did_not_take_are_listed_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_logs(tmp_path / "logs", 5, 10)
    offer, failures = world.state.work.offer, [TransientStateError("the disk is full")]

    def fails_once(objects: Sequence[WorkObject]) -> int:
        if failures:
            raise failures.pop()
        return offer(objects)

    monkeypatch.setattr(world.state.work, "offer", fails_once)
    monkeypatch.setattr(limits, "PART_RETRY_S", 0.05)
    with world.running(folder_source(tmp_path / "logs")):
        wait_until(lambda: numbers_in(world.lake) == list(range(50)), "all events are there")
    assert failures == []


def test_files_become_searchable_and_so_do_those_that_come_later(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 20, 10)
    heard = Heard()
    with world.running(folder_source(tmp_path / "logs"), heard=heard):
        wait_until(lambda: len(heard.visible) == 20, "20 objects are visible")
        assert numbers_in(world.lake) == list(range(200))
        write_log(tmp_path / "logs/later.json", [event(1, n=1000)])
        wait_until(lambda: len(heard.visible) == 21, "the later one is visible")
    assert numbers_in(world.lake) == [*range(200), 1000]
    assert world.state.work.counts() == {}
    assert (heard.failures, heard.troubles, heard.aside) == ([], [], [])


def test_a_file_that_changes_replaces_its_events(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 3, 10)
    heard = Heard()
    with world.running(folder_source(tmp_path / "logs"), heard=heard):
        wait_until(lambda: len(heard.visible) == 3, "all are visible")
        write_log(tmp_path / "logs/0000.json", [event(1, n=500), event(2, n=501)])
        wait_until(lambda: len(heard.visible) == 4, "the change is visible")
    assert numbers_in(world.lake) == [*range(10, 30), 500, 501]


def test_a_file_that_is_deleted_after_it_was_found(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 3, 10)
    runner = world.runner(folder_source(tmp_path / "logs"), heard=(heard := Heard()))
    stop = threading.Event()
    listing = threading.Thread(target=runner._listing.run, args=(stop,))
    listing.start()
    wait_until(lambda: bool(world.state.work.counts()), "all are found")
    stop.set()
    listing.join()
    (tmp_path / "logs/0001.json.gz").unlink()
    runner.start()
    wait_until(lambda: not world.state.work.counts(), "the table of work is empty")
    runner.stop()
    assert numbers_in(world.lake) == [*range(10), *range(20, 30)]
    assert [url.rpartition("/")[2] for url in heard.gone_urls] == ["0001.json.gz"]


def test_two_runners_share_the_work(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 300, 3)
    source, one, other = folder_source(tmp_path / "logs"), Heard(), Heard()
    with world.running(source, heard=one), world.running(source, heard=other):
        wait_until(lambda: world.visible() == 300, "all are visible")
        wait_until(lambda: not world.state.work.counts(), "the table of work is empty")
    assert numbers_in(world.lake) == list(range(900))
    assert len(one.visible) + len(other.visible) == 300


def test_a_broken_source_does_not_stop_the_others(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 30, 2)
    for number in range(50):
        write_log(tmp_path / f"broken/{number}.json", [event(1, n=5000)])
    broken = folder_source(tmp_path / "broken", "broken")
    Broken(broken, "", TransientStorageError("the bucket is away"))
    gone = folder_source(tmp_path / "gone", "gone")
    (tmp_path / "gone").rmdir()
    heard = Heard()
    with world.running(broken, folder_source(tmp_path / "logs"), gone, heard=heard):
        wait_until(lambda: len(heard.visible) == 30, "all of the good source are visible")
        wait_until(lambda: len({part for part, _ in heard.troubles}) == 2, "both troubles are told")
    assert numbers_in(world.lake) == list(range(60))
    assert {part for part, _ in heard.troubles} == {"source broken", "source gone"}
    assert heard.aside == [], "an outage is not the objects' fault"


def test_an_outage_of_a_source_ends(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 10, 10)
    source = folder_source(tmp_path / "logs")
    Broken(source, "", StorageError("permission denied"), times=25)
    with world.running(source, heard=(heard := Heard())):
        wait_until(lambda: len(heard.visible) == 10, "all are visible")
    assert numbers_in(world.lake) == list(range(100))


def test_what_cannot_be_indexed_is_set_aside_with_its_reason(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 10, 10)
    source = folder_source(tmp_path / "logs")
    broken = Broken(source, "0004", IngestError("made-up: poison"))
    with world.running(source, heard=(heard := Heard()), tries=3):
        wait_until(lambda: len(heard.aside) == 1, "it is set aside")
        wait_until(lambda: len(heard.visible) == 9, "the others are visible")
    (aside,) = world.state.work.set_aside(10)
    assert (aside.object.url.rpartition("/")[2], aside.reason, aside.attempts) == ("0004.json", "made-up: poison", 3)
    assert broken.tries == 3
    assert len(numbers_in(world.lake)) == 90


class Panic(BaseException):
    """As the engine's panics are: no `Exception`."""


def test_a_defect_hurts_one_object_only(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_logs(tmp_path / "logs", 10, 10)
    feed = Builder.feed

    class Fragile:
        """A builder that panics at one object's bytes."""

        def __init__(self, **options: object) -> None:
            self._builder = Builder(**options)  # type: ignore[arg-type] # as it was called

        def __getattr__(self, name: str) -> object:
            return getattr(self._builder, name)

        def feed(self, chunk: Buffer) -> bool:
            if b'"n": 44,' in bytes(chunk):
                raise Panic
            return feed(self._builder, chunk)

    monkeypatch.setattr("lakebed.ingest.worker.Builder", Fragile)
    with world.running(folder_source(tmp_path / "logs"), heard=(heard := Heard()), tries=2):
        wait_until(lambda: len(heard.aside) == 1, "it is set aside")
        wait_until(lambda: len(heard.visible) == 9, "the others are visible")
    assert [(url.rpartition("/")[2], reason) for _, url, reason in heard.aside] == [("0004.json", "unexpected: Panic")]
    assert numbers_in(world.lake) == [*range(40), *range(50, 100)]


class FullDisk(StoreWrapper):
    """A lake that takes no segments for a while."""

    left = 0

    def put(self, key: str, data: Buffer) -> None:
        if self.left:
            self.left -= 1
            raise StorageError("the disk is full")
        self.inner.put(key, data)


def test_a_lake_that_is_full_for_a_while(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 20, 10)
    store = FullDisk(world.lake)
    with world.running(folder_source(tmp_path / "logs"), heard=(heard := Heard()), store=store) as runner:
        wait_until(lambda: len(heard.visible) == 20, "all are visible")
        store.left = 6
        write_log(tmp_path / "logs/later.json", [event(1, n=1000)])
        wait_until(lambda: len(heard.visible) == 21, "the later one is visible")
        assert runner.health.troubles == {}
    assert heard.troubles == [("lake", "the disk is full")]
    assert numbers_in(world.lake) == [*range(200), 1000]
    assert (heard.failures, heard.aside) == ([], [])


class Held(StoreWrapper):
    """A source that gives nothing until it is let go."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.place.store)
        object.__setattr__(source.place, "store", self)
        self.is_reading = threading.Event()
        self.go = threading.Event()

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        self.is_reading.set()
        self.go.wait(60)
        return self.inner.stream(info, chunk_bytes)


def counted(calls: Counter[str], name: str, call: Callable[..., object]) -> Callable[..., object]:
    """The same, and each call is counted."""

    def wrapped(*arguments: object, **named: object) -> object:
        calls[name] += 1
        return call(*arguments, **named)

    return wrapped


def test_an_object_stays_ours_while_it_is_worked_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases go by a clock of the test's own, as a machine that stands still for a second must not end one."""
    monkeypatch.setattr(limits, "KEEP_EVERY_S", 0.05)
    now = time.time()
    world.state.close()
    world.state = open_state(world.state_url, lease_clock=lambda: now)
    calls = Counter(extend=0, claim=0)
    for name in list(calls):
        monkeypatch.setattr(world.state.work, name, counted(calls, name, getattr(world.state.work, name)))
    write_logs(tmp_path / "logs", 1, 10)
    source = folder_source(tmp_path / "logs")
    held = Held(source)
    with world.running(source):
        assert held.is_reading.wait(60)
        with world.running(folder_source(tmp_path / "logs"), heard=(other := Heard())):
            for _ in range(5):  # two leases and a half
                now += limits.CLAIM_LEASE_S / 2
                enough = {name: count + 4 for name, count in calls.items()}
                wait_until(functools.partial(operator.ge, calls, Counter(enough)), "both have looked")
            assert (other.visible, other.unchanged_urls) == ([], []), "the other runner did not take it"
            held.go.set()
    assert numbers_in(world.lake) == list(range(10))


def test_a_stop_waits_for_what_is_in_hand_until_its_deadline(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 20, 10)
    source = folder_source(tmp_path / "logs")
    held = Held(source)
    runner = world.runner(source, stop_seconds=0.5)
    runner.start()
    assert held.is_reading.wait(60)
    stopped = runner.stop()
    assert stopped.handed_back > 0
    assert not stopped.is_clean
    counts = world.state.work.counts()["web"]
    assert (counts.claimed, counts.waiting) == (0, 20), "all was handed back"
    held.go.set()
    with world.running(folder_source(tmp_path / "logs"), heard=(heard := Heard())):
        wait_until(lambda: not world.state.work.counts(), "all is done")
    assert numbers_in(world.lake) == list(range(200))
    assert heard.failures == []


def test_a_stop_finishes_what_it_can(world: World, tmp_path: Path) -> None:
    """The batch would have waited for a minute."""
    write_logs(tmp_path / "logs", 20, 10)
    runner = world.runner(folder_source(tmp_path / "logs"), commit_seconds=60.0)
    runner.start()

    def fetched() -> int:
        return sum(len(batch.jobs) for batch in runner._gatherer._batches.values())

    wait_until(lambda: fetched() == 20, "all are fetched")
    stopped = runner.stop()
    assert (stopped.handed_back, stopped.is_clean) == (0, True)
    assert numbers_in(world.lake) == list(range(200))
    assert world.state.work.counts() == {}

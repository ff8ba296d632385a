from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import SourceRecord, source_version
from lakebed.errors import ChangedError, StorageError, TransientStorageError
from lakebed.ingest.worker import Known
from lakebed.runner import limits
from lakebed.runner.desk import Desk
from lakebed.runner.fetching import Fetcher
from lakebed.runner.health import Health
from lakebed.runner.job import BACK, DONE, Answer, Job, Kind
from lakebed.storage.local import LocalStore
from lakebed.storage.store import ObjectInfo
from lakebed.storage.wrapper import StoreWrapper
from tests.runners import Heard
from tests.unit.runner.parts import Answers, job_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer


class Bucket(StoreWrapper):
    """A folder that plays a distant store: it has etags, fails when told to, and counts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(LocalStore(folder))
        self.heads = 0
        self.streams = 0
        self.failures: list[Exception] = []

    @property
    def is_local(self) -> bool:
        return False

    def head(self, key: str) -> ObjectInfo:
        self.heads += 1
        info = self.inner.head(key)
        return ObjectInfo(info.key, info.size_bytes, info.modified_ns, self.etag(key))

    def etag(self, key: str) -> str:
        return f'"{hash(self.inner.get(key))}"'

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        self.streams += 1
        if self.failures:
            raise self.failures.pop(0)
        if info.etag != self.etag(info.key):
            raise ChangedError("made-up: it was replaced")
        yield from self.inner.stream(self.inner.head(info.key), chunk_bytes)


class World:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(config, "STORE_BACKOFF_S", 0.001)
        (folder / "logs").mkdir()
        self.folder = folder / "logs"
        self.store = Bucket(self.folder)
        self.source = source_of(self.folder, store=self.store)
        self.heard, self.road = Heard(), Answers()
        self.desk = Desk(1, 1)
        self.catalog = Catalog(LocalStore(folder / "lake"))
        self.catalog.open_for_writing()
        self.fetched: list[Job] = []
        self.stop = threading.Event()
        health = Health(self.heard)
        self.fetcher = Fetcher(
            self.catalog, self.desk, health, self.heard, fetched=self.fetched.append, is_stopping=self.stop
        )

    def fetch(self, key: str, etag: str | None = None, size: int = 10) -> tuple[Job, Answer | None]:
        job = job_of(self.source, self.road, key, etag=etag, size=size)
        self.desk.submit([job])
        return job, self.fetcher.fetch(job)

    def write(self, key: str, text: str) -> str:
        (self.folder / key).write_text(text)
        return self.store.etag(key)

    def in_lake(self, key: str, version: bytes) -> None:
        record = SourceRecord("web", self.source.place.url_of(key), 10, 1, version)
        self.catalog.commit(Changes("index", (), [record]))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_what_is_told_is_fetched_in_one_request(world: World) -> None:
    etag = world.write("a", "0123456789")
    job, answer = world.fetch("a", etag)
    assert (answer, job.data, world.fetched, job.known) == (None, b"0123456789", [job], Known(None))
    assert (world.store.heads, world.store.streams, world.desk.held_bytes) == (0, 1, 10)


def test_what_the_lake_has_is_not_read(world: World) -> None:
    etag = world.write("a", "0123456789")
    world.in_lake("a", source_version(10, 1, etag))
    job, answer = world.fetch("a", etag)
    assert (answer, world.fetched, world.store.streams) == (DONE, [], 0)
    assert world.heard.unchanged_urls == [job.url]


def test_what_was_replaced_is_read_as_it_is_now(world: World) -> None:
    old = world.write("a", "0123456789")
    world.write("a", "new")
    job, answer = world.fetch("a", old)
    assert (answer, job.data, job.size_bytes) == (None, b"new", 3)
    assert job.version == source_version(3, 0, world.store.etag("a"))


def test_what_was_replaced_by_something_that_the_lake_has(world: World) -> None:
    old = world.write("a", "0123456789")
    new = world.write("a", "new")
    world.in_lake("a", source_version(3, 0, new))
    assert world.fetch("a", old)[1] == DONE


def test_what_is_gone_is_done(world: World) -> None:
    job, answer = world.fetch("a")
    assert (answer, world.heard.gone_urls, world.heard.failures) == (DONE, [job.url], [])


@pytest.mark.parametrize("told", [3, 1_000_000])
def test_a_size_that_was_told_wrongly(world: World, told: int) -> None:
    etag = world.write("a", "0123456789")
    job, answer = world.fetch("a", etag, size=told)
    assert (answer, job.data, world.desk.held_bytes) == (None, b"0123456789", 10)


def test_a_large_object_is_looked_at_and_left_for_its_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FETCH_BYTES_MAX", 5)
    etag = world.write("a", "0123456789")
    job, answer = world.fetch("a", etag)
    assert (answer, job.data, world.fetched, world.desk.held_bytes) == (None, None, [job], 0)
    assert (world.store.heads, world.store.streams) == (1, 0)


def test_a_store_that_fails_for_a_moment(world: World) -> None:
    etag = world.write("a", "0123456789")
    world.store.failures = [TransientStorageError("busy")] * (limits.FETCH_ATTEMPTS - 1)
    assert world.fetch("a", etag)[1] is None
    assert world.heard.troubles == []


@pytest.mark.parametrize(
    ("error", "requests"),
    [(TransientStorageError("busy"), limits.FETCH_ATTEMPTS), (StorageError("permission denied"), 1)],
)
def test_a_store_that_fails(world: World, error: StorageError, requests: int) -> None:
    etag = world.write("a", "0123456789")
    world.store.failures = [error] * 10
    job, answer = world.fetch("a", etag)
    assert answer == Answer(Kind.UNREACHABLE, str(error))
    assert world.store.streams == requests
    assert world.heard.troubles == [("source web", str(error))]
    assert world.heard.failures == [(job.url, str(error))]
    assert world.desk.held_bytes == 0


def test_an_object_that_changes_all_the_time(world: World) -> None:
    world.write("a", "0123456789")
    world.store.failures = [ChangedError("again")] * 10
    assert world.fetch("a")[1] == Answer(Kind.UNREACHABLE, "it changes all the time")


def test_a_stop_hands_back(world: World) -> None:
    world.write("a", "0123456789")
    world.stop.set()
    assert world.fetch("a")[1] == BACK

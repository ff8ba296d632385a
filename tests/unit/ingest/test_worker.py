"""What a worker tells of each object, for those who commit its work themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.errors import ChangedError, LakebedError, StorageError, TransientStorageError
from lakebed.ingest.discover import SourceObject, discover
from lakebed.ingest.totals import Counter
from lakebed.ingest.worker import IndexSettings, IndexWorker, Known, Ready
from lakebed.storage.local import LocalStore
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer


class Seen:
    """What a worker handed over and what failed."""

    def __init__(self, catalog: Catalog) -> None:
        self.ready: list[Ready] = []
        self.failed: list[tuple[str, type[LakebedError]]] = []
        self._catalog = catalog

    def fail(self, source: SourceObject, error: LakebedError) -> None:
        self.failed.append((source.info.key, type(error)))

    def commit(self) -> None:
        for ready in self.ready:
            self._catalog.commit(ready.changes)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def worker_of(store: LocalStore | StoreWrapper, **settings: float) -> tuple[IndexWorker, Seen]:
    catalog = Catalog(store)
    catalog.open_for_writing()
    seen = Seen(catalog)
    index = IndexSettings("web", commit_seconds=settings.get("commit_seconds", 1000.0))
    return IndexWorker(store, catalog, index, Counter("web"), hand_over=seen.ready.append, failed=seen.fail), seen


def test_objects_are_handed_over_and_not_committed(store: LocalStore, tmp_path: Path) -> None:
    worker, seen = worker_of(store)
    sources = list(discover(str(write_logs(tmp_path / "logs", 3, 10))))
    for source in sources:
        worker.index(source)
        assert worker.holds(source.url)
    worker.finish()
    assert not worker.holds(sources[0].url)
    worker.finish()
    assert [[(one.source.url, one.report.events) for one in ready.objects] for ready in seen.ready] == [
        [(source.url, 10) for source in sources]
    ]
    assert numbers_in(store) == []
    seen.commit()
    assert numbers_in(store) == list(range(30))


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(store: LocalStore, tmp_path: Path) -> None:
    worker, seen = worker_of(store)
    gone, good, short = discover(str(write_logs(tmp_path / "logs", 3, 10)))
    (tmp_path / "logs" / gone.info.key).unlink()
    with (tmp_path / "logs" / short.info.key).open("wb"):
        pass
    for source in (gone, good, short):
        worker.index(source)
    worker.finish()
    assert [name for name, _ in seen.failed] == [gone.info.key, short.info.key]
    assert seen.failed[1][1] is ChangedError
    seen.commit()
    assert numbers_in(store) == list(range(10, 20))


class FailingPuts(StoreWrapper):
    def put(self, key: str, data: Buffer) -> None:
        raise TransientStorageError("made-up fault")


def test_a_lake_that_fails_is_no_fault_of_an_object(store: LocalStore, tmp_path: Path) -> None:
    Catalog(store).open_for_writing()
    worker, seen = worker_of(FailingPuts(store))
    (source,) = discover(str(write_logs(tmp_path / "logs", 1, 10)))
    worker.index(source)
    with pytest.raises(StorageError):
        worker.finish()
    assert (seen.ready, seen.failed) == ([], [])


def test_an_older_version_read_earlier_does_not_replace_a_newer_one(store: LocalStore, tmp_path: Path) -> None:
    """Who has the bytes from before must say what the lake had then, not what it has when they are parsed."""
    log = write_log(tmp_path / "logs/a.json", [event(1, n=1)])
    worker, seen = worker_of(store)
    (old,) = discover(str(tmp_path / "logs"))
    write_log(log, [event(1, n=222222)])
    (new,) = discover(str(tmp_path / "logs"))
    other, also_seen = worker_of(store)
    other.index(new)
    other.finish()
    also_seen.commit()
    write_log(log, [event(1, n=1)])
    worker.index(SourceObject(old.store, old.info, old.url), Known(None))
    worker.finish()
    seen.commit()
    assert numbers_in(store) == [222222]

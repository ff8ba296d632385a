from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.errors import LakebedError, StorageError, TransientStorageError
from lakebed.ingest.totals import ObjectReport
from lakebed.runner import limits
from lakebed.runner.committing import Committer
from lakebed.runner.desk import Desk
from lakebed.runner.health import Health
from lakebed.storage.local import LocalStore
from tests.lakes import indexing, segment
from tests.runners import Heard
from tests.unit.runner.parts import Answers, job_of, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lakebed.catalog.changes import Changes, Outcome
    from lakebed.catalog.entries import NewSegment
    from lakebed.runner.committing import Done, Usage
    from lakebed.runner.job import Job


class World:
    def __init__(self, folder: Path, usage: Usage | None = None) -> None:
        self.store = LocalStore(folder / "lake")
        self.catalog = Catalog(self.store)
        self.catalog.open_for_writing()
        self.desk, self.road, self.heard = Desk(1, 1), Answers(), Heard()
        self.source = source_of(folder)
        self.health = Health(self.heard)
        self.committer = Committer(self.catalog, self.desk, self.health, self.heard, usage=usage)
        self.over = threading.Event()

    def put(self, *keys: str) -> list[Job]:
        jobs = [job_of(self.source, self.road, key, etag="1") for key in keys]
        self.desk.submit(jobs)
        changes = indexing(*keys)
        self.committer.put(changes, [(job, ObjectReport(10, 100)) for job in jobs])
        return jobs

    def commit_all(self) -> None:
        self.over.set()
        self.committer.run(self.over)

    @property
    def commits(self) -> int:
        return Catalog(self.store).snapshot.number - 1


def test_what_waits_goes_into_one_commit(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(5):
        world.put(f"a{number}", f"b{number}")
    world.commit_all()
    assert (world.commits, world.heard.commits, len(world.heard.visible)) == (1, 1, 10)
    assert set(world.road.by_key.values()) == {"done"}
    assert len(Catalog(world.store).snapshot.entries("web")) == 5


def test_a_commit_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COMMIT_OBJECTS_MAX", 4)
    world = World(tmp_path)
    for number in range(5):
        world.put(f"a{number}", f"b{number}")
    world.commit_all()
    assert (world.commits, len(world.heard.visible)) == (3, 10)
    assert world.desk.open_count == 0


@pytest.mark.parametrize("error", [StorageError("the disk is full"), TransientStorageError("busy"), ValueError("oops")])
def test_a_lake_that_fails_is_no_fault_of_the_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = World(tmp_path)

    def fail(changes: Changes) -> Outcome:
        raise error

    monkeypatch.setattr(world.catalog, "commit", fail)
    world.put("a", "b")
    world.commit_all()
    assert world.road.by_key == {"a": "back", "b": "back"}
    reason = str(error) if isinstance(error, LakebedError) else "unexpected: ValueError"
    assert world.heard.troubles == [("lake", reason)]
    assert world.heard.visible == []
    monkeypatch.undo()
    world.put("a", "b")
    world.commit_all()
    assert (world.health.troubles, len(world.heard.visible)) == ({}, 2)


def test_what_tells_of_the_work_is_in_the_same_commit(tmp_path: Path) -> None:
    told: list[int] = []

    def usage(done: Sequence[Done], now_ns: int) -> NewSegment | None:
        told.append(len(done))
        return segment(index="_usage")

    world = World(tmp_path, usage)
    world.put("a", "b")
    world.put("c")
    world.commit_all()
    assert (told, world.commits) == ([3], 1)
    assert len(Catalog(world.store).snapshot.entries("_usage")) == 1


def test_what_tells_of_the_work_does_not_stop_it(tmp_path: Path) -> None:
    def usage(done: Sequence[Done], now_ns: int) -> NewSegment | None:
        raise StorageError("no")

    world = World(tmp_path, usage)
    world.put("a")
    world.commit_all()
    assert world.road.by_key == {"a": "done"}

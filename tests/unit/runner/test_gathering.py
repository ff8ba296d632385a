from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lakebed.runner import limits
from lakebed.runner.gathering import Gatherer
from tests.unit.runner.parts import Answers, job_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from lakebed.runner.job import Job


class World:
    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.sources = {name: source_of(folder, name) for name in ("web", "app")}
        self.gatherer = Gatherer(wait_s=2.0, batch_bytes=100, monotonic=lambda: self.now)

    def add(self, name: str, key: str, size: int = 10) -> None:
        self.gatherer.add(job_of(self.sources[name], Answers(), key, etag="1", size=size))

    def take(self) -> list[str] | None:
        found: list[Job] | None = self.gatherer.take(0)
        return None if found is None else [job.key for job in found]


def test_a_batch_is_due_when_its_first_object_has_waited(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add("web", "a")
    world.now = 1.0
    world.add("web", "b")
    world.add("app", "c")
    assert world.take() is None
    world.now = 2.0
    assert (world.take(), world.take()) == (["a", "b"], None)
    world.now = 3.0
    assert (world.take(), world.take()) == (["c"], None)


def test_a_batch_is_due_when_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    world.add("web", "a", 60)
    world.add("app", "b", 60)
    world.add("web", "c", 60)
    assert (world.take(), world.take()) == (["a", "c"], None)
    monkeypatch.setattr(limits, "BATCH_OBJECTS_MAX", 2)
    world.add("app", "d", 1)
    assert (world.take(), world.take()) == (["b", "d"], None)


def test_nothing_waits_in_a_hurry(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add("web", "a")
    world.gatherer.hurry()
    assert (world.take(), world.take()) == (["a"], None)
    world.add("app", "b")
    assert world.take() == ["b"]


def test_a_waiting_worker_is_woken(tmp_path: Path) -> None:
    world = World(tmp_path)
    found: list[list[Job] | None] = []
    thread = threading.Thread(target=lambda: found.append(world.gatherer.take(60)))
    thread.start()
    world.add("web", "a", 1000)
    thread.join(60)
    assert [[job.key for job in batch or []] for batch in found] == [["a"]]

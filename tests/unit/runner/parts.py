"""Jobs and roads for tests of single parts of the runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner.job import Answer, Job
from lakebed.runner.source import Source
from lakebed.storage.store import ObjectInfo

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.storage.store import Store


class Answers:
    """A road that remembers what it was told."""

    name = "test"

    def __init__(self) -> None:
        self.told: list[tuple[Job, Answer]] = []

    def answer(self, job: Job, answer: Answer) -> None:
        self.told.append((job, answer))

    @property
    def by_key(self) -> dict[str, str]:
        return {job.key: answer.kind.value for job, answer in self.told}


def source_of(folder: Path, name: str = "web", store: Store | None = None) -> Source:
    place = open_place(str(folder))
    if store is not None:
        object.__setattr__(place, "store", store)
    return Source(name, place, IndexSettings("web", commit_seconds=0.05))


def job_of(source: Source, road: Answers, key: str, *, etag: str | None = None, size: int = 10) -> Job:
    """`etag` makes it one that was looked at already."""
    info = ObjectInfo(key, size, 1, etag) if etag else None
    return Job(source, key, info, road, None)

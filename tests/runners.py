"""Runners for tests: a lake, a state and sources in folders or buckets, and waiting for what must come true."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.catalog.catalog import Catalog
from lakebed.configuration import RunConfig
from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner.reports import NoReports
from lakebed.runner.runner import Runner
from lakebed.runner.source import Source
from lakebed.state import open_state
from lakebed.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from lakebed.ingest.totals import ObjectReport
    from lakebed.runner.job import Job
    from lakebed.storage.store import Store

PATIENCE_S = 60.0
"""Longest wait for what must come true; a machine with much to do is slow, and a failure may take long."""


def wait_until(is_true: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Looks again and again until it is true; fails after `patience_s`."""
    deadline = time.monotonic() + patience_s
    looked = threading.Event()
    while not is_true():
        assert time.monotonic() < deadline, f"not within {patience_s} s: {what}"
        looked.wait(0.02)


@dataclass
class Heard(NoReports):
    """What a runner told."""

    visible: list[tuple[str, int]] = field(default_factory=list)
    """Address and lag in ns of each object that became visible."""
    unchanged_urls: list[str] = field(default_factory=list)
    gone_urls: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    aside: list[tuple[str, str, str]] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    commits: int = 0

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        self.commits += 1
        self.visible += [(job.url, now_ns - (job.info.modified_ns if job.info else 0)) for job, _ in jobs]

    def unchanged(self, job: Job) -> None:
        self.unchanged_urls.append(job.url)

    def gone(self, job: Job) -> None:
        self.gone_urls.append(job.url)

    def failed(self, job: Job, reason: str) -> None:
        self.failures.append((job.url, reason))

    def set_aside(self, source: str, url: str, reason: str) -> None:
        self.aside.append((source, url, reason))

    def trouble(self, what: str, reason: str) -> None:
        self.troubles.append((what, reason))

    def event(self, name: str, **details: object) -> None:
        self.events.append((name, details))


def run_config(**changes: float) -> RunConfig:
    """Settings that suit tests: commits at once, little patience."""
    told = {"workers": 2, "commit_seconds": 0.1, "stop_seconds": 20.0, "tries": 3} | changes
    return RunConfig(**told)  # type: ignore[arg-type] # numbers, some of them whole


def folder_source(folder: Path, name: str = "web", index: str = "web", every_s: float = 0.2) -> Source:
    """A source of files, listed all the time."""
    folder.mkdir(exist_ok=True, parents=True)
    return Source(name, open_place(str(folder)), IndexSettings(index, commit_seconds=0.1), list_every_s=every_s)


def bucket_source(url: str, *, queue: str | None = None, every_s: float | None = None, name: str = "web") -> Source:
    """A source in a bucket."""
    return Source(name, open_place(url), IndexSettings("web", commit_seconds=0.1), queue=queue, list_every_s=every_s)


@dataclass
class World:
    """One lake and one state, for any number of runners."""

    folder: Path
    state_url: str = ""
    store: Store | None = None

    def __post_init__(self) -> None:
        self.state_url = self.state_url or str(self.folder / "state.db")
        self.state = open_state(self.state_url)
        if self.store is None:
            self.store = LocalStore(self.folder / "lake")

    @property
    def lake(self) -> Store:
        """The lake's store."""
        assert self.store is not None
        return self.store

    def runner(self, *sources: Source, heard: Heard | None = None, store: Store | None = None, **run: float) -> Runner:
        """A runner that is not started."""
        used = store or self.lake
        return Runner(used, Catalog(used), self.state, sources, run_config(**run), reports=heard)

    @contextlib.contextmanager
    def running(
        self, *sources: Source, heard: Heard | None = None, store: Store | None = None, **run: float
    ) -> Iterator[Runner]:
        """A runner that runs."""
        runner = self.runner(*sources, heard=heard, store=store, **run)
        runner.start()
        try:
            yield runner
        finally:
            stopped = runner.stop()
        assert stopped.is_clean

    def close(self) -> None:
        """Closes the state."""
        self.state.close()

    def visible(self) -> int:
        """Objects that are in the lake."""
        catalog = Catalog(self.lake)
        return sum(entry.objects - len(entry.dead) for entry in catalog.snapshot.entries())

"""A runner at work: many small objects from a folder and from a queue, and from created to searchable.

Everything runs on the machine that is measured: the runner, and for the queue also its server and who writes the
objects. Objects are 10 kB of JSON lines, gzip'd, as services write them.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.measure import Report, run_side
from lakebed import _core
from lakebed.catalog.catalog import Catalog
from lakebed.configuration import RunConfig
from lakebed.ingest.discovery.listing import Ends, Lister
from lakebed.ingest.discovery.place import Place, open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner.reports import NoReports
from lakebed.runner.runner import Runner
from lakebed.runner.source import Source
from lakebed.state import open_state
from lakebed.storage.local import LocalStore
from lakebed.storage.store import ObjectInfo
from lakebed.storage.wrapper import StoreWrapper
from tests.ministack import Ministack, ministack_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.corpus import Truth
    from lakebed.ingest.totals import ObjectReport
    from lakebed.runner.job import Job

OBJECTS = 10_000
QUEUE_OBJECTS = 1_500
"""ministack sends a notice for each put in the time that a put takes: more would measure that."""
EVENTS_EACH = 60
ARRIVALS = 60
ARRIVALS_EVERY_S = 0.25
LISTED = 1_000_000
PATIENCE_S = 600


class Visible(NoReports):
    """When each object became visible."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.is_all = threading.Event()
        self.wanted = 0

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        """See `Reports`."""
        now = time.time()
        self.at.update((job.key, now) for job, _ in jobs)
        if len(self.at) >= self.wanted:
            self.is_all.set()


def small_object(number: int) -> bytes:
    """Lines of JSON, no two objects alike."""
    lines = (
        {"time": f"2026-01-01T{number % 24:02}:{n % 60:02}:00Z", "user": f"user{n % 7}", "n": number * EVENTS_EACH + n}
        | {"path": f"/api/v1/things/{number * n % 9973}", "status": 200, "agent": "Mozilla/5.0 (X11; Linux x86_64)"}
        for n in range(EVENTS_EACH)
    )
    return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode(), 1)


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:  # noqa: ARG001 - it has objects of its own
    """Measures all three."""
    report.version = _core.__version__
    folder = work / "running"
    shutil.rmtree(folder, ignore_errors=True)
    report.facts["objects"] = OBJECTS
    logs = make_logs(folder / "logs")
    report.once("index small objects", lambda: from_folder(folder, logs))
    report.once("list a million known", list_known)
    with pytest.MonkeyPatch.context() as patch, ministack_server(_made(folder / "ministack")) as server:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        report.facts["queue_objects"] = QUEUE_OBJECTS
        source = make_queue(server)
        report.once("index from a queue", lambda: from_queue(folder / "queue", source))
        report.facts["searchable_s"] = searchable_s(folder / "latency", server)


def make_logs(logs: Path) -> Path:
    """A folder of objects, by days."""
    for number in range(OBJECTS):
        (_made(logs / f"2026/01/{1 + number % 28:02}") / f"{number:05}.json.gz").write_bytes(small_object(number))
    os.sync()
    return logs


def from_folder(folder: Path, logs: Path) -> int:
    """All objects of a folder, from the start of the runner until the last is visible."""
    visible = Visible()
    visible.wanted = OBJECTS
    source = Source("bench", open_place(str(logs)), IndexSettings("bench", commit_seconds=2.0), list_every_s=60.0)
    with _running(folder, source, visible):
        visible.is_all.wait(PATIENCE_S)
    return len(visible.at)


def make_queue(server: Ministack) -> Source:
    """A bucket of objects whose notices wait in a queue."""
    bucket, queue = server.bucket(), server.queue()
    server.notify(bucket, queue)
    for number in range(QUEUE_OBJECTS):
        server.put(bucket, f"web/{number:05}.json.gz", small_object(number))
    place = open_place(f"s3://{bucket}/web/")
    return Source("bench", place, IndexSettings("bench", commit_seconds=2.0), queue=queue)


def from_queue(folder: Path, source: Source) -> int:
    """All that the queue tells of, from the start of the runner until the last is visible."""
    visible = Visible()
    visible.wanted = QUEUE_OBJECTS
    with _running(folder, source, visible):
        visible.is_all.wait(PATIENCE_S)
    return len(visible.at)


def searchable_s(folder: Path, server: Ministack) -> dict[str, float]:
    """Seconds from a put until a search finds its events, for objects that come one after the other."""
    bucket, queue = server.bucket(), server.queue()
    server.notify(bucket, queue)
    visible = Visible()
    visible.wanted = ARRIVALS
    created: dict[str, float] = {}
    place = open_place(f"s3://{bucket}/web/")
    with _running(folder, Source("bench", place, IndexSettings("bench", commit_seconds=2.0), queue=queue), visible):
        for number in range(ARRIVALS):
            key = f"web/{number:05}.json.gz"
            created[key] = time.time()
            server.put(bucket, key, small_object(number))
            time.sleep(ARRIVALS_EVERY_S)
        visible.is_all.wait(PATIENCE_S)
    lags = [visible.at[key] - at for key, at in created.items()]
    return {"median": statistics.median(lags), "max": max(lags)}


class _Many(StoreWrapper):
    """A listing of a million objects, which costs nothing itself."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        for number in range(LISTED):
            day = f"2026/{1 + number // 83_334:02}/{1 + number // 3_000 % 28:02}"
            yield ObjectInfo(f"logs/{day}/{number:07}.json.gz", 10_000, 1_767_225_600_000_000_000, f'"{number:032x}"')


def list_known() -> int:
    """What a whole listing of a million objects costs beside its requests: all are looked up in a small lake."""
    catalog = Catalog(LocalStore(Path("/nonexistent/bench")))
    inner = open_place("s3://bench/logs/")
    place = Place(_Many(inner.store), inner.prefix, None, inner.bucket)

    def is_known(url: str, info: ObjectInfo) -> bool:
        return catalog.known_version("bench", url) is None and info.size_bytes > 0

    ends = Ends()
    assert not list(Lister(place, is_known, time.time).new_objects(ends))
    return ends.objects


class _running:  # noqa: N801 - reads as a statement
    """A runner with a lake and a state in a folder."""

    def __init__(self, folder: Path, source: Source, visible: Visible) -> None:
        lake = LocalStore(_made(folder / "lake"))
        self._state = open_state(str(folder / "state.db"))
        self._runner = Runner(lake, Catalog(lake), self._state, [source], RunConfig(), reports=visible)

    def __enter__(self) -> None:
        self._runner.start()

    def __exit__(self, *_: object) -> None:
        self._runner.stop()
        self._state.close()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    run_side("running", run)

"""kill -9 at random moments of indexing: the lake opens, each object is wholly there or not at all, a re-run ends it.

A moment is a request to the lake and a delay after it, both drawn from the seed: moments told in seconds alone would
all fall before or after the work on a machine that is slower or faster than a moment ago. `CRASH_KILLS` in the
environment asks for more kills than CI makes.
"""

from __future__ import annotations

import collections
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.model import Row
from tests.logs import write_logs

if TYPE_CHECKING:
    import random

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "20"))
FILES = 60
EVENTS_EACH = 400

# Small segments, a commit for each few of them and small pieces: many moments between which a kill can fall.
INDEXER = """
import sys
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.storage.open import open_store
from tests.faults.dying_store import DyingStore

config.STREAM_CHUNK_BYTES = 4096
config.CHECKPOINT_COMMITS = 4
store = DyingStore(open_store(sys.argv[2]), int(sys.argv[4]), float(sys.argv[5]))
settings = IndexSettings("web", segment_bytes=int(sys.argv[3]), commit_seconds=0.01)
index_source(store, Catalog(store), sys.argv[1], settings, workers=2)
print(store.requests)
"""


@dataclass(frozen=True)
class WholeRun:
    """What a run without a kill takes."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Kill:
    """The process dies `delay_s` after it has begun its `request`th request to the lake."""

    request: int
    delay_s: float

    @classmethod
    def draw(cls, rng: random.Random, whole: WholeRun) -> Kill:
        """At any moment of such a run, every second time just before a request."""
        delay_s = rng.random() * 2 * whole.seconds / whole.requests
        return cls(rng.randint(1, whole.requests), rng.choice([0.0, delay_s]))


NEVER = Kill(1 << 60, 0.0)


def index(logs: Path, lake: str, segment_bytes: int, kill: Kill) -> subprocess.CompletedProcess[str]:
    """Indexes in a process of its own."""
    command = [sys.executable, "-c", INDEXER, str(logs), lake, str(segment_bytes)]
    command += [str(kill.request), repr(kill.delay_s)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)


def run_to_the_end(logs: Path, lake: str, segment_bytes: int) -> WholeRun:
    started = time.monotonic()
    done = index(logs, lake, segment_bytes, NEVER)
    assert done.returncode == 0, done.stderr
    return WholeRun(int(done.stdout), time.monotonic() - started)


def check_whole_objects(lake: str, logs: Path) -> int:
    """Opens the lake as a reader does; returns how many objects are there. Each has all its events, each once."""
    opened = lakebed.open(lake)
    if not opened.exists():
        return 0
    events: collections.defaultdict[str, list[int]] = collections.defaultdict(list)
    for row in opened.search("*"):
        assert isinstance(row, Row)
        number = row.event["n"]
        assert isinstance(number, int)
        events[row.object].append(number)
    opened.close()
    for url, numbers in events.items():
        file = int(url.rpartition("/")[2][:4])
        assert sorted(numbers) == list(range(file * EVENTS_EACH, (file + 1) * EVENTS_EACH)), url
    assert set(events) <= {path.as_uri() for path in logs.iterdir()}
    return len(events)


@pytest.mark.slow
def test_kill_9_at_any_moment(tmp_path: Path, rng: random.Random, seed: int) -> None:
    logs = write_logs(tmp_path / "logs", FILES, EVENTS_EACH)
    sizes = [8_000, 60_000, 400_000]  # smaller than an object, a few objects, many objects
    whole = {size: run_to_the_end(logs, str(tmp_path / f"whole{size}"), size) for size in sizes}
    killed_between = 0
    lake_number = 0
    for number in range(KILLS):
        lake = str(tmp_path / f"lake{lake_number}")
        size = rng.choice(sizes)
        kill = Kill.draw(rng, whole[size])
        done = index(logs, lake, size, kill)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        found = check_whole_objects(lake, logs)
        print(f"seed {seed}, {number}: {kill}, segments of {size}: {found} objects")  # noqa: T201 - shown when it fails
        killed_between += 0 < found < FILES
        if found == FILES or rng.random() < 0.5:  # otherwise the next run goes on in the same lake, and is killed too
            run_to_the_end(logs, lake, size)
            assert check_whole_objects(lake, logs) == FILES
            lake_number += 1
    run_to_the_end(logs, str(tmp_path / f"lake{lake_number}"), sizes[0])
    assert check_whole_objects(str(tmp_path / f"lake{lake_number}"), logs) == FILES
    assert killed_between > 0, "no kill fell between the first commit and the last: the test proves nothing"

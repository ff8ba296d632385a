"""kill -9 at random moments of indexing: the lake opens, each object is wholly there or not at all, a re-run ends it.

The moment of each kill is drawn from the seed, over the time that a whole run takes, which is measured first.
`CRASH_KILLS` in the environment asks for more kills than CI makes.
"""

from __future__ import annotations

import collections
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.model import Row
from tests.logs import write_logs

if TYPE_CHECKING:
    import random
    from pathlib import Path

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

config.STREAM_CHUNK_BYTES = 4096
config.CHECKPOINT_COMMITS = 4
store = open_store(sys.argv[2])
settings = IndexSettings("web", segment_bytes=int(sys.argv[3]), commit_seconds=0.01)
print("ready", flush=True)
totals = index_source(store, Catalog(store), sys.argv[1], settings, workers=2)
print(totals.objects_indexed, flush=True)
"""


def start(logs: Path, lake: str, segment_bytes: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", INDEXER, str(logs), lake, str(segment_bytes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def run_to_the_end(logs: Path, lake: str, segment_bytes: int) -> float:
    """Indexes without a kill and returns how long that took."""
    started = time.monotonic()
    process = start(logs, lake, segment_bytes)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return time.monotonic() - started


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
    whole_run_s = max(run_to_the_end(logs, str(tmp_path / f"whole{size}"), size) for size in sizes)
    killed_between = 0
    lake_number = 0
    for kill in range(KILLS):
        lake = str(tmp_path / f"lake{lake_number}")
        size = rng.choice(sizes)
        process = start(logs, lake, size)
        moment = rng.random() * whole_run_s
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = check_whole_objects(lake, logs)
        print(f"seed {seed}, kill {kill} after {moment:.3f} s, segments of {size}: {found} objects")  # noqa: T201 - shown when it fails
        killed_between += 0 < found < FILES
        if rng.random() < 0.5:  # otherwise the next run goes on in the same lake, and is killed too
            run_to_the_end(logs, lake, size)
            assert check_whole_objects(lake, logs) == FILES
            lake_number += 1
    run_to_the_end(logs, str(tmp_path / f"lake{lake_number}"), sizes[0])
    assert check_whole_objects(str(tmp_path / f"lake{lake_number}"), logs) == FILES
    assert killed_between > 0, "no kill fell between the first commit and the last: the test proves nothing"

"""A search without a limit gives its rows as it finds them, in bounded memory, on any number of threads."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.storage.local import LocalStore
from tests.logs import event, write_log

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak")

WORKER_BYTES = 150 * config.MIB
"""Most that a search may take above what the interpreter takes with everything imported."""

FILES, EVENTS_EACH, WORDS = 48, 2000, 60
MILLION = 1_000_000
SEGMENT_BYTES = 16 * config.MIB

SEARCH = """
import re, sys
import lakebed
def peak():  # getrusage tells the parent's where that was larger
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
with lakebed.open(sys.argv[1]) as lake:
    assert len(list(lake.search("* | count()"))) == 1
    before = peak()
    rows = lake.search(sys.argv[2], newest_first=sys.argv[3] == "newest")
    next(rows)
    first = rows.cost.pages_read
    count = 1 + sum(1 for _ in rows)
print(count, first, rows.cost.pages_read, peak() - before)
"""

INDEX = """
import sys, lakebed
with lakebed.open(sys.argv[1]) as lake:
    lake.index(sys.argv[2], into="flow", workers=1)
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some segments whose times overlap, with events of half a kilobyte."""
    folder = tmp_path_factory.mktemp("memory")
    chance = random.Random(1)
    words = [f"word{number}" for number in range(5000)]
    for file in range(FILES):
        start = (file // 4) * EVENTS_EACH
        events = [
            event(start + place, n=file * EVENTS_EACH + place, text=" ".join(chance.choices(words, k=WORDS)))
            for place in range(EVENTS_EACH)
        ]
        write_log(folder / "logs" / f"{file:03}.json", events)
    store = LocalStore(folder / "lake")
    index_source(store, Catalog(store), str(folder / "logs"), IndexSettings("web", segment_bytes=SEGMENT_BYTES))
    return folder / "lake"


@pytest.mark.slow
def test_a_segment_of_a_million_small_events(tmp_path: Path) -> None:
    lines = "".join(
        f'{{"time": {1_767_225_600 + number // 10}, "port": {number * 7 % 65_536}, "action": "ACCEPT"}}\n'
        for number in range(MILLION)
    )
    (tmp_path / "flow.json").write_text(lines)
    # in a process of its own: how large this one is ends a segment early
    subprocess.run([sys.executable, "-c", INDEX, str(tmp_path / "lake"), str(tmp_path / "flow.json")], check=True)
    count, _, _, grown = run_search(tmp_path / "lake", "action: *", "newest")
    assert (count, len(list((tmp_path / "lake/segments").rglob("*.seg")))) == (MILLION, 1)
    assert grown <= WORKER_BYTES


def run_search(lake: Path, query: str, order: str) -> tuple[int, int, int, int]:
    """Rows, pages read before the first row and in all, and the bytes that the process has grown by."""
    command = [sys.executable, "-c", SEARCH, str(lake), query, order]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, pages_first, pages, grown = map(int, done.stdout.split())
    return count, pages_first, pages, grown


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2", "8"])
@pytest.mark.parametrize(("query", "order"), [("*", "newest"), ("*", "oldest"), ("word7*", "newest")])
def test_a_search_without_a_limit(
    lake: Path, monkeypatch: pytest.MonkeyPatch, query: str, order: str, threads: str
) -> None:
    monkeypatch.setenv("LAKEBED_THREADS", threads)
    count, pages_first, pages, grown = run_search(lake, query, order)
    assert count > FILES // 2 * EVENTS_EACH
    assert pages_first < pages / 2, "the first row came when half of all pages were read"
    assert grown <= WORKER_BYTES

"""Parts of Lakebed's side that need a process of their own: what they report is this process's alone.

usage: python -m bench.lakebed_child index SOURCE LAKE | worker LAKE QUERY … | latency LAKE WORD | groups LAKE
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import lakebed
from bench.groups import TOP
from bench.measure import cpu_seconds, median, peak_rss_bytes
from lakebed.storage.latency import LatencyStore

if TYPE_CHECKING:
    from collections.abc import Callable

LATENCY_MS = 30
LATENCY_RUNS = 7


def index(source: str, lake: str) -> dict[str, float]:
    """Indexes everything; wall and CPU seconds without the interpreter's start."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    totals = lakebed.open(lake).index(source, into="bench")
    return {"wall_s": time.perf_counter() - wall, "cpu_s": cpu_seconds() - cpu, "events": totals.events}


def worker(lake: str, *queries: str) -> dict[str, float]:
    """Runs every query once and reads its whole answer, as a search worker does."""
    opened = lakebed.open(lake)
    return {"rows": sum(sum(1 for _ in opened.search(query)) for query in queries)}


def groups(lake: str) -> dict[str, Any]:
    """The most frequent of a million groups, with their counts, and what the answer says of itself."""
    started = time.perf_counter()
    found = lakebed.open(lake).search(f"* | groupbycount(user.name) | head {TOP}")
    top = [list(row.values()) for row in found if isinstance(row, dict)]
    return {"wall_s": time.perf_counter() - started, "top": top, "notes": found.notes}


def latency(lake: str, word: str) -> dict[str, float]:
    """One search on a store that takes its time; the catalog is open, nothing else is known."""
    seconds = []
    for _ in range(LATENCY_RUNS):
        opened = lakebed.open(lake)
        slow = LatencyStore(opened._store, LATENCY_MS)  # noqa: SLF001 - no user needs a slow store
        opened._store = slow  # noqa: SLF001 - before anything is opened
        opened.indexes()
        started = time.perf_counter()
        rows = sum(1 for _ in opened.search(word))
        seconds.append(time.perf_counter() - started)
    return {"seconds": median(seconds), "rows": rows}


if __name__ == "__main__":
    parts: dict[str, Callable[..., dict[str, Any]]] = {
        "index": index,
        "worker": worker,
        "latency": latency,
        "groups": groups,
    }
    report = parts[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**report, "peak_rss_bytes": peak_rss_bytes()}))

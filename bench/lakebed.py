"""Lakebed as its users have it: the Python API on a lake in a local folder.

Indexing and the search worker run in processes of their own (bench/lakebed_child.py): their memory is theirs alone.
"""

from __future__ import annotations

import dataclasses
import gzip
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lakebed
from bench.corpus import FREQUENT, dumps, read_events
from bench.groups import FOLDER as GROUPS_FOLDER
from bench.groups import truth_file
from bench.measure import Report, folder_bytes, median, run_side

if TYPE_CHECKING:
    from bench.corpus import Truth

COLD_RUNS = 11
EVENTS_BACK = 2000
NOT_OURS = {"__main__", "_distutils_hack", "_virtualenv"}  # what an environment loads into every Python
CHARTS = {
    "chart": "* | timechart count() by eventSource",
    "columns": "* | stats max(@lb.time_ns) by eventSource",
    "everything": "*",
}
"""Each asked of a fresh handle, which has nothing in its cache."""

STATS_FUNCTIONS = "* | stats count(), countdistinct(ip), percentile(95, bytes) by status"

COLD = "import lakebed.handlers.search"
LOADED = COLD + "; import sys; print(*{m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"


def queries(truth: Truth) -> dict[str, str]:
    """The same questions as the peers get, in our language."""
    inner = truth.agent[2:-2]
    return {
        "needle": f"{truth.key} | count",
        "absent": f"{truth.absent} | count",
        "address_anywhere": f'"{truth.address}" | count',
        "substring_anywhere": f'"*{inner}*" | count',
        "field": f'sourceIPAddress: "{truth.address}" | count',
        "field_substring": f'userAgent: "*{inner}*" | count',
        "field_regex": f"userAgent ~ /{truth.agent[:11]}[0-9a-f]+/ | count",
        "nested_substring": "requestParameters.bucketName: *backup* | count",
        "count_by": "* | groupbycount(eventName)",
        "count_by_nested": "* | groupbycount(userIdentity.arn)",
        "filter_count_distinct": "errorCode: * | stats count(), countdistinct(userIdentity.arn) by sourceIPAddress",
    }


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:
    """Indexes the corpus and the real sample, then asks."""
    report.version = importlib.metadata.version("lakebed")
    report.facts["raw_bytes"] = truth.raw_bytes
    url = str(work / "lake")
    indexed = child("index", str(corpus), url)
    report.timings["ingest"] = {name: indexed[name] for name in ("wall_s", "cpu_s")} | {"runs": 1}
    report.facts["index_rss_bytes"] = indexed["peak_rss_bytes"]
    report.facts |= sizes(Path(url))
    lake = lakebed.open(url)
    for name, query in queries(truth).items():
        report.warm(name, partial(first_value, lake, query))
    report.warm("newest", lambda: sum(1 for _ in lake.search("*", limit=50)))
    report.facts["newest"] = cost_of(lake, "*", limit=50)
    report.facts["needle"] = cost_of(lake, truth.key)
    report.facts["timechart"] = {
        name: cost_of(lakebed.open(url), query)["bytes_read"] for name, query in CHARTS.items()
    }
    report.facts["worker_rss_bytes"] = child("worker", url, *queries(truth).values())["peak_rss_bytes"]
    report.facts["latency"] = {
        name: child("latency", url, word)
        for name, word in (("absent", truth.absent), ("present", an_event_id(lake)), ("present_three", truth.key))
    }
    report.facts["cold"] = cold_start()
    report.facts["groups"] = groups(report, corpus.parent / GROUPS_FOLDER, str(work / "groups"))
    report.warm("grep_rare", partial(grep_count, truth.key, corpus))
    report.warm("grep_frequent", partial(grep_count, FREQUENT, corpus))
    samples = os.environ.get("LAKEBED_TEST_DATA")
    if samples and Path(samples).is_dir():
        report.facts["real"] = real_size(Path(samples), work)


def groups(report: Report, source: Path, url: str) -> dict[str, Any]:  # JSON
    """A million groups in a process of its own; functions over undeclared columns beside a peer's declared ones."""
    child("index", str(source), url)
    report.warm("stats_functions", partial(first_value, lakebed.open(url), STATS_FUNCTIONS))
    found = child("groups", url)
    truth = json.loads(truth_file(source).read_text())
    found["right"] = sum(ours == wanted for ours, wanted in zip(found.pop("top"), truth["top"], strict=False))
    found["asked"] = len(truth["top"])
    return found


def first_value(lake: lakebed.Lake, query: str) -> object:
    """The whole answer is fetched; its first value is what is compared with the truth."""
    rows = list(lake.search(query))
    first = rows[0] if rows else {}
    return next(iter(first.values()), 0) if isinstance(first, dict) else len(rows)


def grep_count(word: str, corpus: Path) -> int:
    """Events with a word in the files as they are: the command, its start included."""
    command = [sys.executable, "-c", "from lakebed.cli import main; main()", "grep", "--count", "-I", word, str(corpus)]
    return sum(map(int, subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()))


def an_event_id(lake: lakebed.Lake) -> str:
    """A word that stands in one event, and not in one of the newest."""
    *_, last = lake.search("*", limit=EVENTS_BACK)
    assert isinstance(last, lakebed.Row), "a search without stages gives events"
    return str(last.event["eventID"])


def cost_of(lake: lakebed.Lake, query: str, limit: int | None = None) -> dict[str, Any]:  # JSON
    """What a search cost, as the lake says itself."""
    results = lake.search(query, limit=limit)
    rows = sum(1 for _ in results)
    return {**dataclasses.asdict(results.cost), "rows": rows}


def child(what: str, *arguments: str) -> dict[str, Any]:
    """Runs a part in a process of its own; gives what it reports."""
    command = [sys.executable, "-m", "bench.lakebed_child", what, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # JSON
    return report


def sizes(lake: Path) -> dict[str, int]:
    """Bytes of the segments, which are index and events, and of the catalog beside them."""
    whole = folder_bytes(lake)
    catalog = folder_bytes(lake / "catalog")
    return {"size_bytes": whole - catalog, "catalog_bytes": catalog}


def cold_start() -> dict[str, object]:
    """A fresh interpreter that imports what a worker imports: the median, and which packages that loads."""
    walls = []
    for _ in range(COLD_RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", COLD], check=True)
        walls.append(time.perf_counter() - started)
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout
    return {"wall_s": median(walls), "packages": sorted(set(loaded.split()) - NOT_OURS)}


def real_size(samples: Path, work: Path) -> dict[str, int]:
    """Real CloudTrail, three sets as one source, beside one gzip -6 stream of the same events."""
    source = work / "real"
    for folder in sorted(samples.glob("cloudtrail-*")):
        for path in folder.rglob("*.json*"):
            if is_json(path):
                target = source / path.relative_to(samples)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    events = list(read_events(source, delivery_files_only=False))
    stream = "".join(f"{dumps(event)}\n" for event in events).encode()
    url = work / "real-lake"
    indexed = child("index", str(source), str(url))
    stored = sizes(url)
    return {
        "events": len(events),
        "events_indexed": indexed["events"],
        "raw_bytes": len(stream),
        "gzip_bytes": len(gzip.compress(stream, compresslevel=6, mtime=0)),
        **stored,
    }


def is_json(path: Path) -> bool:
    """One of the sample's files is only called so."""
    data = path.read_bytes()
    try:
        json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (ValueError, OSError):
        return False
    return True


if __name__ == "__main__":
    run_side("lakebed", run)

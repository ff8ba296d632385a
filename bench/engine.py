"""The engine alone, in this process: no catalog, no threads, no Python between it and the bytes.

Says what one segment costs: requests, bytes and rounds for a needle, the same in time on a store that takes 30 ms per
request, and CPU seconds to build segments. Also the quickest way to see what a change of the engine does:

usage: python -m bench.engine CORPUS TRUTH WORK
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.measure import Report, run_side
from lakebed import _core

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.corpus import Truth

REQUEST_S = 0.030
PARALLEL_REQUESTS = 10
NOW_NS = 1_770_000_000_000_000_000
Node = dict[str, Any]  # JSON of a plan


@dataclass(frozen=True)
class Stored:
    """A finished segment as a searcher finds it: bytes in a store, its address in the catalog."""

    data: bytes
    address: bytes
    summary: dict[str, Any]  # JSON


@dataclass
class Traffic:
    """What a search asked the store for, counted here and not by the engine itself."""

    rounds: int = 0
    requests: int = 0
    bytes: int = 0


def build(corpus: Path) -> list[Stored]:
    """Segments of every file of the corpus, in the default size."""
    builder = _core.Builder(index="bench")
    built: list[Stored] = []

    def take() -> None:
        segment = builder.take_segment()
        if segment is not None:
            built.append(Stored(segment.data, segment.address, json.loads(segment.summary)))

    for path in sorted(corpus.glob("*.gz")):
        builder.begin_object(path.as_uri(), modified_ns=NOW_NS, received_ns=NOW_NS)
        if builder.feed(path.read_bytes()):
            take()
        builder.end_object()
    take()
    return built


def text_plan(filter_node: Node, **more: Any) -> bytes:  # Any: values of a plan
    """A plan that wants the newest 50 rows."""
    plan = {"version": 2, "filter": filter_node, "since_ns": None, "until_ns": None, "newest_first": True}
    return json.dumps({**plan, "limit": 50, "columns": None, "aggregate": None, "use_index": True, **more}).encode()


def has(text: str, column: str | None = None) -> Node:
    """The filter `text` in any field, or in one; `*` stands for any run of characters."""
    place = None if column is None else {"parts": [column]}
    return {"op": "has", "column": place, "pattern": {"parts": text.split("*"), "exact_case": False}}


def search(
    plan: bytes, stored: Stored, traffic: Traffic, *, reader: _core.SegmentReader, request_s: float = 0.0
) -> int:
    """Runs one plan over one segment; gives the number of rows. Ranges of one round are read side by side."""
    leaf = _core.LeafSearch(plan, reader)
    view = memoryview(stored.data)
    rows = 0
    while ranges := leaf.needs():
        time.sleep(request_s * -(-len(ranges) // PARALLEL_REQUESTS))
        leaf.feed([view[offset : offset + length] for offset, length in ranges])
        traffic.rounds += 1
        traffic.requests += len(ranges)
        traffic.bytes += sum(length for _, length in ranges)
        rows += len(leaf.take_rows())
    if json.loads(plan)["aggregate"]:
        return len(json.loads(_core.finish_partial(plan, leaf.partial()))["rows"])
    return rows + len(leaf.take_rows())


def search_all(plan: bytes, segments: Sequence[tuple[Stored, _core.SegmentReader]]) -> int:
    """Runs one plan over every segment, one after the other, with readers that know their segments."""
    return sum(search(plan, stored, Traffic(), reader=reader) for stored, reader in segments)


def one_segment(report: Report, stored: Stored, truth: Truth) -> None:
    """Needles that are there and one that is not: requests, and seconds on a distant store, nothing cached."""
    for name, word in (("present", an_event_id(stored)), ("present_three", truth.key), ("absent", truth.absent)):
        traffic, plan = Traffic(), text_plan(has(word))
        started = time.perf_counter()
        reader = _core.SegmentReader(stored.address, "bench")
        rows = search(plan, stored, traffic, reader=reader, request_s=REQUEST_S)
        report.facts[name] = {
            "rows": rows,
            "rounds": traffic.rounds,
            "requests": traffic.requests,
            "bytes": traffic.bytes,
            "seconds_at_30_ms": time.perf_counter() - started,
        }


def an_event_id(stored: Stored) -> str:
    """A word that stands in one event of the segment."""
    leaf = _core.LeafSearch(text_plan({"op": "all", "of": []}), _core.SegmentReader(stored.address, "bench"))
    while ranges := leaf.needs():
        leaf.feed([stored.data[offset : offset + length] for offset, length in ranges])
    event = json.loads(leaf.take_rows()[-1][3])
    return str(event["eventID"])


def plans(truth: Truth) -> dict[str, bytes]:
    """The questions of bench/lakebed.py, as plans; those about words want the events, not their count."""
    everything: Node = {"op": "all", "of": []}
    inner = f"*{truth.agent[2:-2]}*"
    agent = {"parts": ["userAgent"]}
    regex = {"op": "regex", "column": agent, "regex": truth.agent[:11] + "[0-9a-f]+", "ignore_case": False}
    count = {"name": "count"}
    distinct = {"name": "countdistinct", "columns": ["userIdentity.arn"]}
    failed = {"op": "exists", "column": {"parts": ["errorCode"]}}
    return {
        "needle": text_plan(has(truth.key)),
        "absent": text_plan(has(truth.absent)),
        "address_anywhere": text_plan(has(truth.address)),
        "substring_anywhere": text_plan(has(inner)),
        "field": text_plan(has(truth.address, "sourceIPAddress")),
        "field_substring": text_plan(has(inner, "userAgent")),
        "field_regex": text_plan(regex),
        "count_by": text_plan(everything, aggregate={"by": ["eventName"], "functions": [count]}),
        "count_by_nested": text_plan(everything, aggregate={"by": ["userIdentity.arn"], "functions": [count]}),
        "filter_count_distinct": text_plan(
            failed, aggregate={"by": ["sourceIPAddress"], "functions": [count, distinct]}
        ),
        "newest": text_plan(everything),
    }


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:  # noqa: ARG001 - it keeps nothing on disk
    """Builds, then asks."""
    report.version = _core.__version__
    built: list[Stored] = []
    report.once("ingest", lambda: built.extend(build(corpus)))
    report.facts["size_bytes"] = sum(len(stored.data) for stored in built)
    report.facts["address_bytes"] = sum(len(stored.address) for stored in built)
    report.facts["segments"] = len(built)
    report.facts["largest_segment_bytes"] = max(len(stored.data) for stored in built)
    open_segments = [(stored, _core.SegmentReader(stored.address, "bench")) for stored in built]
    with_needle = next(
        stored for stored, reader in open_segments
        if search(text_plan(has(truth.key)), stored, Traffic(), reader=reader)
    )  # fmt: skip
    one_segment(report, with_needle, truth)
    for name, plan in plans(truth).items():
        report.warm(name, partial(search_all, plan, open_segments))


if __name__ == "__main__":
    run_side("engine", run)

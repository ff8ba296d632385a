"""A segment written by each version of the format can still be read, whole and right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakebed import _core

FROZEN = sorted(path for path in Path(__file__).parent.glob("v*") if path.is_dir())
EVERYTHING: dict[str, Any] = {"op": "all", "of": []}


def run(folder: Path, **changes: Any) -> tuple[list[Any], Any, dict[str, int]]:
    """Rows, finished aggregate or None, and cost."""
    data = (folder / "segment.lb").read_bytes()
    address, _, _ = _core.segment_address(data)
    assert address is not None
    plan: dict[str, Any] = {"version": 2, "filter": EVERYTHING, "since_ns": None, "until_ns": None}
    plan |= {"newest_first": False, "limit": None, "columns": None, "aggregate": None, "use_index": True, **changes}
    text = json.dumps(plan).encode()
    search = _core.LeafSearch(text, _core.SegmentReader(address, folder.name))
    rows = []
    while needs := search.needs():
        search.feed([data[offset : offset + length] for offset, length in needs])
        rows += search.take_rows()
    rows += search.take_rows()
    table = json.loads(_core.finish_partial(text, search.partial()))["rows"] if plan["aggregate"] else None
    return [(time, url, record, json.loads(event)) for time, url, record, event in rows], table, search.cost()


@pytest.fixture(params=FROZEN, ids=lambda folder: folder.name)
def frozen(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_there_is_a_sample_of_the_version_that_is_written() -> None:
    assert [folder.name for folder in FROZEN] == ["v1"]
    assert (FROZEN[-1] / "segment.lb").read_bytes()[:8] == b"LKBDSEG\x01"


def test_every_event_comes_back(frozen: Path) -> None:
    events = [json.loads(line) for line in (frozen / "events.jsonl").read_text().splitlines()]
    rows, _, _ = run(frozen)
    assert [event for *_, event in sorted(rows, key=lambda row: row[2])] == events


def test_a_needle_is_found_through_the_index(frozen: Path) -> None:
    rows, _, cost = run(frozen, filter={"op": "has", "column": None, "pattern": {"parts": ["zebra"]}})
    assert [(record, event["needle"]) for _, _, record, event in rows] == [(123, "zebra")]
    assert (cost["pages_read"], cost["rounds"]) == (1, 2)


def test_a_column_is_counted(frozen: Path) -> None:
    _, table, _ = run(frozen, aggregate={"by": ["user.tags[1]"], "functions": [{"name": "sum", "columns": ["bytes"]}]})
    sums = {f"t{tag}": sum(number * number * 1000 for number in range(tag, 400, 5)) for tag in range(5)}
    assert table == [[tag, total, 80] for tag, total in sums.items()]

"""A segment written by each version of the format can still be read, whole and right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakebed import _core

FROZEN = sorted(path for path in Path(__file__).parent.glob("v*") if path.is_dir())
EVERYTHING: dict[str, Any] = {"op": "all", "of": []}


def read(folder: Path) -> tuple[bytes, bytes]:
    """The sample's file and its address."""
    data = (folder / "segment.lb").read_bytes()
    address, _, _ = _core.segment_address(data)
    assert address is not None
    return data, address


def run(folder: Path, **changes: Any) -> tuple[list[Any], Any, dict[str, int]]:
    """Rows, finished aggregate or None, and cost."""
    return search(*read(folder), **changes)


def search(data: bytes, address: bytes, **changes: Any) -> tuple[list[Any], Any, dict[str, int]]:
    """As `run`, over any segment."""
    plan: dict[str, Any] = {"version": 2, "filter": EVERYTHING, "since_ns": None, "until_ns": None}
    plan |= {"newest_first": False, "limit": None, "columns": None, "aggregate": None, "use_index": True, **changes}
    text = json.dumps(plan).encode()
    search = _core.LeafSearch(text, _core.SegmentReader(address, "sample"))
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


@pytest.mark.parametrize("page_rows", [4, 8192])
def test_it_can_be_merged(frozen: Path, page_rows: int) -> None:
    data, address = read(frozen)
    _, objects_offset, objects_length = _core.segment_address(data)
    summary = json.loads(_core.segment_summary(address, data[objects_offset : objects_offset + objects_length]))
    merge = _core.Merge(index=summary["index"], page_rows=page_rows)
    for name in ("first", "second"):
        merge.add(_core.SegmentReader(address, name))
    while needs := merge.needs():
        merge.feed([data[offset : offset + length] for _, offset, length in needs])
    segment = merge.finish()
    assert segment is not None
    rows, _, _ = search(segment.data, segment.address)
    once, _, _ = run(frozen)
    assert rows == sorted([*once, *once], key=lambda row: row[:3])
    objects = len(summary["objects"])
    assert (merge.moved(), merge.deleted_events()) == ([(0, []), (objects, [])], 0)

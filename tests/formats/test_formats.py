"""Every parser on its folder of samples: what is recognised, the events in full, what is counted.

A sample is `<format>/<case>.log`; beside it `<case>.expected.json` has the report, and each event with its metadata.
`python -m tests.formats.test_formats` prints what the parsers say now, to be read before it becomes what is expected.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lakebed import _core

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*.log"))
METADATA = ["@lb.time", "@lb.time_source", "@lb.source_type", "@lb.parse_error"]
MODIFIED_NS = 1_700_000_000_000_000_000


def look(path: Path) -> dict[str, Any]:  # JSON
    """The report of a sample, and its events in order."""
    builder = _core.Builder(index="formats")
    builder.begin_object("file:///sample.log", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS)
    builder.feed(path.read_bytes())
    report = json.loads(builder.end_object())
    segment = builder.take_segment()
    events: dict[int, dict[str, Any]] = {}
    for columns in (None, METADATA):
        for record, row in rows(segment, columns):
            events.setdefault(record, {})["event" if columns is None else "metadata"] = row
    return {"report": report, "events": [events[record] for record in sorted(events)]}


def rows(segment: _core.Segment | None, columns: list[str] | None) -> list[tuple[int, Any]]:
    """Record and JSON of every row."""
    if segment is None:
        return []
    plan = {"version": 2, "filter": {"op": "all", "of": []}, "since_ns": None, "until_ns": None, "newest_first": False}
    plan |= {"limit": None, "columns": columns, "aggregate": None, "use_index": True}
    search = _core.LeafSearch(json.dumps(plan).encode(), _core.SegmentReader(segment.address, "sample"))
    found = []
    while needs := search.needs():
        search.feed([segment.data[offset : offset + length] for offset, length in needs])
        found += search.take_rows()
    found += search.take_rows()
    return [(record, json.loads(data, parse_float=str)) for _, _, record, data in found]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_is_read_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert look(path) == expected
    assert expected["report"]["format"] == path.parent.name


def test_every_format_has_samples() -> None:
    assert {path.parent.name for path in CASES} == {one["name"] for one in json.loads(_core.formats())}


if __name__ == "__main__":
    for case in CASES:
        text = json.dumps(look(case), indent=1, ensure_ascii=True) + "\n"
        if sys.argv[1:] == ["write"]:
            case.with_suffix(".expected.json").write_text(text)
        else:
            sys.stdout.write(f"{case.relative_to(FOLDER)}\n{text}")

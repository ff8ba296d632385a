"""An object of several texts, as an archive is: each read in its own way, all events of one object."""

from __future__ import annotations

import gzip
import json
from typing import Any

from lakebed import _core
from tests.formats.test_formats import rows

FLOW = b"2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 5000 1768435246 1768435305 ACCEPT OK\n"
LINES = b'{"time": "2026-01-01T00:00:00Z", "n": 1}\n{"n": 2}\nnot json\n'


def index(*members: tuple[bytes, dict[str, Any]]) -> tuple[dict[str, Any], list[tuple[int, Any]]]:
    """The report, and per record source type, time source and error."""
    builder = _core.Builder(index="web")
    builder.begin_object("file:///a.zip", modified_ns=1_700_000_000_000_000_000, received_ns=0)
    for text, settings in members:
        builder.begin_member(_core.SourceSettings(json.dumps(settings).encode()))
        builder.feed(text)
    report = json.loads(builder.end_object())
    found = rows(builder.take_segment(), ["@lb.source_type", "@lb.time_source", "@lb.parse_error"])
    return report, sorted(found, key=lambda row: row[0])


def test_members_are_read_each_in_its_own_way() -> None:
    report, found = index((gzip.compress(LINES), {"source_type": "app"}), (FLOW, {}))
    counts = {"events": 4, "raw_bytes": len(LINES) + len(FLOW), "unparsed_lines": 1}
    assert {name: report[name] for name in counts} == counts
    assert (report["format"], report["source_type"], report["compression"]) == ("json", "app", "gzip")
    times = {"field": 1, "format": 1, "previous": 2, "object": 0, "zone_assumed": 0, "year_inferred": 0}
    assert report["time_sources"] == times
    reason = "a value was expected"
    assert [(record, *row.values()) for record, row in found] == [
        (0, "app", "field time"),
        (1, "app", "previous"),
        (2, "app", "previous", reason),
        (3, "aws:vpcflow", "format"),
    ]


def test_a_member_does_not_borrow_the_time_of_the_one_before() -> None:
    _, found = index((b'{"time": "2026-01-01T00:00:00Z"}', {}), (b'{"n": 1}', {}))
    assert [row["@lb.time_source"] for _, row in found] == ["field time", "object"]


def test_a_damaged_member_hides_no_other() -> None:
    report, found = index((gzip.compress(LINES)[:-4], {}), (FLOW, {}))
    assert report["damage"]["reason"] == "ends in the middle of a gzip member"
    assert len(found) == 4

"""JSON events of many vendors, each alone: what they are taken for, and whether their time is found.

The files hold what rules are tested with: some events are cut down to what a rule looks at, and some are of another log
type than the file. So the table tells how many are recognised, rather than that all are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from lakebed import _core
from tests.formats.panther_kinds import KINDS
from tests.formats.test_formats import rows

MODIFIED_NS = 1_700_000_000_000_000_000


SAMPLES = Path(__file__).parent / "json"
BOX = b'{"type":"event","event_type":"LOGIN","created_at":"2026-01-02T03:04:05Z","at":"2026-01-02T03:04:06Z"}'

NOT_PRODUCED = {"okta:system", "windows:process_creation"}
"""Source types that rules name and that no event gets: older names of `okta`, and of one event of many in `windows`."""


def kinds(path: Path) -> dict[str, tuple[int, int]]:
    """For each source type: how many of the events, and of how many the time was found."""
    events: Counter[str] = Counter()
    timed: Counter[str] = Counter()
    builder = _core.Builder(index="kinds")
    for line in path.read_text().splitlines():
        event = json.dumps(json.loads(line)["event"]).encode()
        builder.begin_object("file:///event.json", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS)
        builder.feed(event)
        report = json.loads(builder.end_object())
        assert (report["format"], report["events"], report["unparsed_lines"]) == ("json", 1, 0), line
        events[report["source_type"]] += 1
        timed[report["source_type"]] = report["time_sources"]["field"] + timed[report["source_type"]]
    return {kind: (count, timed[kind]) for kind, count in events.most_common()}


@pytest.mark.real_data
def test_every_file_is_in_the_table(sample_logs: Path) -> None:
    assert sorted(path.stem for path in (sample_logs / "panther-tests").glob("*.ndjson")) == sorted(KINDS)


@pytest.mark.real_data
@pytest.mark.parametrize("name", KINDS)
def test_events_are_recognised(name: str, sample_logs: Path) -> None:
    assert kinds(sample_logs / "panther-tests" / f"{name}.ndjson") == KINDS[name]


@pytest.mark.parametrize(
    ("settings", "source_type", "time"),
    [
        ({}, "box", "2026-01-02T03:04:05Z"),
        ({"source_type": "app"}, "app", "2026-01-02T03:04:05Z"),
        ({"time_fields": ["at"]}, "box", "2026-01-02T03:04:06Z"),
    ],
)
def test_what_is_told_of_a_source_comes_first(settings: dict[str, object], source_type: str, time: str) -> None:
    builder = _core.Builder(index="kinds")
    told = _core.SourceSettings(json.dumps(settings).encode())
    builder.begin_object("file:///event.json", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS, settings=told)
    builder.feed(BOX)
    assert json.loads(builder.end_object())["source_type"] == source_type
    assert [row for _, row in rows(builder.take_segment(), ["@lb.time"])] == [{"@lb.time": time}]


@pytest.mark.real_data
def test_source_types_that_rules_name_are_those_that_events_get(sample_logs: Path) -> None:
    named = set()
    for path in (sample_logs / "detection-rules").rglob("*.y*ml"):
        named |= set(re.findall(r"(?:@scnr|%ingest)\.source_type\s*[:=]\s*[\"']?([\w:]+)", path.read_text()))
    reports = [json.loads(path.read_text())["report"] for path in SAMPLES.glob("*.expected.json")]
    words = {word for report in reports for word in (report["source_type"], report["source_type"].split(":")[0])}
    assert named - words == NOT_PRODUCED
    assert {"aws:cloudtrail", "github", "gcp", "slack", "1password", "cloudflare"} <= named & words

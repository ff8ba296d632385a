"""What a preview tells of a source is what indexing it does."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.errors import IngestError, UsageError
from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.preview import PREVIEW_BYTES, FieldSeen, preview_source
from lakebed.ingest.settings import SourceSettings
from lakebed.model import Row

if TYPE_CHECKING:
    from pathlib import Path

LINES = b"""{"time": "2026-01-01T00:00:00Z", "user": "alice", "n": 1.50, "ok": true}
{"time": "2026-01-01T00:00:01Z", "user": "bob", "n": 2}
not json
"""
FLOW = b"2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 5000 1768435246 1768435305 ACCEPT OK\n"


def test_a_source_is_shown_as_it_would_be_indexed(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(LINES))
    (tmp_path / "b.log").write_bytes(FLOW)
    found = preview_source(str(tmp_path), SourceSettings(), events=2)
    assert (found.url, found.objects) == ((tmp_path / "a.json.gz").as_uri(), 2)
    assert (found.format, found.source_type, found.compression) == ("json", "json", "gzip")
    assert found.why == "an object or an array of objects at the start"
    assert (found.events_seen, found.looked_at_bytes, found.is_whole) == (3, len(LINES), True)
    assert [json.loads(event.json)["user"] for event in found.events] == ["alice", "bob"]
    assert found.events[0].json == LINES.splitlines()[0].replace(b": ", b":").replace(b", ", b",")
    assert found.fields == (
        FieldSeen("n", 2 / 3, "number", ("1.50", "2")),
        FieldSeen("time", 2 / 3, "text", ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")),
        FieldSeen("user", 2 / 3, "text", ("alice", "bob")),
        FieldSeen("message", 1 / 3, "text", ("not json",)),
        FieldSeen("ok", 1 / 3, "boolean", ("true",)),
    )
    assert found.warnings == (
        "1 line kept as `message`: they could not be parsed",
        "1 event without a time: that of the event before is taken",
    )
    with lakebed.open(tmp_path / "lake") as lake:
        totals = lake.index(tmp_path / "a.json.gz", into="logs")
        indexed = [row.event for row in lake.search("*", newest_first=False) if isinstance(row, Row)]
    assert (totals.events, totals.unparsed_lines, totals.formats) == (3, 1, {"json": 1})
    parsed = ParsedObject("file:///a", [(tmp_path / "a.json.gz").read_bytes()], SourceSettings(), modified_ns=0)
    assert [json.loads(event.json, parse_float=Decimal) for event in parsed] == indexed


def test_settings_hold_in_a_preview(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"at": "2026-01-01T00:00:00Z", "time": "1999-01-01"}\n')
    settings = SourceSettings(format="json", source_type="app", time_fields=("at",))
    found = preview_source(str(tmp_path / "a.json"), settings)
    assert (found.why, found.source_type) == ("it was asked for", "app")
    assert found.events[0].metadata["@lb.time"] == "2026-01-01T00:00:00Z"
    with pytest.raises(UsageError, match="unknown format 'nope'"):
        preview_source(str(tmp_path / "a.json"), SourceSettings(format="nope"))


def test_objects_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"")
    (tmp_path / "b.json").write_bytes(b'{"Records": []}')
    (tmp_path / "c.json").write_bytes(b'{"a": 1}')
    assert preview_source(str(tmp_path), SourceSettings()).url.endswith("/c.json")
    (tmp_path / "c.json").unlink()
    found = preview_source(str(tmp_path), SourceSettings())
    assert (found.events_seen, found.events, found.objects) == (0, (), 2)


def test_a_large_object_is_not_read_whole(tmp_path: Path) -> None:
    line = b'{"time": "2026-01-01T00:00:00Z", "text": "%s"}\n' % (b"x" * 1000)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(line * 20_000, 1))
    found = preview_source(str(tmp_path / "a.json.gz"), SourceSettings())
    assert not found.is_whole
    assert found.looked_at_bytes >= PREVIEW_BYTES
    assert found.events_seen >= PREVIEW_BYTES // len(line)
    assert found.warnings == ()  # that it was cut is no damage


def test_damage_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(LINES)[:-6])
    found = preview_source(str(tmp_path / "a.gz"), SourceSettings())
    assert found.warnings[0].endswith(": ends in the middle of a gzip member")
    assert found.events_seen == 3


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="nothing to look at: no file or object at"):
        preview_source(str(tmp_path), SourceSettings())
    with pytest.raises(IngestError, match="no such file or folder"):
        preview_source(str(tmp_path / "none"), SourceSettings())

"""Transforms from the TOML to the answer of a search: what is indexed, how it is counted, and what is kept."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import fastavro
import pytest

import lakebed
from lakebed.ingest.preview import preview_source
from lakebed.ingest.settings import SourceSettings, TimeRule
from lakebed.model import Row
from lakebed.transform.load import load_transform
from tests.transform.programs import KEY, NOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lakebed.ingest.settings import Transform
    from lakebed.ingest.totals import IndexTotals
    from lakebed.model import TableRow

LOG = b"""{"time": "2026-01-01T00:00:00Z", "user": {"name": "eve"}, "n": 1, "log": "{\\"code\\": 500}"}
{"time": "2026-01-01T00:00:01Z", "user": {"name": "bob"}, "n": 2, "log": "no json"}
{"time": "2026-01-01T00:00:02Z", "user": {"name": "eve"}, "n": 3}
"""


def loaded(folder: Path, toml: str) -> Transform:
    (folder / "t.toml").write_text(toml)
    return load_transform(folder / "t.toml", environment={"LAKEBED_MASK_KEY": KEY}, now=NOW)


def indexed(
    folder: Path, toml: str, log: bytes = LOG, settings: SourceSettings | None = None, name: str = "a.log"
) -> tuple[IndexTotals, list[Row]]:
    """Totals of indexing the log, and all events that are in the lake then, oldest first."""
    (folder / name).write_bytes(log)
    settings = replace(settings or SourceSettings(), transform=loaded(folder, toml))
    with lakebed.open(folder / "lake") as lake:
        totals = lake.index(folder / name, into="logs", settings=settings)
        rows = [row for row in lake.search("*", newest_first=False) if isinstance(row, Row)]
    return totals, rows


def found(folder: Path, query: str) -> list[Any]:
    with lakebed.open(folder / "lake") as lake:
        return events(lake.search(query))


def events(rows: Iterable[Row | TableRow]) -> list[Any]:
    """What the rows hold."""
    return [row.event if isinstance(row, Row) else row for row in rows]


def masked(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def test_what_is_indexed_is_what_the_steps_make(tmp_path: Path) -> None:
    toml = """
[[step]]
mask = "user.name"
[[step]]
set = { "double" = 'n * 2' }
[[step]]
rename = { "n" = "number.n" }
[[step]]
drop = ["log"]
[[step]]
discard = 'number.n = 3'
"""
    totals, rows = indexed(tmp_path, toml)
    assert [row.event for row in rows] == [
        {"time": "2026-01-01T00:00:00Z", "user": {"name": masked("eve")}, "double": 2, "number": {"n": 1}},
        {"time": "2026-01-01T00:00:01Z", "user": {"name": masked("bob")}, "double": 4, "number": {"n": 2}},
    ]
    assert (totals.events, totals.discarded, totals.transform_errors, totals.unparsed_lines) == (2, 1, 0, 0)
    assert found(tmp_path, f"user.name: {masked('bob')} | count") == [{"@q.count": 1}]
    assert found(tmp_path, "eve | count") == [{"@q.count": 0}]


def test_an_event_that_cannot_be_transformed_is_kept_as_it_came_but_hidden(tmp_path: Path) -> None:
    toml = """
[[step]]
set = { "seen" = 'true' }
[[step]]
mask = "user.name"
[[step]]
parse_json = "log"
[[step]]
drop = "n"
"""
    totals, rows = indexed(tmp_path, toml)
    assert [row.event for row in rows] == [
        {
            "time": "2026-01-01T00:00:00Z",
            "user": {"name": masked("eve")},
            "log": '{"code": 500}',
            "seen": True,
            "log_json": {"code": 500},
        },
        {"time": "2026-01-01T00:00:01Z", "user": {"name": masked("bob")}, "log": "no json"},
        {"time": "2026-01-01T00:00:02Z", "user": {"name": masked("eve")}, "seen": True},
    ]
    assert (totals.events, totals.transform_errors, totals.discarded) == (3, 1, 0)
    assert [(one.url, one.reason) for one in totals.untransformed] == [
        ((tmp_path / "a.log").as_uri(), "1 event could not be transformed")
    ]
    assert found(tmp_path, '@lb.parse_error: "transform" | table(log, @lb.parse_error)') == [
        {"log": "no json", "@lb.parse_error": "transform: step 3 (parse_json): the field is not JSON"}
    ]


def test_split_makes_events_of_elements(tmp_path: Path) -> None:
    log = b"""{"time": "2026-01-01T00:00:00Z", "items": [{"n": 1}, {"n": 2}, {"n": 3}], "host": "a"}
{"time": "2026-01-01T00:00:01Z", "items": 5}
{"time": "2026-01-01T00:00:02Z", "host": "b"}
"""
    totals, rows = indexed(tmp_path, "[[step]]\nsplit = 'items'\n[[step]]\ndiscard = 'items.n = 2'\n", log)
    assert [(row.time_ns % 10**10, row.event) for row in rows] == [
        (0, {"time": "2026-01-01T00:00:00Z", "items": {"n": 1}, "host": "a"}),
        (0, {"time": "2026-01-01T00:00:00Z", "items": {"n": 3}, "host": "a"}),
        (10**9, {"time": "2026-01-01T00:00:01Z", "items": 5}),
        (2 * 10**9, {"time": "2026-01-01T00:00:02Z", "host": "b"}),
    ]
    assert (totals.events, totals.discarded, totals.transform_errors) == (4, 1, 1)
    assert len({(row.object, row.record) for row in rows}) == 4


def test_the_time_may_be_in_what_the_steps_make(tmp_path: Path) -> None:
    log = b'{"log": "{\\"at\\": \\"02.01.2026 03:04\\"}"}\n{"log": "{\\"at\\": \\"03.01.2026 03:04\\"}"}\n'
    rule = TimeRule("log_json.at", format="%d.%m.%Y %H:%M", zone="+01:00")
    _, rows = indexed(tmp_path, "[[step]]\nparse_json = 'log'\n", log, SourceSettings(time=(rule,)))
    times = found(tmp_path, "* | table(@lb.time, @lb.time_source)")
    assert times == [
        {"@lb.time": "2026-01-03T02:04:00Z", "@lb.time_source": "field log_json.at"},
        {"@lb.time": "2026-01-02T02:04:00Z", "@lb.time_source": "field log_json.at"},
    ]
    assert len(rows) == 2


@pytest.mark.parametrize("step", ["drop = 'time'", "rename = { time = 'when' }", "set = { time = 'null' }"])
def test_an_event_keeps_its_time_whatever_becomes_of_the_field(tmp_path: Path, step: str) -> None:
    _, rows = indexed(tmp_path, f"[[step]]\n{step}\n")
    assert [row.time_ns - 1_767_225_600 * 10**9 for row in rows] == [0, 10**9, 2 * 10**9]
    assert all("time" not in row.event for row in rows)


def test_a_time_that_is_masked_is_not_lost(tmp_path: Path) -> None:
    _, rows = indexed(tmp_path, "[[step]]\nmask = 'time'\n")
    assert [(row.time_ns - 1_767_225_600 * 10**9, row.event["time"]) for row in rows] == [
        (0, masked("2026-01-01T00:00:00Z")),
        (10**9, masked("2026-01-01T00:00:01Z")),
        (2 * 10**9, masked("2026-01-01T00:00:02Z")),
    ]


def test_masks_are_of_the_text_form_of_values(tmp_path: Path) -> None:
    log = b'{"a": 1.50, "b": true, "c": ["x", {"d": "x"}], "e": "tel 12-34, 56", "f": null, "g": "\\u00fc"}\n'
    toml = "[[step]]\nmask = ['a', 'b', 'c', 'f', 'g', 'none']\n[[step]]\nmask = 'e'\nregex = '[0-9]+'\n"
    _, rows = indexed(tmp_path, toml, log)
    assert [row.event for row in rows] == [
        {
            "a": masked("1.50"),
            "b": masked("true"),
            "c": [masked("x"), {"d": masked("x")}],
            "e": f"tel {masked('12')}-{masked('34')}, {masked('56')}",
            "f": None,
            "g": masked("ü"),
        }
    ]


def test_steps_for_some_events_only(tmp_path: Path) -> None:
    toml = """
[[step]]
when = 'n >= 2'
set = { "big" = 'true' }
[[step]]
source_types = ["json"]
set = { "type" = '@lb.source_type' }
[[step]]
source_types = ["text"]
drop = "**"
"""
    _, rows = indexed(tmp_path, toml)
    assert [(row.event.get("big"), row.event["type"]) for row in rows] == [
        (None, "json"),
        (True, "json"),
        (True, "json"),
    ]


def test_lines_without_fields_go_through_the_steps_too(tmp_path: Path) -> None:
    log = LOG + b"not json, level=error\n"
    totals, rows = indexed(tmp_path, "[[step]]\nparse_key_value = 'message'\n[[step]]\ndrop = ['log', 'user']\n", log)
    assert rows[-1].event == {"message": "not json, level=error", "message_kv": {"level": "error"}}
    assert (totals.events, totals.unparsed_lines, totals.transform_errors) == (4, 1, 0)


def test_members_of_archives_go_through_the_steps(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("a.json", "b.json"):
            archive.writestr(name, b'{"file": "%s", "secret": "x"}\n' % name.encode())
    totals, rows = indexed(tmp_path, "[[step]]\ndrop = 'secret'\n", packed.getvalue(), name="logs.zip")
    assert sorted(str(row.event) for row in rows) == ["{'file': 'a.json'}", "{'file': 'b.json'}"]
    assert totals.events == 2


def test_rows_of_tables_go_through_the_steps(tmp_path: Path) -> None:
    packed = io.BytesIO()
    schema = {
        "type": "record",
        "name": "r",
        "fields": [{"name": "n", "type": "int"}, {"name": "secret", "type": "string"}],
    }
    fastavro.writer(packed, schema, [{"n": 1, "secret": "x"}, {"n": 2, "secret": "y"}])
    toml = "[[step]]\ndrop = 'secret'\n[[step]]\ndiscard = 'n = 2'\n"
    totals, rows = indexed(tmp_path, toml, packed.getvalue(), name="rows.avro")
    assert ([row.event for row in rows], totals.events, totals.discarded) == ([{"n": 1}], 1, 1)
    settings = SourceSettings(transform=loaded(tmp_path, toml))
    assert events(lakebed.grep("n: *", tmp_path / "rows.avro", settings=settings)) == [{"n": 1}]


def test_grep_and_preview_see_what_is_indexed(tmp_path: Path) -> None:
    toml = "[[step]]\nset = { x = 'n * 10' }\n[[step]]\nparse_json = 'log'\n[[step]]\ndiscard = 'n = 3'\n"
    _, rows = indexed(tmp_path, toml)
    settings = SourceSettings(transform=loaded(tmp_path, toml))
    log = tmp_path / "a.log"
    assert events(lakebed.grep("* | where n >= 0", log, settings=settings)) == events(rows)
    assert events(lakebed.grep("x = 10 | table(x, n)", log, settings=settings)) == [{"x": 10, "n": 1}]
    preview = preview_source(str(log), settings)
    assert [json.loads(event.json) for event in preview.events] == [row.event for row in rows]
    assert (preview.events_seen, preview.transform_errors, preview.discarded) == (2, 1, 1)
    assert preview.warnings == (
        "1 event kept as it came: the transform cannot work with it, `@lb.parse_error` says why",
        "1 event left out by the transform",
    )


def test_notes_of_a_transform_are_warnings_of_a_preview(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("203.0.113.7\nwhat\n")
    transform = loaded(tmp_path, "[[step]]\nthreats = 'bad.txt'\n")
    (tmp_path / "a.log").write_bytes(LOG)
    assert preview_source(str(tmp_path / "a.log"), SourceSettings(transform=transform)).warnings == transform.notes
    assert len(transform.notes) == 1


def test_tables_places_and_threats_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "nets.json").write_text('[{"net": "10.0.0.0/8", "zone": "in"}, {"net": "10.1.0.0/16", "zone": "lab"}]')
    (tmp_path / "bad.csv").write_text("value,source\n203.0.113.0/24,feed\nD41D8CD98F00B204E9800998ECF8427E,feed\n")
    toml = """
[[step]]
set = { "@ecs.source.ip" = 'src', "@ecs.file.hash.md5" = 'md5' }
[[step]]
lookup = "nets.json"
on = "src"
into = "@ecs.source.net"
[[step]]
threats = "bad.csv"
"""
    log = b'{"src": "10.1.2.3"}\n{"src": "::ffff:203.0.113.7", "md5": "d41d8cd98f00b204e9800998ecf8427e"}\n{"src": 5}\n'
    _, rows = indexed(tmp_path, toml, log)
    first, second, third = [row.event for row in rows]
    assert first["@ecs"] == {"source": {"ip": "10.1.2.3", "net": {"zone": "lab"}}}
    told = {"provider": "feed"}
    md5 = "d41d8cd98f00b204e9800998ecf8427e"
    assert second["@ecs"] == {
        "source": {"ip": "::ffff:203.0.113.7"},
        "file": {"hash": {"md5": md5}},
        "threat": {
            "enrichments": [
                {
                    "indicator": {"type": "ipv4-addr", "name": "203.0.113.0/24", **told},
                    "feed": {"name": "bad"},
                    "matched": {"field": "@ecs.source.ip", "atomic": "::ffff:203.0.113.7"},
                },
                {
                    "indicator": {"type": "file", "name": md5, **told, "file": {"hash": {"md5": md5}}},
                    "feed": {"name": "bad"},
                    "matched": {"field": "@ecs.file.hash.md5", "atomic": md5},
                },
            ]
        },
    }
    assert third == {"src": 5, "@ecs": {"source": {"ip": 5}}}
    assert found(tmp_path, "@ecs.threat.enrichments[*].feed.name: bad | count") == [{"@q.count": 1}]


def test_transforms_run_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[[step]]\nrename = { n = 'm' }\n")
    (tmp_path / "b.toml").write_text("[[step]]\nset = { k = 'm + 1' }\n")
    (tmp_path / "a.log").write_bytes(b'{"n": 1}\n')
    for names, event in [(("a", "b"), {"m": 1, "k": 2}), (("b", "a"), {"m": 1})]:
        transform = load_transform(*(tmp_path / f"{name}.toml" for name in names))
        rows = lakebed.grep("* | head 1", tmp_path / "a.log", settings=SourceSettings(transform=transform))
        assert events(rows) == [event]


def test_settings_with_a_transform_may_be_keys(tmp_path: Path) -> None:
    """Those of members of archives are kept compiled by their settings."""
    one, other = loaded(tmp_path, "[[step]]\ndrop = 'a'\n"), loaded(tmp_path, "[[step]]\ndrop = 'a'\n")
    first, same, second = (SourceSettings(zone="UTC", transform=transform) for transform in (one, one, other))
    assert {first: 1}[same] == 1
    assert first != second
    assert KEY not in repr(first)

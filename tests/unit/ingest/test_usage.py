"""The index `_usage`: what its events say, and that searches do not depend on them."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import lakebed
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.errors import LakebedError, QueryError, StorageError
from lakebed.ingest.totals import ObjectDamage, ObjectReport
from lakebed.ingest.usage import IndexedObject, RunQuery, indexing_record, query_record, usage_segment
from lakebed.ingest.usage_log import UsageLog
from lakebed.model import Row
from lakebed.query.cost import SearchCost
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.logs import write_logs

if TYPE_CHECKING:
    from typing_extensions import Buffer

REPOSITORY = Path(__file__).parents[3]
NOW_NS = 1_790_000_000_123_456_789
NOW = "2026-09-21T14:13:20.123456789Z"


def events(lake: str) -> list[dict[str, object]]:
    with lakebed.open(lake) as opened:
        found = opened.search("@index=_usage *", newest_first=False)
        return [dict(row.event) for row in found if isinstance(row, Row)]


@pytest.fixture
def lake(tmp_path: Path) -> str:
    url = str(tmp_path / "lake")
    with lakebed.open(url) as opened:
        opened.index(write_logs(tmp_path / "logs", 2, 10), into="web")
    return url


def test_an_object_that_was_indexed(tmp_path: Path) -> None:
    report = ObjectReport(7, 12_345, "json", "aws:cloudtrail", "gzip")
    whole = IndexedObject("trail", "cloudtrail", "s3://b/k.gz", 99, NOW_NS - 2_500_000_000, report)
    flawed = ObjectReport(0, 5, damage=ObjectDamage(4, "ends \udcff early"), unparsed_lines=3, discarded=1)
    other = IndexedObject("files", "web", "file:///\udcff", 5, NOW_NS, flawed)
    store = open_store(str(tmp_path / "lake"))
    catalog = Catalog(store)
    catalog.open_for_writing()
    segment = usage_segment(store, [indexing_record(one, NOW_NS) for one in (whole, other)], NOW_NS)
    assert segment is not None
    assert segment.events == 2
    catalog.commit(Changes("index", [segment]))
    assert events(str(tmp_path / "lake")) == [
        {
            "time": NOW,
            "record_type": "indexing_record",
            "num_bytes_indexed": 12_345,
            "num_log_events_indexed": 7,
            "destination_index": {"name": "cloudtrail"},
            "index_rule": {"name": "trail"},
            "url": "s3://b/k.gz",
            "size_bytes": 99,
            "modified": "2026-09-21T14:13:17.623456789Z",
            "lag_ms": 2_500,
            "format": "json",
            "source_type": "aws:cloudtrail",
            "compression": "gzip",
        },
        {
            "time": NOW,
            "record_type": "indexing_record",
            "num_bytes_indexed": 5,
            "num_log_events_indexed": 0,
            "destination_index": {"name": "web"},
            "index_rule": {"name": "files"},
            "url": "file:///\\udcff",
            "size_bytes": 5,
            "modified": NOW,
            "lag_ms": 0,
            "unparsed_lines": 3,
            "discarded": 1,
            "damage": {"offset": 4, "reason": "ends \\udcff early"},
        },
    ]
    with lakebed.open(tmp_path / "lake") as opened:
        query = (
            "@index=_usage record_type=indexing_record | stats sum(num_bytes_indexed) as n by destination_index.name"
        )
        assert list(opened.search(query)) == [
            {"destination_index.name": "cloudtrail", "n": 12_345, "@q.count": 1},
            {"destination_index.name": "web", "n": 5, "@q.count": 1},
        ]


def test_nothing_to_tell_is_no_segment(tmp_path: Path) -> None:
    assert usage_segment(open_store(str(tmp_path)), [], NOW_NS) is None
    assert list(tmp_path.iterdir()) == []


def test_searches_are_recorded_when_they_end(lake: str) -> None:
    with lakebed.open(lake, record_queries=True) as opened:
        began_ns = time.time_ns()
        assert len(list(opened.search("n >= 5", index="web", since="2020-01-01", limit=3))) == 3
        with opened.search("*") as stopped:
            next(stopped)
        with pytest.raises(QueryError):
            opened.search("(")
        list(opened.search("* | count").json_lines())
        assert events(lake) == []  # all together, at the end
    told = events(lake)
    kept = [{name: one.get(name) for name in ("query", "indexes", "since", "outcome", "num_rows")} for one in told]
    assert kept == [
        {
            "query": "n >= 5",
            "indexes": ["web"],
            "since": "2020-01-01T00:00:00.000000000Z",
            "outcome": "done",
            "num_rows": 3,
        },
        {"query": "*", "indexes": None, "since": None, "outcome": "stopped", "num_rows": 1},
        {"query": "* | count", "indexes": None, "since": None, "outcome": "done", "num_rows": 1},
    ]
    assert {one["record_type"] for one in told} == {"query_record"}
    assert set(told[0]) == {
        *(
            "time",
            "record_type",
            "query",
            "indexes",
            "since",
            "outcome",
            "duration_ms",
            "num_rows",
            "num_bytes_scanned",
        ),
        *("num_log_events_scanned", "num_log_events_matched", "requests", "segments_considered", "segments_opened"),
    }
    with lakebed.open(lake) as opened:
        times = [row.time_ns for row in opened.search("@index=_usage *", newest_first=False) if isinstance(row, Row)]
    assert began_ns - 10**9 < times[0] <= times[1] <= times[2] <= time.time_ns()


def test_a_search_that_fails_is_recorded(lake: str) -> None:
    segment = next(Path(lake).glob("segments/**/*.seg"), None) or next(
        path for path in Path(lake).rglob("*") if path.is_file() and "catalog" not in path.parts
    )
    segment.write_bytes(b"")
    with lakebed.open(lake, record_queries=True) as opened, pytest.raises(LakebedError) as caught:
        list(opened.search("@index=web *"))
    [told] = events(lake)
    assert (told["outcome"], told["error"]) == ("failed", str(caught.value))


def test_nobody_who_did_not_ask_is_recorded(lake: str) -> None:
    with lakebed.open(lake) as opened:
        list(opened.search("*"))
    assert events(lake) == []


def test_the_configuration_of_this_lake_asks(lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lakebed.toml"
    monkeypatch.setenv("LAKEBED_CONFIG", str(file))
    for text, is_recorded in [
        (f'lake = "{lake}"', False),
        (f'lake = "{lake}"\n[usage]\nqueries = false', False),
        (f'lake = "{tmp_path}/another"\n[usage]\nqueries = true', False),
        (f'lake = "{lake}"\n[usage]\nqueries = "perhaps"', False),
        (f'lake = "{lake}"\n[usage]\nqueries = true\n[sources.bad]\nkind = "none"', True),
    ]:
        file.write_text(text)
        with lakebed.open(lake) as opened:
            list(opened.search("n = 1"))
        monkeypatch.delenv("LAKEBED_CONFIG")
        assert bool(events(lake)) is is_recorded, text
        monkeypatch.setenv("LAKEBED_CONFIG", str(file))


def test_what_is_not_closed_is_written_at_the_end_of_the_process(lake: str) -> None:
    code = f"import lakebed; print(len(list(lakebed.open({lake!r}, record_queries=True).search('n = 3'))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert [one["query"] for one in events(lake)] == ["n = 3"]


class RefusingStore(StoreWrapper):
    """Can be read, and written only when it is told so."""

    refuses = True

    def put(self, key: str, data: Buffer) -> None:
        if self.refuses:
            raise StorageError(f"cannot write '{key}': read-only")
        self.inner.put(key, data)


def an_end(log: UsageLog, lake: str, query: str) -> None:
    with lakebed.open(lake) as opened, opened.search(query) as found:
        log.ended(found._search, "done", "")  # type: ignore[arg-type] # a search over a lake


def test_a_lake_that_cannot_be_written_is_searched_and_the_records_wait(
    lake: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(config, "QUERY_RECORDS_WAITING_MAX", 3)
    store = RefusingStore(open_store(lake))
    log = UsageLog(store, Catalog(store), every_s=3600)
    with caplog.at_level(logging.WARNING):
        for number in range(4):
            an_end(log, lake, f"n = {number}")
            log.write()
    assert "records of searches cannot be written: cannot write 'segments/_usage/" in caplog.text
    an_end(log, lake, "n = 4")
    assert events(lake) == []
    store.refuses = False
    log.close()
    told = events(lake)
    assert [(one["query"], one.get("records_dropped_before")) for one in told] == [
        ("n = 2", 2),
        ("n = 3", None),
        ("n = 4", None),
    ]
    log.close()
    assert events(lake) == told


def test_records_are_written_by_themselves_after_a_while(lake: str) -> None:
    is_written = threading.Event()

    class TellingCatalog(Catalog):
        def commit(self, changes: Changes) -> object:  # type: ignore[override] # the outcome, whatever its type
            outcome = super().commit(changes)
            is_written.set()
            return outcome

    store = open_store(lake)
    log = UsageLog(store, TellingCatalog(store), every_s=0.01)
    an_end(log, lake, "n = 1")
    assert is_written.wait(60)
    assert [one["query"] for one in events(lake)] == ["n = 1"]
    is_written.clear()
    an_end(log, lake, "n = 2")
    assert is_written.wait(60)


def test_every_field_is_in_the_documentation(lake: str) -> None:
    text = (REPOSITORY / "docs/usage.md").read_text()
    documented = set(re.findall(r"`([a-z0-9_.]+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))))
    report = ObjectReport(1, 1, "json", "x", "gzip", 1, 1, damage=ObjectDamage(1, "x"))
    report = msgspec.structs.replace(report, transform_errors=1, discarded=1, skipped_members=1)
    indexed = indexing_record(IndexedObject("a", "b", "c", 1, 1, report), 1)
    cost = SearchCost(segments_missing=1)
    asked = query_record(RunQuery("x", ("web",), 1, 2, 3, cost, "failed", "y"))
    assert {*fields(indexed), *fields(asked), "records_dropped_before"} == documented


def fields(event: dict[str, object]) -> set[str]:
    """Names of its columns."""
    return {
        f"{name}.{key}" if key else name
        for name, value in event.items()
        for key in (value if isinstance(value, dict) else [""])
    }

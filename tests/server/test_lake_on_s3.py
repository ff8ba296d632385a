"""A lake in a real S3 server: indexed, searched, indexed by two at once, and what that asks of the server."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.repair.inspect import rebuild_lake, verify_lake
from lakebed.storage.counting import CountingStore
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import lines, write_logs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import S3Server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("s3")]


@pytest.fixture
def url(s3: S3Server) -> str:
    return s3.url(f"lakes/{uuid.uuid4().hex}")


def test_index_from_s3_into_s3_and_search(s3: S3Server, url: str, tmp_path: Path) -> None:
    logs = open_store(s3.url(f"logs/{uuid.uuid4().hex}"))
    for path in write_logs(tmp_path / "logs", 10, 50).iterdir():
        logs.put(f"2026/{path.name}", path.read_bytes())
    lake = lakebed.open(url)
    totals = lake.index(f"{logs.url}/2026/", into="web")
    assert (totals.objects_indexed, totals.events) == (10, 500)
    assert lake.index(f"{logs.url}/2026/", into="web").objects_unchanged == 10
    assert numbers_in(open_store(url)) == list(range(500))
    (row,) = lake.search("n: 137")
    assert isinstance(row, lakebed.Row)
    assert row.object == f"{logs.url}/2026/0002.json"
    logs.put("2026/0002.json", lines([{"time": "2026-01-01T00:00:00Z", "n": 9000}]))
    assert lake.index(f"{logs.url}/2026/*.json", into="web").objects_replaced == 1
    assert numbers_in(open_store(url)) == [*range(100), *range(150, 500), 9000]


def test_two_indexers_at_once(url: str, tmp_path: Path) -> None:
    logs = str(write_logs(tmp_path / "logs", 20, 20))
    errors: list[BaseException] = []

    def run() -> None:
        try:
            store = open_store(url)
            settings = IndexSettings("web", segment_bytes=3000, commit_seconds=0.0)
            index_source(store, Catalog(store), logs, settings, workers=1)
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert numbers_in(open_store(url)) == list(range(400))


def test_requests_of_opening_and_of_a_commit(url: str, tmp_path: Path) -> None:
    lakebed.open(url).index(write_logs(tmp_path / "logs", 2, 5), into="web")
    counting = CountingStore(open_store(url))
    catalog = Catalog(counting)
    commits = catalog.snapshot.number
    assert counting.counts.by_operation == {"get": 1 + commits, "list": 1}
    catalog.refresh()
    assert counting.counts.by_operation["get"] == 2 + commits


def test_a_warm_search_asks_only_for_news(url: str, tmp_path: Path) -> None:
    lake = lakebed.open(url)
    lake.index(write_logs(tmp_path / "logs", 2, 500), into="web")
    first = lake.search("n: 700")
    assert len(list(first)) == 1
    again = lake.search("n: 700")
    assert len(list(again)) == 1
    assert first.cost.requests > 0
    assert (again.cost.requests, again.cost.bytes_read) == (0, 0)


def test_a_deletion_outlives_the_loss_of_the_catalog(url: str, tmp_path: Path) -> None:
    lake = lakebed.open(url)
    lake.index(write_logs(tmp_path / "logs", 4, 25), into="web")
    assert lake.delete("n < 30", index="web", reason="test").events == 30
    assert numbers_in(open_store(url)) == list(range(30, 100))
    assert verify_lake(url, deep=True).problems == []
    store = open_store(url)
    for info in list(store.list("catalog/")):
        store.delete(info.key)
    told = rebuild_lake(url, dry_run=False)
    assert (told.objects, told.unsure, told.deletions) == (4, 4, 1)
    assert numbers_in(open_store(url)) == list(range(30, 100))
    assert verify_lake(url, deep=True).problems == []

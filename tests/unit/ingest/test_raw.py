"""Raw objects: a layout that people read, bytes that are the same again, and indexing that finds them in the lake."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.errors import UsageError
from lakebed.ingest.discover import discover
from lakebed.ingest.raw import is_raw, raw_key, write_raw
from lakebed.model import Row
from lakebed.state.records import WorkObject
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_767_323_045.25
LINES = [b'{"user":"kim","eventTime":"2026-01-02T03:04:05Z"}', b'{"user":"eve","eventTime":"2026-01-02T03:04:06Z"}']
KEY = "raw/app/2026/01/02/03/20260102T030405.250-0000000000000abc.ndjson.gz"


def test_a_raw_object_is_where_the_contract_says_and_is_told_as_a_listing_finds_it(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "the lake"))
    written = write_raw(store, "app", LINES, now=NOW, token=0xABC)
    assert gzip.decompress(store.get(KEY)) == b"\n".join(LINES) + b"\n"
    info = store.head(KEY)
    (found,) = discover(f"{tmp_path}/the lake/raw/app/")
    assert written == WorkObject("app", found.url, info.size_bytes, info.modified_ns, info.etag, "raw", NOW)
    assert (found.info.size_bytes, found.info.modified_ns) == (info.size_bytes, info.modified_ns)


def test_the_same_moment_token_and_lines_give_the_same_object(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    write_raw(store, "app", LINES, now=NOW, token=1)
    (first,) = store.list("raw/")
    bytes_before = store.get(first.key)
    write_raw(store, "app", LINES, now=NOW, token=1)
    (again,) = store.list("raw/")
    assert (again.key, store.get(again.key)) == (first.key, bytes_before)


def test_a_source_that_is_no_folder_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"not an index name: '\.\./x'"):
        raw_key("../x", now=NOW, token=1)


def test_raw_objects_are_indexed_from_the_lake_and_the_rest_of_it_is_not(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "lake"))
    write_raw(store, "app", LINES, now=NOW, token=1)
    write_raw(store, "web", LINES, now=NOW, token=2)
    lake = lakebed.open(str(tmp_path / "lake"))
    totals = lake.index(f"{tmp_path}/lake/raw/app/", into="app")
    assert (totals.objects_indexed, totals.events) == (1, 2)
    assert [row.event["user"] for row in lake.search("user:*") if isinstance(row, Row)] == ["eve", "kim"]
    # the folder around the lake, and the lake itself, give nothing: its raw objects are a source of their own
    for around in (f"{tmp_path}/", f"{tmp_path}/lake"):
        assert lake.index(around, into="app").objects_found == 0
    lake.close()


@pytest.mark.parametrize(
    ("source", "lake_url", "expected"),
    [
        ("/data/lake/raw/app/", "file:///data/lake", True),
        ("/data/lake/raw", "file:///data/lake", True),
        ("/data/lake/", "file:///data/lake", False),
        ("/data/lake/rawer", "file:///data/lake", False),
        ("file:///data/the%20lake/raw/app", "file:///data/the%20lake", True),
        ("s3://b/lake/raw/app/2026/", "s3://b/lake", True),
        ("s3://b/lake/", "s3://b/lake", False),
        ("s3://b/lake/raw/app/", "s3://b/lake/", True),
    ],
)
def test_is_raw(source: str, lake_url: str, expected: bool) -> None:
    assert is_raw(source, lake_url) is expected

"""Buckets without notifications, on a real S3 server: listings find what is new, the ends of dated keys in between."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest

from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.listing import Ends, Lister
from lakebed.ingest.discovery.place import open_place
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import event, lines
from tests.runners import Heard, World, bucket_source, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.storage.store import ObjectInfo, Store
    from tests.servers import S3Server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("s3")]


def put(store: Store, key: str, number: int) -> None:
    store.put(key, lines([event(number, n=number)]))


def test_the_ends_of_dated_keys(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.ingest.discovery.listing.LIST_PAGE", 1)
    url = s3.url(f"listed/{uuid.uuid4().hex}/")
    store = open_store(url)
    today = time.gmtime()
    now = f"{today.tm_year}/{today.tm_mon:02}/{today.tm_mday:02}"
    for region in ("eu", "us"):
        for number, day in enumerate(("2025/12/31", "2026/01/01", now)):
            put(store, f"{region}/{day}/{number}.json", number)
    known: set[str] = set()
    lister = Lister(open_place(url), lambda found, _info: found in known, time.time)
    ends = Ends()

    def find() -> list[str]:
        found = [one for one, _ in lister.new_objects(ends)]
        known.update(found)
        return [one.removeprefix(url) for one in found]

    assert len(find()) == 6
    assert (ends.is_dated, len(ends.stems)) == (True, 2)
    put(store, f"eu/{now}/new.json", 7)
    put(store, "us/2025/12/31/very_late.json", 8)
    assert find() == [f"eu/{now}/new.json"]
    ends.whole_s -= limits.WHOLE_LISTING_S
    assert find() == ["us/2025/12/31/very_late.json"]


def test_a_bucket_becomes_searchable(s3: S3Server, tmp_path: Path) -> None:
    """The lake is in the bucket too; an object that is replaced replaces its events."""
    name = uuid.uuid4().hex
    store = open_store(s3.url(f"logs/{name}/"))
    world = World(tmp_path, store=open_store(s3.url(f"lakes/{name}")))
    heard = Heard()
    for number in range(30):
        put(store, f"2026/01/01/{number:03} ä.json", number)
    with world.running(bucket_source(s3.url(f"logs/{name}/"), every_s=0.3), heard=heard):
        wait_until(lambda: len(heard.visible) == 30, "30 objects are visible")
        put(store, "2026/01/01/005 ä.json", 100)
        put(store, "2026/01/01/new.json", 101)
        wait_until(lambda: len(heard.visible) == 32, "what came later is visible")
    assert numbers_in(world.lake) == sorted({*range(30), 100, 101} - {5})
    assert (heard.failures, heard.aside, heard.troubles) == ([], [], [])
    world.close()


def test_what_a_listing_tells_is_what_a_notice_tells(s3: S3Server) -> None:
    """The etag has quotes on both roads, so that the same object has the same version."""
    url = s3.url(f"etags/{uuid.uuid4().hex}/")
    store = open_store(url)
    put(store, "a", 1)
    found: list[ObjectInfo] = list(store.list(""))
    assert (found[0].etag or "").startswith('"')
    assert store.head("a").etag == found[0].etag

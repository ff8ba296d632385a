"""Raw objects go when they are old and indexed, and none goes that is not."""

from __future__ import annotations

import functools
import itertools
import os
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.errors import StorageError
from lakebed.ingest.raw import pack_lines, put_raw, raw_folder, raw_url
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.maintenance.keys import SECOND_NS
from lakebed.maintenance.raw_objects import RawReport, RawSource, is_raw_key, let_go
from lakebed.repair.rebuild import rebuild
from lakebed.storage.local import LocalStore
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.maintained import NEVER, maintenance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakebed.storage.store import ObjectInfo, Store

HOUR = 3600
DAY = 24 * HOUR
NOW_S = 1_800_000_000
_tokens = itertools.count(1)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def received(store: LocalStore, age_s: int, *numbers: int, source: str = "app") -> str:
    """A raw object that arrived so long before now; returns its key."""
    lines = [b'{"time": "2026-01-01T00:00:00Z", "n": %d}' % number for number in numbers]
    key = put_raw(store, source, pack_lines(lines), now=NOW_S - age_s, token=next(_tokens))
    os.utime(store.root / key, (NOW_S - age_s,) * 2)
    return key


def index(store: Store, source: str = "app", into: str = "web") -> None:
    index_source(store, Catalog(store), f"{store.url}/{raw_folder(source)}", IndexSettings(into), workers=1)


def source(store: Store, keep_s: int = DAY) -> RawSource:
    return RawSource(raw_folder("app"), "web", keep_s, functools.partial(raw_url, store))


def look(store: Store, keep_s: int = DAY) -> RawReport:
    return let_go(store, Catalog(store), source(store, keep_s), NOW_S * SECOND_NS)


def raw_keys(store: Store) -> list[str]:
    return [info.key for info in store.list("raw/")]


def test_what_is_old_and_indexed_goes(store: LocalStore) -> None:
    old = [received(store, 2 * DAY, 1, 2), received(store, DAY + 1, 3)]
    young = received(store, DAY - 1, 4)
    other = received(store, 2 * DAY, 5, source="other")
    index(store)
    index(store, "other")
    size = sum((store.root / key).stat().st_size for key in old)
    assert look(store) == RawReport(2, size)
    assert sorted(raw_keys(store)) == sorted([young, other])
    assert look(store) == RawReport()
    assert numbers_in(store) == [1, 2, 3, 4, 5]
    index(store)
    assert numbers_in(store) == [1, 2, 3, 4, 5], "a listing does not miss what is gone"


def test_what_is_not_indexed_stays_however_old_it_is(store: LocalStore) -> None:
    gone = received(store, 9 * DAY, 1)
    index(store)
    kept = [received(store, 8 * DAY, 2), received(store, 3 * DAY, 3)]
    assert look(store).objects == 1
    assert raw_keys(store) == kept
    assert gone not in kept
    index(store)
    assert numbers_in(store) == [1, 2, 3]
    assert look(store).objects == 2


def test_indexed_into_another_index_is_not_indexed(store: LocalStore) -> None:
    """The source has another index now: its listing finds the object again, and must find it there."""
    key = received(store, 9 * DAY, 1)
    index(store, into="before")
    assert look(store) == RawReport()
    assert raw_keys(store) == [key]


def test_another_version_is_not_indexed(store: LocalStore) -> None:
    key = received(store, 9 * DAY, 1)
    index(store)
    store.put(key, pack_lines([b'{"n": 2}']))
    os.utime(store.root / key, (NOW_S - 9 * DAY + 1,) * 2)
    assert look(store) == RawReport()
    assert raw_keys(store) == [key]


def test_a_clock_of_a_receiver_that_was_wrong(store: LocalStore) -> None:
    """The key says that it is old; the store knows better."""
    key = received(store, 9 * DAY, 1)
    os.utime(store.root / key, (NOW_S,) * 2)
    index(store)
    assert look(store) == RawReport()
    assert raw_keys(store) == [key]


def test_a_damaged_one_stays(store: LocalStore) -> None:
    key = received(store, 9 * DAY, *range(1000))
    whole = (store.root / key).read_bytes()
    (store.root / key).write_bytes(whole[: len(whole) // 2])
    os.utime(store.root / key, (NOW_S - 9 * DAY,) * 2)
    index(store)
    assert Catalog(store).snapshot.flawed[0].offset is not None
    assert look(store) == RawReport()
    assert raw_keys(store) == [key]


def test_files_of_others_are_not_looked_at(store: LocalStore) -> None:
    key = "raw/app/2020/01/01/00/20200101T000000.000-0123456789abcdef.ndjson.gz"
    assert is_raw_key("raw/app/", key)
    assert is_raw_key("raw/app/", key.replace(".ndjson", ".log"))
    for other in ("raw/app/notes.txt", f"{key}.bak", key.replace("raw/app", "raw/app/app"), "raw/other" + key[7:]):
        assert not is_raw_key("raw/app/", other)
    store.put("raw/app/0000/notes.txt", b"n")
    index(store)
    assert look(store) == RawReport()
    assert raw_keys(store) == ["raw/app/0000/notes.txt"]


def test_a_lost_catalog_deletes_nothing(store: LocalStore) -> None:
    """Of what the catalog made anew is not sure, the raw object is what it is read from again."""
    received(store, 9 * DAY, 1)
    index(store)
    for info in list(store.list("catalog/")):
        store.delete(info.key)
    assert look(store) == RawReport()
    rebuild(store, dry_run=False)
    assert look(store) == RawReport()
    index(store)
    assert look(store).objects == 1
    assert numbers_in(store) == [1]


def test_a_catalog_made_anew_after_raw_objects_went(store: LocalStore) -> None:
    received(store, 9 * DAY, 1)
    received(store, 9 * DAY, 2)
    index(store)
    assert look(store).objects == 2
    for info in list(store.list("catalog/")):
        store.delete(info.key)
    rebuild(store, dry_run=False)
    assert numbers_in(store) == [1, 2]


def test_rounds_do_it_each_hour_and_go_on_where_there_was_more(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "RAW_DELETED_MAX", 2)
    for number in range(5):
        received(store, 2 * DAY, number)
    index(store)
    now = 0.0
    keeper = maintenance(
        store, raw=[source(store)], tiers=NEVER, clock_ns=lambda: NOW_S * SECOND_NS, monotonic=lambda: now
    )
    assert [keeper.round().raw_deleted for _ in range(4)] == [2, 2, 1, 0]
    late = received(store, 2 * DAY, 9)
    index(store)
    now = HOUR - 1.0
    assert keeper.round().raw_deleted == 0
    now = float(HOUR)
    report = keeper.round()
    assert (report.raw_deleted, report.is_idle, report.errors) == (1, False, [])
    assert late not in raw_keys(store)


class Reluctant(StoreWrapper):
    """Deletes nothing below `raw/`, or does not even list it."""

    lists = True

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        if prefix.startswith("raw/") and not self.lists:
            raise StorageError("no answer")
        return self.inner.list(prefix, after)

    def delete(self, key: str) -> None:
        raise StorageError("no")


def test_a_store_that_fails(store: LocalStore) -> None:
    received(store, 2 * DAY, 1)
    index(store)
    failing = Reluctant(store)
    now_ns = NOW_S * SECOND_NS
    keeper = maintenance(failing, raw=[source(store)], tiers=NEVER, clock_ns=lambda: now_ns)
    report = keeper.round()
    assert (report.raw_deleted, len(raw_keys(store))) == (0, 1)
    failing.lists = False
    report = keeper.round()
    assert report.errors == ["cannot delete raw objects below 'raw/app/': no answer"]

"""What is deleted, when, and what never is. Clocks are the test's own."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.commit import checkpoint_key, commit_key
from lakebed.catalog.replay import check_replay
from lakebed.catalog.verify import Verified
from lakebed.errors import CatalogError, StorageError
from lakebed.maintenance.garbage import GarbageReport, collect
from lakebed.maintenance.keys import SECOND_NS
from lakebed.maintenance.marks import MARKS_KEY
from lakebed.storage.local import LocalStore
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import indexing, segment

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.catalog.changes import Changes
    from lakebed.storage.store import Store

HOUR = 3600
DAY = 24 * HOUR


@dataclass
class Lake:
    """A lake in a folder and a clock that stands still unless told."""

    store: Store
    now_s: int = 1_800_000_000
    catalog: Catalog = field(init=False)

    def __post_init__(self) -> None:
        self.catalog = self.open()
        self.catalog.open_for_writing()

    def open(self) -> Catalog:
        return Catalog(self.store, clock_ns=lambda: self.now_s * SECOND_NS, monotonic=lambda: float(self.now_s))

    def write(self, changes: Changes) -> Changes:
        """What an indexer does before it commits: the files."""
        for new in changes.add:
            self.store.put(new.key, b"segment")
        return changes

    def index(self, *urls: str, version: int = 1) -> str:
        changes = self.write(indexing(*urls, version=version))
        self.catalog.commit(changes)
        return changes.add[0].key

    def look(self) -> GarbageReport | None:
        return collect(self.store, self.catalog, self.now_s * SECOND_NS)

    def look_for(self, seconds: int) -> int:
        """A look every hour for so long; returns how many files went."""
        files = 0
        for _ in range(seconds // HOUR):
            self.now_s += HOUR
            report = self.look()
            assert report is not None
            files += report.files_deleted
        return files

    def keys(self, prefix: str = "segments/") -> list[str]:
        return [info.key for info in self.store.list(prefix)]


@pytest.fixture
def lake() -> Lake:
    return Lake(open_store(f"memory://{uuid.uuid4().hex}"))


def test_an_orphan_goes_after_its_grace_period_and_not_before(lake: Lake) -> None:
    kept = lake.index("a")
    orphan = lake.write(indexing("b")).add[0].key
    lake.look()
    assert lake.look_for(config.ORPHAN_GRACE_S - HOUR) == 0
    assert sorted(lake.keys()) == sorted([kept, orphan])
    assert lake.look_for(HOUR) == 1
    assert lake.keys() == [kept]


def test_a_removed_segment_goes_after_a_day(lake: Lake) -> None:
    lake.look()
    lake.index("a")
    new = lake.index("a", version=2)
    assert [entry.key for entry in lake.catalog.snapshot.entries()] == [new]
    lake.look_for(HOUR)
    assert lake.look_for(config.REMOVED_GRACE_S - HOUR) == 0
    assert lake.look_for(HOUR) == 1
    assert lake.keys() == [new]


def test_a_segment_that_is_committed_late_is_kept(lake: Lake) -> None:
    slow = lake.write(indexing("slow"))
    lake.look()
    lake.look_for(config.ORPHAN_GRACE_S - HOUR)
    lake.open().commit(slow)  # another process
    assert lake.look_for(10 * DAY) == 0
    assert lake.keys() == [slow.add[0].key]


@pytest.mark.parametrize("waits_hours", [30, 71])
def test_one_that_was_committed_late_and_removed_at_once_is_not_old(lake: Lake, waits_hours: int) -> None:
    slow = lake.write(indexing("slow"))
    key = slow.add[0].key
    lake.look()
    lake.look_for(waits_hours * HOUR)
    lake.open().commit(slow)
    search = lake.open().state
    new = lake.index("slow", version=2)
    assert lake.look_for(HOUR) == 0
    assert [entry.key for entry in search.snapshot.entries()] == [key]
    assert lake.look_for(config.REMOVED_GRACE_S - HOUR) == 0
    assert sorted(lake.keys()) == sorted([key, new])
    assert lake.look_for(HOUR) == 1
    assert lake.keys() == [new]


def test_a_damaged_commit_only_delays(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 4)
    orphan = lake.write(indexing("b")).add[0].key
    lake.look()
    lake.look_for(config.ORPHAN_GRACE_S - HOUR)
    for url in "cdefghi":
        lake.index(url)
    lake.store.put(commit_key(2), b"nonsense")
    assert lake.look_for(config.ORPHAN_GRACE_S) == 0
    assert lake.look_for(HOUR) == 1
    assert lake.keys().count(orphan) == 0


def test_what_cannot_be_told_counts_as_found_now(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "GARBAGE_COMMITS_READ_MAX", 2)
    orphan = lake.write(indexing("b")).add[0].key
    lake.look()
    lake.look_for(config.ORPHAN_GRACE_S - HOUR)
    for url in "cde":
        lake.index(url)
    assert lake.look_for(config.ORPHAN_GRACE_S) == 0
    assert lake.keys().count(orphan) == 1
    assert lake.look_for(HOUR) == 1


def test_a_clock_that_jumps_makes_nothing_old(lake: Lake) -> None:
    orphan = lake.write(indexing("b")).add[0].key
    lake.look()
    for years in (10, -20, 15):
        lake.now_s += years * 365 * DAY
        assert lake.look_for(HOUR) == 0
    assert lake.keys() == [orphan]


def test_it_looks_once_an_hour(lake: Lake) -> None:
    assert lake.look() is not None
    lake.now_s += HOUR - 1
    assert lake.look() is None
    lake.now_s += 1
    assert lake.look() is not None


def test_other_files_are_nobodys_business(lake: Lake) -> None:
    strangers = [
        "segments/web/README",
        "catalog/notes.txt",
        "segments/x.seg",
        "mine/20260101T000000-0123456789abcdef.seg",
    ]
    for key in strangers:
        lake.store.put(key, b"mine")
    lake.look()
    lake.look_for(10 * DAY)
    assert [key for key in strangers if lake.store.get(key) == b"mine"] == strangers


def test_history_goes_and_the_lake_still_opens(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 4)
    for number in range(20):
        lake.index(f"object{number}")
    lake.store.put("catalog/selftest-0123", b"racer 1")
    last = lake.catalog.snapshot.number
    assert last == 21
    lake.look()
    lake.look_for(DAY)
    assert [key for key in lake.keys("catalog/") if key.endswith(".checkpoint")] == [
        checkpoint_key(16),
        checkpoint_key(20),
    ]
    assert "catalog/selftest-0123" not in lake.keys("catalog/")
    assert commit_key(1) in lake.keys("catalog/"), "history stays longer"
    assert list(check_replay(lake.store, Verified())) == []
    lake.look_for(config.HISTORY_S)
    commits = [key for key in lake.keys("catalog/") if key.endswith(".json.gz")]
    assert commits == [commit_key(number) for number in range(17, last + 1)]
    assert list(check_replay(lake.store, Verified())) == []
    assert len(lake.open().snapshot.entries()) == 20
    lake.store.delete(checkpoint_key(20))  # should the newest be lost, the one before has all that it needs
    again = lake.open()
    assert len(again.snapshot.entries()) == 20
    assert len(again.state.addresses.find(again.snapshot, again.snapshot.entries())) == 20
    assert again.known_version("web", "object0") is not None


def test_a_handle_that_follows_for_days_finds_what_it_asks_for(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 4)
    for number in range(5):
        lake.index(f"first{number}")
    reader = lake.open()
    assert reader.state.checkpoint == 4
    for hour in range(4 * 24):
        lake.index(f"object{hour}")
        for _ in range(7):
            lake.now_s += HOUR // 7 + 1
            reader.refresh()
        lake.look()
    state = reader.state
    entries = state.snapshot.entries()
    assert len(entries) == 5 + 4 * 24
    assert len(state.addresses.find(state.snapshot, entries)) == len(entries)
    assert state.sources.find("web", "first0") is not None


def test_a_lost_catalog_does_not_make_garbage_of_the_lake(lake: Lake) -> None:
    kept = [lake.index(url) for url in "abc"]
    lake.look()
    for key in lake.keys("catalog/"):
        lake.store.delete(key)
    fresh = Lake(lake.store, lake.now_s)
    for _ in range(100):
        fresh.now_s += HOUR
        with pytest.raises(CatalogError, match="is at commit 1, and was at 4: was it lost"):
            fresh.look()
    assert sorted(lake.keys()) == sorted(kept)


def test_a_folder_that_is_no_lake_is_left_alone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(segment().key, b"?")
    for _ in range(3):
        assert collect(store, Catalog(store), 10**18) is None
    assert [info.key for info in store.list("")] == [info.key for info in store.list("segments/")]


def test_marks_that_cannot_be_read_only_delay(lake: Lake) -> None:
    orphan = lake.write(indexing("b")).add[0].key
    lake.look()
    lake.look_for(2 * DAY)
    lake.store.put(MARKS_KEY, b"\x1f\x8bnonsense")
    assert lake.look_for(2 * DAY) == 0
    assert lake.keys() == [orphan]
    assert lake.look_for(2 * DAY) == 1


def test_a_store_that_refuses_is_asked_again(lake: Lake) -> None:
    lake.write(indexing("b"))
    lake.look()
    lake.look_for(config.ORPHAN_GRACE_S - HOUR)
    lake.now_s += HOUR

    class Refusing(StoreWrapper):
        def delete(self, key: str) -> None:
            raise StorageError(f"cannot delete '{key}'")

    report = collect(Refusing(lake.store), lake.catalog, lake.now_s * SECOND_NS)
    assert report == GarbageReport(files_failed=1)
    assert lake.look_for(HOUR) == 1


def test_a_look_that_is_cut_short_anywhere_leaves_a_catalog_that_can_be_checked(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 4)
    monkeypatch.setattr(config, "PARALLEL_RANGES", 1)
    for number in range(20):
        lake.index(f"object{number}")
    lake.look()
    lake.look_for(config.SUPERSEDED_GRACE_S - HOUR)
    left = 0

    class Dying(StoreWrapper):
        def delete(self, key: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise StorageError("the process is gone")
            super().delete(key)

    deleted = 0
    for number in range(60):
        lake.now_s += 12 * HOUR
        left = number % 3 + 1
        report = collect(Dying(lake.store), lake.catalog, lake.now_s * SECOND_NS)
        assert report is not None
        deleted += report.files_deleted + report.commits_deleted
        assert list(check_replay(lake.store, Verified())) == []
    lake.look_for(HOUR)
    assert deleted > 8
    assert next(key for key in lake.keys("catalog/") if key.endswith(".json.gz")) == commit_key(17)


def test_half_written_files_of_killed_writers_go(tmp_path: Path) -> None:
    lake = Lake(LocalStore(tmp_path))
    lake.index("a")
    for path in ("segments/web/.lakebed-half", ".lakebed-mine"):
        (tmp_path / path).write_bytes(b"half")
        os.utime(tmp_path / path, (0, 0))  # its time means nothing
    lake.look()
    assert lake.look_for(config.TEMPORARY_GRACE_S - HOUR) == 0
    assert lake.look_for(HOUR) == 1
    assert [path.name for path in tmp_path.rglob(".lakebed-*")] == [".lakebed-mine"]


def test_a_jump_of_the_clock_takes_no_file_from_its_writer(tmp_path: Path) -> None:
    lake = Lake(LocalStore(tmp_path))
    lake.index("a")
    lake.look()
    lake.now_s += 30 * DAY
    (tmp_path / "segments/web/.lakebed-now").write_bytes(b"half")
    report = lake.look()
    assert report is not None
    assert (report.files_deleted, report.files_waiting) == (0, 1)

"""A catalog made anew: what was visible is visible, once, and nothing that was deleted comes back."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.checkpoint import write_checkpoint
from lakebed.catalog.entries import segment_key
from lakebed.errors import CatalogError, NotFoundError, UsageError
from lakebed.ingest.settings import SourceSettings
from lakebed.model import Row
from lakebed.native import Builder
from lakebed.repair.inspect import verify_lake
from lakebed.repair.rebuild import Rebuilt, rebuild
from lakebed.storage.local import LocalStore
from tests.lakes import indexing, numbers_in

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.api import Lake

DAY = 1_767_225_600_000_000_000


def write(folder: Path, name: str, numbers: range) -> None:
    path = folder / "logs" / name
    path.parent.mkdir(exist_ok=True)
    lines = [{"time": f"2026-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z", "n": n} for n in numbers]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three objects in "app", one of them replaced, and one in "web"; two events deleted."""
    found = lakebed.open(tmp_path / "lake")
    for name, numbers in (("a", range(10)), ("b", range(10, 20)), ("c", range(20, 30))):
        write(tmp_path, name, numbers)
        found.index(tmp_path / "logs" / name, into="app", workers=1)
    write(tmp_path, "b", range(100, 105))
    found.index(tmp_path / "logs", into="app", workers=1)
    found.index(tmp_path / "logs/a", into="web", workers=1)
    found.delete("n < 2", index="app", reason="test")
    return found


VISIBLE = [*range(2, 10), *range(20, 30), *range(100, 105)]


def store_of(folder: Path) -> LocalStore:
    return LocalStore(folder / "lake")


def seen(folder: Path, index: str = "app") -> list[int]:
    """The numbers that a lake opened anew shows."""
    rows = lakebed.open(folder / "lake").search("*", index=index)
    return sorted(int(str(row.event["n"])) for row in rows if isinstance(row, Row))


def is_well(folder: Path) -> bool:
    return verify_lake(str(folder / "lake"), deep=True).problems == []


def test_a_lost_catalog(lake: Lake, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "lake/catalog")
    store = store_of(tmp_path)
    told = rebuild(store, dry_run=True)
    assert not (tmp_path / "lake/catalog").exists()
    done = rebuild(store, dry_run=False)
    assert (told.commit, told.segments, told.events, told.objects, told.unsure, told.deletions) == (1, 5, 36, 4, 4, 1)
    assert [done.segments, done.events, done.left_out] == [told.segments, told.events, told.left_out]
    assert seen(tmp_path) == VISIBLE
    assert seen(tmp_path, "web") == list(range(10))
    assert is_well(tmp_path)
    # What is indexed again replaces what nobody could be sure of, and comes after the deletion.
    totals = lakebed.open(tmp_path / "lake").index(tmp_path / "logs", into="app", workers=1)
    assert totals.objects_indexed == 3
    assert seen(tmp_path) == sorted([0, 1, *VISIBLE])
    assert lakebed.open(tmp_path / "lake").index(tmp_path / "logs", into="app", workers=1).objects_unchanged == 3
    assert is_well(tmp_path)


def test_what_came_after_a_deletion_is_not_hit_by_it(lake: Lake, tmp_path: Path) -> None:
    """The new catalog does not know which segment came first; the events do."""
    write(tmp_path, "later", range(2))
    lake.index(tmp_path / "logs/later", into="app", workers=1)
    shutil.rmtree(tmp_path / "lake/catalog")
    rebuild(store_of(tmp_path), dry_run=False)
    assert seen(tmp_path) == [0, 1, *VISIBLE]


def test_a_damaged_commit(lake: Lake, tmp_path: Path) -> None:
    """What the other commits say is still known: nothing need be indexed again but what that one brought."""
    path = sorted((tmp_path / "lake/catalog").glob("*.json.gz"))[3]  # object "c"
    path.write_bytes(b"broken")
    with pytest.raises(CatalogError, match="is damaged"):
        lakebed.open(tmp_path / "lake").indexes()
    done = rebuild(store_of(tmp_path), dry_run=False)
    assert [where for where, _ in done.problems] == [f"catalog/{path.name}"]
    assert (done.commit, done.unsure, done.deletions) == (8, 1, 1)
    assert seen(tmp_path) == VISIBLE
    assert is_well(tmp_path)
    old = tmp_path / "lake" / done.moved_to
    assert sorted(one.name for one in old.iterdir())[3] == path.name
    assert (old / path.name).read_bytes() == b"broken"
    totals = lakebed.open(tmp_path / "lake").index(tmp_path / "logs", into="app", workers=1)
    assert (totals.objects_indexed, totals.objects_unchanged) == (1, 2)
    assert seen(tmp_path) == VISIBLE


def test_a_damaged_checkpoint_of_merged_and_expired_segments(lake: Lake, tmp_path: Path) -> None:
    """A merge's inputs and an expired segment lie there still; the commits say that they are gone."""
    catalog = Catalog(store_of(tmp_path))
    expired = catalog.snapshot.entries("web")[0].key
    catalog.commit(Changes("expire", remove=[expired]))
    write_checkpoint(store_of(tmp_path), catalog.state, "w" * 32)
    for path in (tmp_path / "lake/catalog").glob("*.checkpoint"):
        path.write_bytes(b"broken")
    done = rebuild(store_of(tmp_path), dry_run=False)
    assert expired in done.left_out
    assert lakebed.open(tmp_path / "lake").indexes() == ["_audit", "app"]
    assert (seen(tmp_path), done.unsure) == (VISIBLE, 0)
    # An object that expired is known all the same: it is not indexed again.
    assert lakebed.open(tmp_path / "lake").index(tmp_path / "logs/a", into="web", workers=1).objects_unchanged == 1


def test_a_segment_that_is_damaged_is_told(lake: Lake, tmp_path: Path) -> None:
    entry = Catalog(store_of(tmp_path)).snapshot.entries("web")[0]
    (tmp_path / "lake" / entry.key).write_bytes(b"no segment")
    shutil.rmtree(tmp_path / "lake/catalog")
    done = rebuild(store_of(tmp_path), dry_run=False)
    assert [where for where, _ in done.problems] == [entry.key]
    assert seen(tmp_path) == VISIBLE


def test_a_segment_that_is_lost_is_indexed_again(lake: Lake, tmp_path: Path) -> None:
    entry = Catalog(store_of(tmp_path)).snapshot.entries("web")[0]
    (tmp_path / "lake" / entry.key).unlink()
    rebuild(store_of(tmp_path), dry_run=False, force=True)
    assert lakebed.open(tmp_path / "lake").index(tmp_path / "logs/a", into="web", workers=1).objects_indexed == 1
    assert seen(tmp_path, "web") == list(range(10))


def test_it_is_refused_where_there_is_nothing_to_do(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^the catalog can be read, so it need not be made anew"):
        rebuild(store_of(tmp_path), dry_run=False)
    with pytest.raises(NotFoundError, match=r"^no segments in "):
        rebuild(LocalStore(tmp_path / "nothing"), dry_run=False)


def test_open_handles_follow(lake: Lake, tmp_path: Path) -> None:
    """One that reads sees the new catalog; a writer that knew the last commit fits its own to it."""
    reader, writer = Catalog(store_of(tmp_path)), Catalog(store_of(tmp_path))
    rebuild(store_of(tmp_path), dry_run=False, force=True)
    assert reader.refresh().snapshot.number == 8
    changes = indexing("s3://logs/x", index="made")
    writer.commit(changes)
    assert writer.snapshot.number == 9
    assert Catalog(store_of(tmp_path)).snapshot.entry(changes.add[0].key) is not None


# -- copies of one object ---------------------------------------------------------------------------------------------


class Leftovers:
    """Segments made by hand: which copies of an object lie there, received when."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = store_of(folder)
        self.made = 0
        self.key = ""

    def put(self, segment: object) -> str:
        self.made += 1
        key = self.key or segment_key("app", f"20260102T0000{self.made:02}", self.made)
        self.store.put(key, segment.data)  # type: ignore[attr-defined] # the engine's segment
        return key

    def read(self, *objects: tuple[str, int, range], cut_after: int | None = None) -> list[str]:
        """One segment of these objects: URL, second at which it was received, numbers; or two, with a cut."""
        builder = Builder(index="app")
        settings = SourceSettings(format="json", time_fields=("time",)).for_engine()
        keys: list[str] = []
        for url, received, numbers in objects:
            builder.begin_object(url, modified_ns=DAY, received_ns=DAY + received * 10**9, settings=settings)
            for place, n in enumerate(numbers):
                line = {"time": f"2026-01-01T00:00:{n % 60:02}Z", "n": n, "long": "x" * (20_000 if cut_after else 0)}
                builder.feed(json.dumps(line).encode() + b"\n")
                if place + 1 == cut_after:
                    keys.append(self.put(builder.take_segment()))
            builder.end_object()
        return [*keys, self.put(builder.take_segment())]

    def rebuilt(self) -> Rebuilt:
        return rebuild(self.store, dry_run=False)

    def numbers(self) -> list[int]:
        assert is_well(self.folder)
        return numbers_in(self.store)


@pytest.fixture
def leftovers(tmp_path: Path) -> Leftovers:
    return Leftovers(tmp_path)


def test_of_two_readings_the_later_counts(leftovers: Leftovers) -> None:
    leftovers.read(("a", 5, range(10)), ("b", 5, range(10, 15)))
    leftovers.read(("a", 9, range(8)))
    leftovers.read(("a", 1, range(3)))
    told = leftovers.rebuilt()
    assert leftovers.numbers() == [*range(8), *range(10, 15)]
    assert (told.segments, len(told.left_out)) == (2, 1)


def test_parts_of_a_large_object_all_count(leftovers: Leftovers) -> None:
    assert len(leftovers.read(("a", 1, range(10)), cut_after=4)) == 2
    leftovers.rebuilt()
    assert leftovers.numbers() == list(range(10))


def test_of_a_merge_and_its_inputs_the_merge_counts(leftovers: Leftovers) -> None:
    """As its events are those of the inputs: received when these were, with their records."""
    inputs = [*leftovers.read(("a", 1, range(10)), cut_after=6), *leftovers.read(("b", 2, range(10, 14)))]
    merged = leftovers.read(("a", 1, range(10)), ("b", 2, range(10, 14)))
    told = leftovers.rebuilt()
    assert leftovers.numbers() == list(range(14))
    assert sorted(told.left_out) == sorted(inputs)
    assert [entry.key for entry in Catalog(leftovers.store).snapshot.entries()] == merged


@pytest.mark.parametrize("generation", ["", "-g1", "-g2"])
def test_what_was_merged_or_written_anew_from_one_second_counts(leftovers: Leftovers, generation: str) -> None:
    """Events were deleted on the way: the copy with more of them is the old one."""
    leftovers.key = "segments/app/20260102T000001-g1-0000000000000001.seg" if generation else ""
    (old,) = leftovers.read(("a", 1, range(10)))
    leftovers.key = f"segments/app/20260102T000001{generation}-0000000000000002.seg"
    (new,) = leftovers.read(("a", 1, range(6)))
    if generation == "-g2":
        os.utime(leftovers.store.root / new, (1, 1))  # copied elsewhere: the merges in the key decide
    else:
        os.utime(leftovers.store.root / old, (1, 1))
    told = leftovers.rebuilt()
    assert told.left_out == [old]
    assert leftovers.numbers() == list(range(6))


def test_a_part_that_is_not_in_the_merge_stays(leftovers: Leftovers) -> None:
    leftovers.read(("a", 1, range(10)), cut_after=6)
    leftovers.read(("a", 1, range(6)), ("b", 2, range(10, 14)))
    leftovers.rebuilt()
    assert leftovers.numbers() == list(range(14))


def test_somebody_who_writes_meanwhile_is_told(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path)
    writer = Catalog(store)
    monkeypatch.setattr(config, "ADDRESS_PACK_BYTES", 100)
    put = LocalStore.put

    def put_and_commit(self: LocalStore, key: str, data: bytes) -> None:
        put(self, key, data)
        if key.endswith("checkpoint.json"):
            monkeypatch.setattr(LocalStore, "put", put)
            writer.commit(indexing("s3://logs/x"))

    monkeypatch.setattr(LocalStore, "put", put_and_commit)
    with pytest.raises(CatalogError, match=r"^somebody committed to .* while its catalog was made anew"):
        rebuild(store, dry_run=False, force=True)
    rebuild(store, dry_run=False, force=True)
    assert seen(tmp_path) == VISIBLE

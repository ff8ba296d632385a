from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import IngestError
from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.listing import Ends, Lister, load_ends
from lakebed.ingest.discovery.place import Place, open_place
from lakebed.storage.counting import CountingStore

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from lakebed.storage.store import ObjectInfo

NOW = datetime.datetime(2026, 1, 10, 12, tzinfo=datetime.UTC).timestamp()


class World:
    """A folder of files, a clock, and what the lake has."""

    def __init__(self, folder: Path, **options: float) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.now = NOW
        self.lake: set[tuple[str, int, int]] = set()
        self.looked_up = 0
        self.place = open_place(str(folder))
        self.counting = CountingStore(self.place.store)
        counted = Place(self.counting, self.place.prefix, self.place.pattern, None)
        self.lister = Lister(counted, self.is_known, lambda: self.now, **options)  # type: ignore[arg-type] # numbers
        self.ends = Ends()

    def is_known(self, url: str, info: ObjectInfo) -> bool:
        self.looked_up += 1
        return (url, info.size_bytes, info.modified_ns) in self.lake

    def write(self, key: str, age_s: float = 1000.0, text: str = "x") -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (self.now - age_s, self.now - age_s))

    def find(self) -> list[str]:
        found = list(self.lister.new_objects(self.ends))
        self.lake |= {(url, info.size_bytes, info.modified_ns) for url, info in found}
        assert [url for url, _ in found] == [self.place.url_of(info.key) for _, info in found]
        return [info.key for _, info in found]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "logs")


def test_new_and_changed_objects_are_found_once(world: World) -> None:
    for number in range(3):
        world.write(f"a{number}.log")
    assert world.find() == ["a0.log", "a1.log", "a2.log"]
    assert world.find() == []
    world.write("a1.log", text="xy")
    world.write("a3.log")
    assert world.find() == ["a1.log", "a3.log"]
    assert world.ends.objects == 4
    assert not world.ends.is_dated


def test_in_between_only_the_ends_are_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.ingest.discovery.listing.LIST_PAGE", 1)
    for day in range(1, 11):
        for region in ("eu", "us"):
            world.write(f"{region}/2026/01/{day:02}/x.gz")
    assert len(world.find()) == 20
    assert (world.ends.is_dated, len(world.ends.stems)) == (True, 2)
    world.write("eu/2026/01/10/y.gz")
    world.write("us/2026/01/08/late.gz")
    world.write("us/2026/01/01/very_late.gz")
    world.write("ap/2026/01/10/new.gz")
    world.looked_up = 0
    assert world.find() == ["eu/2026/01/10/y.gz", "us/2026/01/08/late.gz"]
    assert world.looked_up == 2, "what was seen is not looked up again"
    world.now += limits.WHOLE_LISTING_S
    assert world.find() == ["ap/2026/01/10/new.gz", "us/2026/01/01/very_late.gz"]


def test_what_a_listing_found_before_it_broke_off_is_found_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.ingest.discovery.listing.LIST_PAGE", 1)
    for day in range(1, 11):
        world.write(f"2026/01/{day:02}/x.gz")
    assert len(world.find()) == 10
    for name in ("y.gz", "z.gz"):
        world.write(f"2026/01/10/{name}")
    broken = world.lister.new_objects(world.ends)
    assert next(broken)[1].key == "2026/01/10/y.gz"
    broken.close()  # type: ignore[attr-defined] # a generator
    assert world.find() == ["2026/01/10/y.gz", "2026/01/10/z.gz"]


def test_a_day_of_the_future_does_not_hide_those_that_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.ingest.discovery.listing.LIST_PAGE", 1)
    world.write("eu/2026/01/10/x.gz")
    world.write("eu/2099/01/10/x.gz")
    world.find()
    world.write("eu/2026/01/10/y.gz")
    assert world.find() == ["eu/2026/01/10/y.gz"]


def test_every_object_is_found_by_some_listing(
    tmp_path: Path, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random arrivals over days, under stems that come and go, some of them late: none is missed, none found twice."""
    monkeypatch.setattr("lakebed.ingest.discovery.listing.LIST_PAGE", 3)
    world = World(tmp_path / "logs")
    written: set[str] = set()
    found: list[str] = []
    for step in range(150):
        for _ in range(rng.randrange(3)):
            day = datetime.datetime.fromtimestamp(world.now - rng.choice([0, 0, 86400, 9e6]), datetime.UTC)
            key = f"{rng.choice('abc')}/{day:%Y/%m/%d}/{step}-{rng.randrange(10**9)}"
            world.write(key)
            written.add(key)
        found += world.find()
        world.now += rng.choice([60, 600, 40_000])
    world.now += limits.WHOLE_LISTING_S + 100
    found += world.find()
    assert sorted(found) == sorted(written)


def test_another_runner_goes_on_from_the_state(world: World) -> None:
    world.write("eu/2026/01/10/x.gz")
    world.find()
    import msgspec

    stored = msgspec.json.encode(world.ends)
    assert load_ends(stored) == world.ends
    assert load_ends(b"{nonsense") == load_ends(None) == Ends()


def test_files_that_are_being_written_are_left_for_the_next_time(tmp_path: Path) -> None:
    world = World(tmp_path / "logs", settle_s=2.0)
    world.write("old.log")
    world.write("growing.log", age_s=0.5)
    assert world.find() == ["old.log"]
    world.now += 1.0
    world.write("growing.log", age_s=0.5, text="xy")
    assert world.find() == []
    world.now += 2.0
    assert world.find() == ["growing.log"]


def test_a_file_that_never_rests_is_taken_in_the_end(tmp_path: Path) -> None:
    world = World(tmp_path / "logs", settle_s=2.0)
    found: list[str] = []
    for step in range(70):
        world.write("growing.log", age_s=0.5, text="x" * step)
        found += world.find()
        world.now += 10
    assert found == ["growing.log"] * 2


def test_what_was_modified_before_a_date_is_left_out(tmp_path: Path) -> None:
    world = World(tmp_path / "logs", since_ns=int((NOW - 500) * 1e9))
    world.write("old.log", age_s=501)
    world.write("new.log", age_s=499)
    assert world.find() == ["new.log"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    world = World(tmp_path / "logs")
    world.folder.rmdir()
    with pytest.raises(IngestError, match="no such folder"):
        world.find()
    assert world.ends == Ends()
    world.write("a.log")
    assert world.find() == ["a.log"]

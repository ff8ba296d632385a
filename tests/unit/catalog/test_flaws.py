"""What the catalog records of source objects that did not wholly become events, and how many objects there are."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.commit import commit_key
from lakebed.catalog.entries import Damage, FlawedObject, Flaws
from lakebed.storage.local import LocalStore
from tests.lakes import indexing, segment, source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def created(store: LocalStore) -> Catalog:
    catalog = Catalog(store)
    catalog.open_for_writing()
    return catalog


def test_damage_is_remembered_until_the_object_is_indexed_again(store: LocalStore) -> None:
    catalog = created(store)
    new = segment(1)
    damage = Damage(1234, "the gzip stream ends in the middle of a block")
    catalog.commit(Changes("index", [new], [source("bad.gz", ((new.key, 0),), damage=damage)]))
    expected = FlawedObject("web", "bad.gz", 1234, damage.reason, 2)
    for turn in range(config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"{turn}"))
    assert Catalog(store).snapshot.flawed == (expected,)
    catalog.commit(indexing("bad.gz", version=2))
    assert Catalog(store).snapshot.flawed == ()


def test_flaws_are_remembered_until_the_object_is_indexed_again(store: LocalStore) -> None:
    catalog = created(store)
    new = segment(3)
    records = [
        source("bad.json", ((new.key, 0),), flaws=Flaws(unparsed_lines=3, transform_errors=1), discarded=7),
        source("good.json", ((new.key, 1),), discarded=5),
        source("worse.json", ((new.key, 2),), damage=Damage(9, "cut"), flaws=Flaws(invalid_utf8=2, skipped_members=4)),
    ]
    catalog.commit(Changes("index", [new], records))
    bad = FlawedObject("web", "bad.json", None, "", 2, Flaws(3, 0, 0, 1), 7)
    worse = FlawedObject("web", "worse.json", 9, "cut", 2, Flaws(0, 2, 4, 0))
    assert Catalog(store).snapshot.flawed == (bad, worse)
    for turn in range(config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"{turn}"))
    again = Catalog(store)
    assert again.state.checkpoint > 2
    assert again.snapshot.flawed == (bad, worse)
    catalog.commit(indexing("bad.json", version=2))
    assert Catalog(store).snapshot.flawed == catalog.snapshot.flawed == (worse,)


def test_the_damaged_and_the_newest_are_remembered(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "FLAWED_OBJECTS_KEPT", 3)
    catalog = created(store)
    for number in range(6):
        new = segment(1)
        damage = Damage(0, "cut") if number in {1, 3} else None
        record = source(f"{number}", ((new.key, 0),), damage=damage, flaws=Flaws(unparsed_lines=1))
        catalog.commit(Changes("index", [new], [record]))
    assert [one.url for one in catalog.snapshot.flawed] == ["1", "3", "5"]
    assert Catalog(store).snapshot.flawed == catalog.snapshot.flawed


def test_objects_are_counted_once(store: LocalStore) -> None:
    catalog = created(store)
    one, two = segment(2), segment(2)
    big = source("big", ((one.key, 1), (two.key, 0)))
    empty = source("empty", events=0)
    catalog.commit(
        Changes("index", [one, two], [source("a", ((one.key, 0),)), big, empty, source("z", ((two.key, 1),))])
    )
    numbers = {entry.key: entry.segment_id for entry in catalog.snapshot.entries()}
    assert catalog.state.sources.count_by_segment() == {numbers[one.key]: 2, numbers[two.key]: 1}
    for turn in range(config.CHECKPOINT_COMMITS):
        catalog.commit(indexing(f"{turn % 4}", version=turn + 2))
    catalog.commit(indexing("a", version=2))
    for same in (catalog, Catalog(store)):
        counts = same.state.sources.count_by_segment()
        assert (counts[numbers[one.key]], counts[numbers[two.key]], counts.total()) == (1, 1, 3 + 4)


def test_what_is_wrong_with_an_object_stands_in_its_line(store: LocalStore) -> None:
    new = segment(1)
    record = source("a", ((new.key, 0),), damage=Damage(9, "cut"), flaws=Flaws(unparsed_lines=3), discarded=2)
    created(store).commit(Changes("index", [new], [record]))
    *_, line = gzip.decompress(store.get(commit_key(2))).splitlines()
    told = msgspec.json.decode(line)
    assert {name: told[name] for name in ("damage", "flaws", "discarded")} == {
        "damage": {"offset": 9, "reason": "cut"},
        "flaws": {"unparsed_lines": 3},
        "discarded": 2,
    }

"""`verify` of a real lake: nothing where all is well, and each kind of damage by its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

import lakebed
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.checkpoint import CheckpointFile, write_checkpoint
from lakebed.catalog.commit import checkpoint_key, commit_key
from lakebed.catalog.packed import pack, unpack
from lakebed.errors import NotFoundError, UsageError
from lakebed.repair.inspect import lake_history, verify_lake
from lakebed.storage.local import LocalStore
from tests.lakes import segment, source

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.catalog.verify import Problem


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake of some commits with a checkpoint in between, replaced objects and a deletion."""
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 4)
    lake = lakebed.open(tmp_path / "lake")
    for turn in range(5):
        for name in ("a", f"b{turn}"):
            path = tmp_path / f"{name}.json"
            lines = [{"time": f"2026-01-01T00:0{turn}:0{n}Z", "n": 10 * turn + n, "of": name} for n in range(6 + turn)]
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        lake.index(tmp_path / "*.json", into="app", workers=1)
    lake.delete("n < 3", index="app", reason="test")
    return tmp_path / "lake"


def entries(folder: Path) -> list[SegmentEntry]:
    return Catalog(LocalStore(folder)).snapshot.entries("app")


def problems(folder: Path, *, deep: bool = False) -> list[Problem]:
    return verify_lake(str(folder), deep=deep).problems


def test_a_lake_that_is_well(folder: Path) -> None:
    found = verify_lake(str(folder), deep=True)
    assert (found.problems, found.orphans, found.orphan_count) == ([], [], 0)
    catalog = Catalog(LocalStore(folder))
    assert (found.commit, found.segments) == (catalog.snapshot.number, catalog.snapshot.segment_count)
    assert (found.objects, found.checkpoints) == (6, 1)


def test_no_lake(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"^no lake at"):
        verify_lake(str(tmp_path / "nowhere"))
    with pytest.raises(NotFoundError, match=r"^no lake at"):
        lake_history(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"^not a number of commits: 0"):
        lake_history(str(tmp_path / "nowhere"), 0)


def test_a_segment_that_is_gone_cut_or_another(folder: Path) -> None:
    gone, cut, other = entries(folder)[:3]
    (folder / gone.key).unlink()
    data = (folder / cut.key).read_bytes()
    (folder / cut.key).write_bytes(data[:-1])
    fresh = (folder / entries(folder)[3].key).read_bytes()
    (folder / other.key).write_bytes(fresh[-other.size_bytes :].rjust(other.size_bytes, b"\0"))
    found = sorted(problems(folder), key=lambda one: [gone.key, cut.key, other.key].index(one.where))
    assert [one.what for one in found] == [
        "is not there",
        f"has {len(data) - 1:,} bytes; the catalog says {len(data):,}",
        "its address is not the one that the catalog has",
    ]


def test_flipped_bytes_in_events_are_found_by_a_deep_check(folder: Path) -> None:
    entry = entries(folder)[0]
    data = bytearray((folder / entry.key).read_bytes())
    for place in range(8, 40):
        data[place] ^= 1
    (folder / entry.key).write_bytes(data)
    assert problems(folder) == []
    (found,) = problems(folder, deep=True)
    assert found.where == entry.key
    assert "checksum" in found.what


def test_files_that_no_commit_names_are_told_and_no_problem(folder: Path) -> None:
    (folder / "segments/app/20260101T000000-00000000000000aa.seg").write_bytes(b"leftover")
    found = verify_lake(str(folder))
    assert found.problems == []
    assert found.orphans == ["segments/app/20260101T000000-00000000000000aa.seg"]
    assert (found.orphan_count, found.orphan_bytes) == (1, 8)


def test_a_commit_that_is_missing_or_damaged(folder: Path) -> None:
    (folder / commit_key(2)).unlink()
    (folder / commit_key(6)).write_bytes(b"nothing")
    found = {one.where: one.what for one in problems(folder)}
    assert found[commit_key(3)] == "commit 2 before it is missing"
    assert found[commit_key(6)] == f"'{commit_key(6)}' is damaged: it does not begin as a file of a catalog"
    assert found["catalog"] == found[commit_key(6)]


def test_a_checkpoint_that_says_something_else(folder: Path) -> None:
    key = checkpoint_key(4)
    file = msgspec.msgpack.decode(unpack((folder / key).read_bytes(), key), type=CheckpointFile)
    less = [*file.entries[1:], msgspec.structs.replace(file.entries[0], events=1)]
    wrong = msgspec.structs.replace(file, entries=less, runs=[])
    (folder / key).write_bytes(pack(msgspec.msgpack.encode(wrong), 1))
    found = {one.what for one in problems(folder) if one.where == key}
    assert found == {
        f"1 segments are not as the commits have them, among them '{file.entries[0].key}'",
        "its source objects are not those of the commits",
    }


def test_records_that_lead_nowhere_and_objects_without_one(tmp_path: Path) -> None:
    catalog = Catalog(LocalStore(tmp_path))
    catalog.open_for_writing()
    new = segment(4, dead=(3,))
    records = [source("a", ((new.key, 0),)), source("b", ((new.key, 0),)), source("c", ((new.key, 9),))]
    catalog.commit(Changes("index", [new], [*records, source("d", ((new.key, 3),))]))
    write_checkpoint(LocalStore(tmp_path), catalog.state, "w" * 32)
    found = problems(tmp_path)
    assert {one.where for one in found} == {new.key}
    assert sorted(one.what for one in found) == [
        "2 of 3 live objects have no source record",
        "a source record points to object 3, which is dead",
        "a source record points to object 9 of 4",
        "is not there",
        "two source records point to object 0",
    ]


def test_history_tells_commits(folder: Path) -> None:
    found = lake_history(str(folder), 3)
    assert [(one.action, one.segments_added, one.segments_removed, one.objects, one.events) for one in found] == [
        ("delete", 1, 0, 0, 1),
        ("index", 1, 0, 2, 20),
        ("index", 1, 0, 2, 18),
    ]
    assert found[0].what.startswith("n < 3 in 'app' by ")
    assert found[0].what.endswith(": test")
    assert [one.number for one in lake_history(str(folder), 100)] == [7, 6, 5, 4, 3, 2, 1]

"""A catalog written by each version of its files can still be read, by its checkpoint and by its commits alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.entries import NO_FLAWS, FlawedObject, source_version
from lakebed.catalog.index_info import IndexInfo, index_infos
from lakebed.storage.local import LocalStore
from tests.lakes import SECOND

FROZEN = sorted(Path(__file__).parent.glob("catalog_v*"))
WITH_CHECKPOINT = pytest.mark.parametrize("with_checkpoint", [True, False])


def test_there_are_samples() -> None:
    assert [folder.name for folder in FROZEN] == ["catalog_v1", "catalog_v2"]


def opened(version: int, folder: Path, *, with_checkpoint: bool) -> Catalog:
    """A copy of the sample."""
    shutil.copytree(Path(__file__).parent / f"catalog_v{version}", folder)
    if not with_checkpoint:
        for path in (folder / "catalog").iterdir():
            if not path.name.endswith(".json.gz"):
                path.unlink()
    return Catalog(LocalStore(folder))


@WITH_CHECKPOINT
def test_version_1(tmp_path: Path, *, with_checkpoint: bool) -> None:
    catalog = opened(1, tmp_path / "lake", with_checkpoint=with_checkpoint)
    assert (catalog.snapshot.number, catalog.state.checkpoint) == (3, 2 if with_checkpoint else 0)
    assert index_infos(catalog.snapshot) == [IndexInfo("web", 40, 0, 10 * SECOND, 2000, 600, 2, 2)]
    assert catalog.snapshot.flawed == (
        FlawedObject("web", "s3://logs/early.gz", 100, "cut early", 2, NO_FLAWS),
        FlawedObject("web", "s3://logs/late.gz", 101, "cut late", 3, NO_FLAWS),
    )
    for name in ("early.gz", "early.json", "late.gz", "late.json"):
        assert catalog.known_version("web", f"s3://logs/{name}") == source_version(100, SECOND, None)
    assert catalog.known_version("web", "s3://logs/other.json") is None


@WITH_CHECKPOINT
def test_version_2(tmp_path: Path, *, with_checkpoint: bool) -> None:
    catalog = opened(2, tmp_path / "lake", with_checkpoint=with_checkpoint)
    snapshot = catalog.snapshot
    assert (snapshot.number, catalog.state.checkpoint) == (12, 11 if with_checkpoint else 0)
    (deletion,) = snapshot.deletions
    assert (deletion.number, deletion.index, deletion.query, deletion.by, deletion.reason) == (
        10,
        "web",
        "a: 1",
        "alice",
        "ticket 1",
    )
    assert deletion.condition() == b'{"filter":{"op":"all","of":[]},"since_ns":0,"until_ns":1000000000}'
    found = [
        (entry.segment_id, entry.dead, [one.number for one in snapshot.deletions_of(entry)])
        for entry in snapshot.entries()
    ]
    assert sorted(found) == [(1, (), [10]), (2, (), [10]), (6, (2,), []), (7, (), [10]), (8, (), [])]
    parts = {
        url: catalog.find_source("web", f"s3://logs/{url}") for url in ("early.gz", "0/0", "0/1", "1/0", "nothing")
    }
    assert {url: known and known.parts for url, known in parts.items()} == {
        "early.gz": ((1, 0),),
        "0/0": ((6, 0),),
        "0/1": ((6, 1),),
        "1/0": ((7, 0),),
        "nothing": None,
    }

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


@pytest.fixture(params=FROZEN, ids=lambda folder: folder.name)
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    shutil.copytree(request.param, folder)
    return folder


def test_there_are_samples() -> None:
    assert [folder.name for folder in FROZEN] == ["catalog_v1"]


@pytest.mark.parametrize("with_checkpoint", [True, False])
def test_the_state_is_the_same(frozen: Path, *, with_checkpoint: bool) -> None:
    if not with_checkpoint:
        for path in (frozen / "catalog").iterdir():
            if not path.name.endswith(".json.gz"):
                path.unlink()
    catalog = Catalog(LocalStore(frozen))
    assert (catalog.snapshot.number, catalog.state.checkpoint) == (3, 2 if with_checkpoint else 0)
    assert index_infos(catalog.snapshot) == [IndexInfo("web", 40, 0, 10 * SECOND, 2000, 600, 2, 2)]
    assert catalog.snapshot.flawed == (
        FlawedObject("web", "s3://logs/early.gz", 100, "cut early", 2, NO_FLAWS),
        FlawedObject("web", "s3://logs/late.gz", 101, "cut late", 3, NO_FLAWS),
    )
    for name in ("early.gz", "early.json", "late.gz", "late.json"):
        assert catalog.known_version("web", f"s3://logs/{name}") == source_version(100, SECOND, None)
    assert catalog.known_version("web", "s3://logs/other.json") is None

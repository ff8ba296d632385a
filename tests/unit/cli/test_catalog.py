"""`lakebed catalog`: whole outputs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log(tmp_path / "app.json", [event(n, n=n) for n in range(5)])
    assert lakebed("index", "app.json", "--into", "app", folder=tmp_path).returncode == 0
    return tmp_path


def test_history(folder: Path) -> None:
    done = lakebed("catalog", "history", "-o", "table", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(r"20\d\d-\S+Z", "TIME", done.stdout)
    assert [re.sub(r" +", " ", line) for line in re.sub(r"[0-9a-f]{8}", "WRITER", text).splitlines()] == [
        "commit time action writer added removed objects events what",
        "------ ------------------------------ ------ -------- ----- ------- ------- ------ ----",
        " 2 TIME index WRITER 1 0 1 5",
        " 1 TIME create WRITER 0 0 0 0",
    ]
    (newest,) = lakebed("catalog", "history", "-n", "1", folder=folder).stdout.splitlines()
    assert json.loads(newest)["action"] == "index"


def test_verify(folder: Path) -> None:
    done = lakebed("catalog", "verify", folder=folder)
    assert (done.returncode, done.stdout) == (0, "commit 2: 1 segment, 1 object, 0 checkpoints\nno problems\n")
    (segment,) = (folder / "lake/segments/app").iterdir()
    segment.rename(segment.with_name("20260101T000000-00000000000000aa.seg"))
    size = segment.with_name("20260101T000000-00000000000000aa.seg").stat().st_size
    key = f"segments/app/{segment.name}"
    done = lakebed("catalog", "verify", folder=folder)
    assert (done.returncode, done.stderr) == (3, "")
    told = f"1 file of {size} B that the catalog does not name"
    assert done.stdout.splitlines() == [
        "commit 2: 1 segment, 1 object, 0 checkpoints",
        f"{key}: is not there",
        "1 problem",
        f"{told}, such as segments/app/20260101T000000-00000000000000aa.seg",
    ]
    told_json = json.loads(lakebed("catalog", "verify", "--json", folder=folder).stdout)
    assert told_json["problems"] == [{"where": key, "what": "is not there"}]


def test_rebuild(folder: Path) -> None:
    done = lakebed("catalog", "rebuild", "--yes", folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lakebed: the catalog can be read, so it need not be made anew; --force")
    (folder / "lake/catalog/00000000000000000002.json.gz").write_bytes(b"broken")
    facts = "commit 3: 1 segment, 5 events, 1 object, 0 deletions"
    rest = [
        "1 object to be indexed again from their sources",
        (
            "cannot be read: catalog/00000000000000000002.json.gz: 'catalog/00000000000000000002.json.gz' is damaged: "
            "it does not begin as a file of a catalog"
        ),
    ]
    done = lakebed("catalog", "rebuild", folder=folder)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines() == [f"would make {facts}", *rest, "nothing was written; --yes does it"]
    assert lakebed("search", "*", folder=folder).returncode == 2
    done = lakebed("catalog", "rebuild", "--yes", folder=folder)
    assert (done.returncode, done.stderr) == (3, "")
    *told, moved = done.stdout.splitlines()
    assert told == [f"made {facts}", *rest]
    assert re.fullmatch(r"the old catalog is in catalog-before-\d{8}T\d{6}/", moved)
    assert len(lakebed("search", "*", "-o", "jsonl", folder=folder).stdout.splitlines()) == 5
    assert lakebed("catalog", "verify", folder=folder).returncode == 0
    assert "rebuild" in lakebed("catalog", "history", folder=folder).stdout

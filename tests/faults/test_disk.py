"""A lake on a disk that is really full or read-only: a clear error, nothing half visible, and a re-run ends it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.errors import StorageError
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.storage.open import open_store
from tests.faults.disks import BLOCK_BYTES, Disk, mounted_disk
from tests.faults.test_crash import check_whole_objects
from tests.logs import write_logs, write_random_log

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

FILES = 60
"""As many as `check_whole_objects` knows, with its number of events each."""

DISK_BYTES = 4 * 1024 * 1024
FULL = re.compile(r"^cannot (write|create) '(segments|catalog)/[^']+' in folder '[^']+/lake': the disk is full$")
READ_ONLY = re.compile(
    r"^cannot (write|create) '(segments|catalog)/[^']+' in folder '[^']+/lake': the folder is read-only$"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with mounted_disk(tmp_path / "disk", DISK_BYTES) as found:
        yield found


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_logs(tmp_path_factory.mktemp("disk-logs"), FILES, 400)


def index(logs: Path, lake: str, segment_bytes: int) -> None:
    """Indexes with two workers and many commits, so that the disk may be full at any of them."""
    store = open_store(lake)
    settings = IndexSettings("web", segment_bytes=segment_bytes, commit_seconds=0.01)
    index_source(store, Catalog(store), str(logs), settings, workers=2)


def hidden_files(disk: Disk) -> list[str]:
    return [path.name for path in disk.folder.rglob(".lakebed-*")]


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lakebed.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_a_disk_that_is_full_sooner_or_later(disk: Disk, logs: Path, rng: random.Random, seed: int) -> None:
    lake = str(disk.folder / "lake")
    index(logs, str(disk.folder / "whole"), 60_000)
    needed = sum(path.stat().st_blocks * 512 for path in (disk.folder / "whole").rglob("*"))
    subprocess.run(["rm", "-r", str(disk.folder / "whole")], check=True)
    errors: list[str] = []
    between = 0
    for blocks in [0, 1, 2, 3, *(rng.randrange(needed // BLOCK_BYTES) for _ in range(12))]:
        disk.fill(blocks * BLOCK_BYTES)
        try:
            index(logs, lake, rng.choice([8_000, 60_000, 400_000]))
        except StorageError as error:
            errors.append(str(error))
        assert hidden_files(disk) == []
        found = check_whole_objects(lake, logs)
        print(f"seed {seed}, {blocks} blocks left: {found} objects")  # noqa: T201 - shown when it fails
        between += 0 < found < FILES
        disk.make_room()
        if found and rng.random() < 0.5:
            index(logs, lake, 60_000)
            assert check_whole_objects(lake, logs) == FILES
            subprocess.run(["rm", "-r", lake], check=True)
    index(logs, lake, 60_000)
    assert check_whole_objects(lake, logs) == FILES
    assert len(errors) > 4
    assert [error for error in errors if not FULL.match(error)] == []
    assert between > 0, "the disk was never full between the first commit and the last: the test proves nothing"


def test_segments_that_no_commit_will_name_are_removed(disk: Disk, tmp_path: Path) -> None:
    """An object larger than a segment: the first segment is written, the disk is full before the object's end."""
    log = write_random_log(tmp_path / "logs" / "big.json", 6_000_000, seed=1)
    disk.fill(1_000_000)
    with pytest.raises(StorageError, match=FULL):
        index(log, str(disk.folder / "lake"), 1_000_000)
    assert list((disk.folder / "lake" / "segments").rglob("*.seg")) == []
    assert disk.free_bytes > 900_000


def test_the_command_line_on_a_full_disk(disk: Disk, logs: Path) -> None:
    lake = str(disk.folder / "lake")
    disk.fill(3 * BLOCK_BYTES)
    done = run_cli("index", str(logs), "--into", "web", "--lake", lake)
    assert (done.returncode, done.stdout) == (2, "")
    assert FULL.match(done.stderr.removeprefix("lakebed: ").rstrip("\n")), done.stderr
    disk.make_room()
    done = run_cli("index", str(logs), "--into", "web", "--lake", lake)
    assert done.returncode == 0, done.stderr
    assert check_whole_objects(lake, logs) == FILES


def test_a_read_only_lake_is_searched_but_not_written(disk: Disk, logs: Path) -> None:
    lake = str(disk.folder / "lake")
    first = min(logs.iterdir())
    index(first, lake, 60_000)
    files = sorted(disk.folder.rglob("*"))
    disk.remount("ro")
    assert check_whole_objects(lake, logs) == 1
    index(first, lake, 60_000)  # unchanged: nothing to write
    with pytest.raises(StorageError, match=READ_ONLY):
        index(logs, lake, 60_000)
    done = run_cli("index", str(logs), "--into", "web", "--lake", lake)
    assert (done.returncode, done.stdout) == (2, "")
    assert READ_ONLY.match(done.stderr.removeprefix("lakebed: ").rstrip("\n")), done.stderr
    done = run_cli("search", "user: alice", "--lake", lake, "--limit", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(disk.folder.rglob("*")) == files
    disk.remount("rw")
    index(logs, lake, 60_000)
    assert check_whole_objects(lake, logs) == FILES


def test_a_lake_cannot_be_created_on_a_read_only_disk(disk: Disk, logs: Path) -> None:
    disk.remount("ro")
    lake = disk.folder / "lake"
    with pytest.raises(
        StorageError, match=r"^cannot create 'catalog/[^']+' in folder '[^']+/lake': the folder is read-only$"
    ):
        lakebed.open(lake).index(logs, into="web")
    assert not lake.exists()

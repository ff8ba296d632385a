"""`lakebed maintain`: whole outputs of a round, retention from the command line and from lakebed.toml."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

from lakebed.ingest.raw import pack_lines, put_raw
from lakebed.storage.local import LocalStore
from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path


def make_lake(folder: Path, files: int, index: str = "web") -> None:
    """A lake with as many segments as files."""
    for number in range(files):
        log = write_log(folder / "logs" / f"{index}{number}.json", [event(number, n=number)])
        assert lakebed("index", log, "--into", index, folder=folder, LAKEBED_THREADS="1").returncode == 0


def counts(folder: Path) -> dict[str, int]:
    """Segments of each index."""
    found = [json.loads(line) for line in lakebed("info", folder=folder).stdout.splitlines()]
    return {one["index"]: one["segments"] for one in found}


def test_retention_from_the_command_line_and_a_round_without_work(tmp_path: Path) -> None:
    make_lake(tmp_path, 2)
    make_lake(tmp_path, 1, "dns")
    done = lakebed("maintain", "--retention", "web=1h", "--retention", "dns=forever", folder=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (
        "expired 2 segments\n2 files will be deleted when no reader can need it any more\n",
        "",
        0,
    )
    assert counts(tmp_path) == {"dns": 1}
    again = lakebed("maintain", folder=tmp_path)
    assert (again.stdout, again.stderr, again.returncode) == ("nothing to merge, expire or rewrite\n", "", 0)


def test_a_deletion_is_carried_out(tmp_path: Path) -> None:
    make_lake(tmp_path, 2)
    delete = lakebed("delete", "n: 1", "-i", "web", "--reason", "test", "--yes", folder=tmp_path)
    assert delete.returncode == 0, delete.stderr
    done = lakebed("maintain", folder=tmp_path)
    assert done.stdout == (
        "deletions: 1 segment written anew, 0 B; 1 held nothing that was deleted\n"
        "1 deleted event left the store with the old segments' files\n"
        "1 file will be deleted when no reader can need it any more\n"
    )
    assert counts(tmp_path)["web"] == 1


def test_the_report_as_json(tmp_path: Path) -> None:
    make_lake(tmp_path, 1)
    done = lakebed("maintain", "--json", "--minutes", "5", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "merges": 0,
        "merges_void": 0,
        "segments_merged": 0,
        "bytes_read": 0,
        "bytes_merged": 0,
        "rewrites": 0,
        "bytes_rewritten": 0,
        "segments_marked": 0,
        "deleted_events": 0,
        "expired": 0,
        "raw_deleted": 0,
        "raw_bytes_deleted": 0,
        "garbage": {
            "files_deleted": 0,
            "bytes_deleted": 0,
            "commits_deleted": 0,
            "files_waiting": 0,
            "files_failed": 0,
        },
        "merges_left": 0,
        "sweeps_left": 0,
        "is_stopped": False,
        "errors": [],
    }


def test_the_configuration_counts_for_its_own_lake_only(tmp_path: Path) -> None:
    make_lake(tmp_path, 1)
    file = tmp_path / "lakebed.toml"
    file.write_text('lake = "other"\n\n[indexes.web]\nretention = "1h"\n')
    assert lakebed("maintain", folder=tmp_path).stdout == "nothing to merge, expire or rewrite\n"
    assert counts(tmp_path) == {"web": 1}
    file.write_text('lake = "lake"\n\n[indexes.web]\nretention = "1h"\n')
    assert lakebed("maintain", folder=tmp_path).stdout == ("expired 1 segment\n"), (
        "the look for garbage was a moment ago"
    )
    assert counts(tmp_path) == {}


def test_raw_objects_go_as_their_source_says(tmp_path: Path) -> None:
    """One is old and indexed, one is old, one is new."""
    store = LocalStore(tmp_path / "lake")
    now = time.time()
    old, new = [
        put_raw(store, "app", pack_lines([b'{"n": %d}' % number]), now=now - age_s, token=number)
        for number, age_s in ((0, 7300), (1, 0))
    ]
    os.utime(tmp_path / "lake" / old, (now - 7300,) * 2)
    assert lakebed("index", "lake/raw/app/", "--into", "web", folder=tmp_path).returncode == 0
    waiting = put_raw(store, "app", pack_lines([b'{"n": 2}']), now=now - 7300, token=2)
    os.utime(tmp_path / "lake" / waiting, (now - 7300,) * 2)
    file = tmp_path / "lakebed.toml"
    text = 'lake = "lake"\n[indexes.web]\n[sources.app]\nkind = "receive"\nindex = "web"\ntokens = "env:T"\n'
    file.write_text(text)
    assert lakebed("maintain", folder=tmp_path).stdout == "nothing to merge, expire or rewrite\n"
    size = (tmp_path / "lake" / old).stat().st_size
    file.write_text(text + 'raw_retention = "2h"\n')
    assert lakebed("maintain", folder=tmp_path).stdout == f"deleted 1 raw object that is indexed ({size} B)\n"
    assert [info.key for info in store.list("raw/")] == sorted([waiting, new])
    found = lakebed("search", "*", "--index", "web", folder=tmp_path).stdout.splitlines()
    assert sorted(json.loads(line)["n"] for line in found) == [0, 1]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    done = lakebed("maintain", folder=tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(r"lakebed: no lake at 'file://.*/lake'; `lakebed index` makes one\n", done.stderr)
    make_lake(tmp_path, 1)
    for wrong in ("web", "web=90", "web=0d", "web=1y"):
        done = lakebed("maintain", "--retention", wrong, folder=tmp_path)
        told = f"lakebed: not a retention: '{wrong}'; wanted such as web=90d, web=12h or web=forever\n"
        assert (done.stderr, done.returncode) == (told, 2)
    assert counts(tmp_path) == {"web": 1}


def test_a_damaged_segment_is_told(tmp_path: Path) -> None:
    make_lake(tmp_path, 1)
    lakebed("delete", "n: 0", "-i", "web", "--reason", "test", "--yes", folder=tmp_path)
    (segment,) = (tmp_path / "lake" / "segments" / "web").iterdir()
    segment.write_bytes(bytes(segment.stat().st_size))
    done = lakebed("maintain", folder=tmp_path)
    assert (done.stdout, done.returncode) == ("", 3)
    key = f"segments/web/{segment.name}"
    assert re.fullmatch(
        rf"lakebed: cannot look for deleted events in '{key}': damaged \w+ at offset \d+: "
        rf"checksum does not match \(segment '{key}'\)\n",
        done.stderr,
    )

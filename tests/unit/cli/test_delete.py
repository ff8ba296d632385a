"""`lakebed delete` at a terminal and in scripts, whole outputs."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.logs import event, write_log
from tests.unit.cli.processes import COMMAND, lakebed

if TYPE_CHECKING:
    from pathlib import Path

ASKED = ["delete", "n < 2", "--index", "app", "--reason", "ticket 1"]
QUESTION = "delete 2 events of index 'app' (ticket 1)? They cannot be had back. [y/N] "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log(tmp_path / "app.json", [event(n, n=n) for n in range(5)])
    assert lakebed("index", "app.json", "--into", "app", folder=tmp_path).returncode == 0
    return tmp_path


def left(folder: Path) -> int:
    return len(lakebed("search", "@index=app *", "-o", "jsonl", folder=folder).stdout.splitlines())


def typed(folder: Path, text: str) -> tuple[int, str, str]:
    """Exit code, output and question of the command with someone at a keyboard."""
    main, child = pty.openpty()
    variables = {**os.environ, "LAKEBED_LAKE": str(folder / "lake")}
    command = [*COMMAND, *ASKED]
    with subprocess.Popen(
        command, stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, text=True
    ) as process:
        os.write(main, text.encode())
        output, question = process.communicate(timeout=60)
    os.close(main)
    os.close(child)
    return process.returncode, output, question


def test_it_asks_and_deletes(folder: Path) -> None:
    assert typed(folder, "y\n") == (0, "deleted 2 events of index 'app' (commit 3)\n", QUESTION)
    assert left(folder) == 3


@pytest.mark.parametrize("text", ["n\n", "\n", "yesterday\n"])
def test_whoever_does_not_say_yes_deletes_nothing(folder: Path, text: str) -> None:
    assert typed(folder, text) == (1, "nothing was deleted\n", QUESTION)
    assert left(folder) == 5


def test_a_script_must_say_yes(folder: Path) -> None:
    done = lakebed(*ASKED, folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lakebed: 2 events would be deleted; say --yes to do it without being asked\n"
    done = lakebed(*ASKED, "--yes", "--json", "--by", "alice", folder=folder)
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, len(told.pop("id"))) == (0, "", 16)
    assert told == {"index": "app", "events": 2, "commit": 3}
    assert left(folder) == 3
    audit = lakebed(
        "search", "@index=_audit by: alice | table action, query, reason, events", "-o", "csv", folder=folder
    )
    assert audit.stdout.splitlines() == ["action,query,reason,events", "delete,n < 2,ticket 1,2"]


def test_nothing_that_passes_is_told(folder: Path) -> None:
    done = lakebed("delete", "n > 50", "--index", "app", "--reason", "x", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "no event of index 'app' passes the filter\n", "")


def test_everything_wants_a_word(folder: Path) -> None:
    done = lakebed("delete", "*", "--index", "app", "--reason", "x", "--yes", folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("lakebed: every event passes this filter; say --all (`everything=True`) if that is meant\n")
    done = lakebed("delete", "*", "--all", "--index", "app", "--reason", "x", "--yes", folder=folder)
    assert (done.returncode, done.stdout) == (0, "deleted 5 events of index 'app' (commit 3)\n")
    assert left(folder) == 0

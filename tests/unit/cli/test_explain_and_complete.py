"""`lakebed explain` and `lakebed complete` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain")
    write_log(folder / "web.json", [event(n, user="eve", status=200 + n, note="\x1b[2J") for n in range(20)])
    assert lakebed("index", "web.json", "--into", "web", folder=folder).returncode == 0
    return folder


def test_explain_as_text(folder: Path) -> None:
    done = lakebed("explain", "not not eve | groupbycount(user) | head 3", "-i", "web", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:14] == [
        "query      not not eve | groupbycount(user) | head 3",
        "indexes    web",
        "time       all, newest first",
        "",
        "leaf       beside the data, segment by segment",
        "  filter   eve",
        "           eve   [index: eve]",
        "  terms    pages that hold them, all looked up at once: eve in 1",
        "  gives    groupbycount(user): one mergeable partial a segment",
        "root",
        "  head 3",
        "",
        "what is left            segments        pages       events",
        "  in the lake                  1            1           20",
    ]


def test_explain_as_json_agrees_with_the_cost(folder: Path) -> None:
    told = json.loads(lakebed("explain", "eve status > 210", "-o", "json", folder=folder).stdout)
    done = lakebed("search", "eve status > 210", "--stats", "-o", "jsonl", folder=folder)
    cost = json.loads(done.stderr)["cost"]
    assert told["requests"] == {"least": cost["requests"], "most": cost["requests"]}
    assert told["bytes"] == {"least": cost["bytes_read"], "most": cost["bytes_read"]}
    assert told["stages"] == []
    assert [condition["text"] for condition in told["conditions"]] == ["status > 210", "eve"]


def test_explain_of_a_wrong_query(folder: Path) -> None:
    done = lakebed("explain", "* | cuont", folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('lakebed: unknown stage "cuont": did you mean "count"?')


def test_log_content_cannot_reach_the_terminal(folder: Path) -> None:
    done = lakebed("explain", "note: '\x1b[2J'", folder=folder)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_complete(folder: Path) -> None:
    done = lakebed("complete", "us and x", "--cursor", "2", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()][:2] == [
        {"start": 0, "end": 2, "is_complete": True, "note": ""},
        {"text": "user", "kind": "field", "detail": "text, in 100% of events", "doc": ""},
    ]
    done = lakebed("complete", "user: ", folder=folder)
    assert json.loads(done.stdout.splitlines()[1]) == {"text": "eve", "kind": "value", "detail": "20 events", "doc": ""}
    assert lakebed("complete", "error # x", folder=folder).returncode == 1


def test_warnings_are_in_the_json_of_stats(folder: Path) -> None:
    done = lakebed("search", "usr: eve", "--stats", "-o", "jsonl", folder=folder)
    warning = "no event has the column 'usr'; did you mean 'user'?"
    first, stats = done.stderr.splitlines()
    assert first == f"warning: {warning}"
    assert json.loads(stats)["warnings"] == [warning]


def test_completion_of_the_shell_can_be_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    done = lakebed("--install-completion", "--shell", "bash", folder=folder)
    assert done.returncode == 0
    assert "lakebed" in (folder / ".local/share/bash-completion/completions/lakebed").read_text()

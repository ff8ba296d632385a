"""An answer warns of columns that no event has; without rows it says on a terminal where the events are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed, on_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

WHERE = "the 4 events in 2 indexes are from 2026-01-01T00:00:00 to 2026-01-01T00:00:30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hints")
    write_log(
        folder / "trail.json",
        [
            event(0, eventName="ConsoleLogin", resources=[{"ARN": "arn:1"}]),
            event(30, eventName="CreateUser", user={"name": "eve"}),
        ],
    )
    write_log(folder / "web.json", [event(10, status=500, body_bytes_sent=7), event(20, status=200, rare="x")])
    for name in ("trail", "web"):
        assert lakebed("index", f"{name}.json", "--into", name, folder=folder).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["zzzzz"], [f"nothing found; {WHERE}"]),
        (["*", "--since", "1h"], [f"nothing found: no events in that time; {WHERE}"]),
        (
            ["eventname: CreateUser", "-i", "trail"],
            [
                "nothing found; the 2 events in index 'trail' are from 2026-01-01T00:00:00 to 2026-01-01T00:00:30",
                "warning: no event has the column 'eventname'; did you mean 'eventName'?",
            ],
        ),
        (
            ["resources.ARN: zzz or rare: zzz"],
            [
                f"nothing found; {WHERE}",
                "warning: no event has the column 'resources.ARN'; did you mean 'resources[*].ARN'?",
            ],
        ),
        (["status: 404 and `user.name`: eve"], [f"nothing found; {WHERE}"]),
    ],
)
def test_nothing_found(folder: Path, arguments: list[str], lines: list[str]) -> None:
    assert on_a_terminal(folder, "search", *arguments, width=200).splitlines() == lines
    quiet = lakebed("search", *arguments, folder=folder)
    warnings = [line for line in lines if line.startswith("warning: ")]
    assert (quiet.returncode, quiet.stdout, quiet.stderr.splitlines()) == (1, "", warnings)


def test_an_empty_column_of_an_answer(folder: Path) -> None:
    shown = on_a_terminal(folder, "search", "* | stats sum(bytes) by status", "-i", "web", width=200).splitlines()
    assert shown[-1] == "warning: no event has the column 'bytes'; did you mean 'body_bytes_sent'?"
    shown = on_a_terminal(folder, "search", "* | table(status, rare)", "-i", "web", width=200).splitlines()
    assert len(shown) == 4
    shown = on_a_terminal(folder, "search", "status: 500 | table(status, rare, x)", width=200).splitlines()
    assert shown[3:] == ["warning: no event has the column 'x'"]


def test_what_was_asked_for_comes_first(folder: Path) -> None:
    (line,) = on_a_terminal(folder, "search", "consolelogin", width=200).splitlines()
    assert line.split()[:3] == ["2026-01-01T00:00:00Z", "trail", "eventName=ConsoleLogin"]
    (line,) = on_a_terminal(folder, "search", "`user.name`: e*", width=200).splitlines()
    assert line.split()[2] == "user.name=eve"

"""`lakebed run` and `lakebed ingest` as people and supervisors call them: signals, exit codes, logs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.state import WorkObject, open_state
from tests.lakes import numbers_in
from tests.logs import write_logs
from tests.runners import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakebed.state.state import State

from lakebed.storage.local import LocalStore

MAIN = "from lakebed.cli import main; main()"
SLOW_STOP = """
import time
from pathlib import Path
from lakebed.cli.commands import run
from lakebed.runner.runner import Runner, Stopped
run.SAME_SIGNAL_S = {same_signal_s}
def stop(self, seconds=None):
    while not Path("go").exists():
        time.sleep(0.01)
    return Stopped(0, True)
Runner.stop = stop
"""
"""A stop that takes until there is a file. How soon signals follow each other is not for a busy machine to say."""
CONFIGURATION = """
lake = "lake"
[run]
commit_seconds = 0.1
http = "off"
[indexes.web]
[sources.web]
url = "logs"
index = "web"
list_every = "1s"
"""


class Process:
    """`lakebed run` in a folder; its log lines."""

    def __init__(self, folder: Path, before: str = "") -> None:
        self.log = folder / "run.log"
        command = [sys.executable, "-c", before + MAIN, "run"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def events(self) -> list[dict[str, Any]]:  # Any: JSON
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def wait_for(self, name: str) -> dict[str, Any]:  # Any: JSON
        def found() -> list[dict[str, Any]]:  # Any: JSON
            assert self.process.poll() is None or name == "stopped", self.log.read_text()
            return [one for one in self.events() if one["event"] == name]

        wait_until(lambda: bool(found()), f"the log says {name}")
        return found()[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lakebed.toml").write_text(CONFIGURATION)
    write_logs(tmp_path / "logs", 10, 10)
    return tmp_path


@pytest.fixture
def state(folder: Path) -> Iterator[State]:
    with open_state(str(folder / "lakebed-state.db")) as opened:
        yield opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(folder: Path, number: int) -> None:
    run = Process(folder)
    run.wait_for("indexed")
    wait_until(lambda: sum(one["objects"] for one in run.events() if one["event"] == "indexed") == 10, "all are there")
    told = [one for one in run.events() if one["event"] == "indexed"]
    assert (sum(one["events"] for one in told), told[0]["sources"]) == (100, ["web"])
    run.process.send_signal(number)
    assert run.process.wait(60) == 0
    assert {name: run.wait_for("stopped")[name] for name in ("handed_back", "is_clean")} == {
        "handed_back": 0,
        "is_clean": True,
    }
    assert numbers_in(LocalStore(folder / "lake")) == list(range(100))


def test_a_second_signal_ends_it_at_once(folder: Path) -> None:
    run = Process(folder, SLOW_STOP.format(same_signal_s=0.0))
    run.wait_for("started")
    run.process.terminate()
    run.wait_for("stopping")
    run.process.terminate()
    assert run.process.wait(60) == 130


def test_the_same_signal_twice_is_one(folder: Path) -> None:
    """As from a supervisor that sends it to the group too."""
    run = Process(folder, SLOW_STOP.format(same_signal_s=3600.0))
    run.wait_for("started")
    run.process.terminate()
    run.wait_for("stopping")
    run.process.terminate()
    (folder / "go").touch()
    assert run.process.wait(60) == 0


def lakebed(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", MAIN, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_without_a_configuration(tmp_path: Path) -> None:
    code, out, error = lakebed(tmp_path, "run")
    assert (code, out) == (2, "")
    assert error.startswith("lakebed: no 'lakebed.toml' here and no LAKEBED_CONFIG")


def test_without_sources(tmp_path: Path) -> None:
    (tmp_path / "lakebed.toml").write_text('lake = "lake"\n')
    code, _, error = lakebed(tmp_path, "run")
    assert code == 2
    assert error == "lakebed: no sources in 'lakebed.toml': there is nothing to run\n"


WITHOUT = """
import sys
import time
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "{package}":
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)
sys.meta_path.insert(0, Without())
"""


@pytest.mark.parametrize("package", ["sqlalchemy", "prometheus_client", "structlog", "urllib3"])
def test_without_a_package_it_says_what_to_install(folder: Path, package: str) -> None:
    command = [sys.executable, "-c", WITHOUT.format(package=package) + MAIN, "run"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.endswith(f"wants the package {package}: pip install 'lakebed[server]'\n")
    assert "Traceback" not in done.stderr


def set_aside(state: State, name: str, reason: str) -> None:
    url = f"file:///logs/{name}"
    state.work.offer([WorkObject("web", url, 10, 1, None, "listing", time.time())])
    for claimed in state.work.claim("test", count=10, lease_s=60):
        state.work.failed(claimed.id, "test", reason, tries=1, retry_in_s=0)


def test_what_was_set_aside_is_shown_tried_again_and_dropped(folder: Path, state: State) -> None:
    assert lakebed(folder, "ingest", "status") == (0, "nothing waits\n", "")
    set_aside(state, "a", "it is \x1b[31mred")
    set_aside(state, "b", "broken")
    state.work.offer([WorkObject("web", "file:///logs/c", 10, 1, None, "listing", time.time())])
    code, out, _ = lakebed(folder, "ingest", "status")
    assert code == 3
    lines = out.splitlines()
    assert lines[0].startswith("web: 1 waiting, 0 in work, 2 set aside, the oldest for ")
    assert lines[2] == "set aside, the newest first:"
    assert [line[24:] for line in lines[3:]] == [
        "web  file:///logs/b: broken",
        "web  file:///logs/a: it is \\x1b[31mred",
    ]
    told = json.loads(lakebed(folder, "ingest", "status", "-o", "json")[1])
    assert [one["reason"] for one in told["set_aside"]] == ["broken", "it is \x1b[31mred"]
    assert lakebed(folder, "ingest", "drop")[0] == 2
    assert lakebed(folder, "ingest", "drop", "--url", "file:///logs/b") == (0, "1 object dropped\n", "")
    assert lakebed(folder, "ingest", "retry", "--source", "other") == (1, "0 objects will be tried again\n", "")
    assert lakebed(folder, "ingest", "retry") == (0, "1 object will be tried again\n", "")
    assert state.work.counts()["web"].waiting == 2

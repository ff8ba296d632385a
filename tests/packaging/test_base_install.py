"""An install without the extra `server` indexes, searches and keeps its lake; what needs more says so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.logs import event, write_log

ROOT = Path(__file__).parents[2]
MODULES = {"psycopg[binary]": "psycopg", "prometheus-client": "prometheus_client", "pyyaml": "yaml"}
"""What is imported of a package whose name is another."""

RUN = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

sys.meta_path.insert(0, Missing())
from lakebed.cli import main
main()
"""


def missing_modules() -> set[str]:
    """Of the extra `server`, what is imported."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    names = [one.split(">")[0].split("<")[0].split("=")[0].strip() for one in told]
    return {MODULES.get(name, name.replace("-", ".").split(".")[0]) for name in names}


def lakebed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN.format(missing=missing_modules()), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two events, and a configuration."""
    folder = tmp_path_factory.mktemp("base")
    write_log(folder / "a.json", [event(0, n=1), event(1, n=2)])
    (folder / "lakebed.toml").write_text('lake = "lake"\n[indexes.web]\n[sources.web]\nurl = "logs"\nindex = "web"\n')
    done = lakebed(folder, "index", "a.json", "--into", "web")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "n: 1"),
        ("grep", "n: 1", "a.json"),
        ("info",),
        ("status",),
        ("maintain",),
        ("catalog", "verify"),
        ("config", "check"),
        ("source", "preview", "a.json"),
        ("delete", "n: 7", "--index", "web", "--reason", "test", "--yes"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_works_without(folder: Path, arguments: tuple[str, ...]) -> None:
    done = lakebed(folder, *arguments)
    assert done.returncode in {0, 1}, done.stderr
    assert "lakebed[server]" not in done.stderr


@pytest.mark.parametrize("command", ["run", "receive", "ingest status", "backfill web --from 1d", "pull web"])
def test_what_wants_more_says_so(folder: Path, command: str) -> None:
    done = lakebed(folder, *command.split())
    assert done.returncode == 2
    assert "pip install 'lakebed[server]'" in done.stderr
    assert "Traceback" not in done.stderr

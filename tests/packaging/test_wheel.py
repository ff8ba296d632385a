"""The wheel is all that a user needs: installed into an empty environment, it indexes and searches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# what is built for `make dev` is used again: the same profile, the same folder
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "maturin", "build", "--release", "--locked", "--quiet", "--out", str(out), cwd=ROOT)
    [built] = out.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel in it and nothing of ours around."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", str(folder))
    run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", str(wheel))
    return folder / "bin"


def run(*command: str, cwd: Path | None = None, expected: int = 0) -> subprocess.CompletedProcess[str]:
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LAKEBED", "VIRTUAL"))
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=outside)
    assert done.returncode == expected, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def test_one_wheel_serves_every_python_from_3_11(wheel: Path) -> None:
    name, version, python, abi, _platform = wheel.stem.split("-")
    assert (name, python, abi) == ("lakebed", "cp311", "abi3")
    assert version


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"lakebed"}
    assert {"lakebed/py.typed", "lakebed/_core.pyi"} <= set(names)
    assert {"lakebed/transform/ecs/okta.toml", "lakebed/transform/ocsf/okta.toml"} <= set(names)
    assert [name for name in names if name.endswith(".so")] == ["lakebed/_core.abi3.so"]


def test_an_empty_environment_indexes_and_searches(environment: Path, tmp_path: Path) -> None:
    events = [{"time": f"2026-01-15T10:00:0{n}Z", "user": {"name": f"u{n}"}, "bytes": n} for n in range(5)]
    (tmp_path / "app.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    lakebed = str(environment / "lakebed")

    indexed = run(lakebed, "index", "app.jsonl", "--into", "app", "--output", "json", cwd=tmp_path)
    assert json.loads(indexed.stdout.splitlines()[-1])["events"] == 5

    found = run(lakebed, "search", "user.name: u3", "--output", "jsonl", cwd=tmp_path)
    assert [json.loads(line)["user"] for line in found.stdout.splitlines()] == [{"name": "u3"}]
    run(lakebed, "search", "nobody", cwd=tmp_path, expected=1)


def test_the_python_api_works_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "app.jsonl").write_text('{"time": "2026-01-15T10:00:00Z", "word": "needle"}\n')
    script = (
        "import lakebed; lake = lakebed.open('lake'); lake.index('app.jsonl', into='app'); "
        "print(sum(1 for _ in lake.search('needle')))"
    )
    assert run(str(environment / "python"), "-c", script, cwd=tmp_path).stdout == "1\n"

"""`lakebed config`, the lake that a lakebed.toml names, and sources by their names, as processes."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.processes import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

TOML = """lake = "data/lake"
[indexes.web]
retention = "90d"
[indexes.spare]
[sources.app]
url = "logs"
match = "json"
index = "web"
labels = { env = "prod" }
[sources.clients]
kind = "receive"
index = "web"
tokens = ["env:TOKEN", "file:token"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lakebed.toml").write_text(TOML)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("not this one\n")
    (tmp_path / "logs" / "b.json").write_text('{"time": "2026-01-01T00:00:00", "user": "eve"}\n')
    (tmp_path / "token").write_text("s3cret")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error, in a folder."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("LAKEBED_")}
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env={**variables, "COLUMNS": "100", **environment},
        cwd=folder,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_file_that_is_right(folder: Path) -> None:
    told = (
        "{} is right: 2 sources, 2 indexes, lake {}data/lake\n"
        "note: no source writes into [indexes.spare]\n"
        "note: [sources.clients]: events leave [indexes.web] by its retention; as they came they stay in raw/ for "
        "ever, unless raw_retention is told\n"
        "note: sources are received, and no [receive] says where: only this machine can send\n"
    )
    assert run(folder, "config", "check") == (0, told.format("lakebed.toml", ""), "")
    assert not (folder / "data").exists()
    (folder / "sub").mkdir()
    there = told.format("../lakebed.toml", "../")
    assert run(folder / "sub", "config", "check", "../lakebed.toml") == (0, there, "")
    assert run(folder / "sub", "config", "check", "--config", "../lakebed.toml") == (0, there, "")
    assert run(folder / "sub", "--config=../lakebed.toml", "config", "check") == (0, there, "")
    assert run(folder / "sub", "config", "check", LAKEBED_CONFIG="../lakebed.toml") == (0, there, "")


def test_a_file_that_is_wrong(folder: Path) -> None:
    (folder / "lakebed.toml").write_text(TOML.replace("90d", "3 months").replace("match", "mach"))
    told = (
        'lakebed.toml:3: indexes.web.retention: months differ in length: write days, such as "92d"\n'
        'lakebed.toml:7: sources.app.mach: unknown key: did you mean "match"?\n'
    )
    assert run(folder, "config", "check") == (2, "", told)
    assert run(folder, "config", "check", "--online") == (2, "", told)
    assert run(folder, "source", "preview", "app") == (2, "", f"lakebed: {told}")


def test_no_file(tmp_path: Path) -> None:
    assert run(tmp_path, "config", "check") == (
        2,
        "",
        "lakebed: no 'lakebed.toml' here and no LAKEBED_CONFIG; `lakebed config example > lakebed.toml` begins one\n",
    )
    missing = "lakebed: cannot read 'none.toml': no such file or directory\n"
    assert run(tmp_path, "config", "check", "none.toml") == (2, "", missing)
    assert run(tmp_path, "search", "x", LAKEBED_CONFIG="none.toml") == (2, "", missing)
    assert run(tmp_path, "search", "x", "--config", "none.toml") == (2, "", missing)
    assert run(tmp_path, "search", "x", "--config") == (2, "", "lakebed: --config wants a value\n")


def test_the_example(tmp_path: Path) -> None:
    code, text, _ = run(tmp_path, "config", "example")
    (tmp_path / "lakebed.toml").write_text(text)
    assert (code, run(tmp_path, "config", "check")[0]) == (0, 0)


def test_online(folder: Path) -> None:
    code, out, err = run(folder, "config", "check", "--online", TOKEN="t0ken")
    assert (code, err) == (0, "")
    assert out.splitlines()[4:] == [
        "ok    lake: can be written and read",
        f"ok    source app: can be listed, and has objects such as {(folder / 'logs/b.json').as_uri()}",
        "ok    secrets of clients: are there",
    ]
    assert [path.name for path in (folder / "data").rglob("*") if path.is_file()] == []
    (folder / "logs" / "b.json").unlink()
    (folder / "data" / "lake").rename(folder / "data" / "elsewhere")
    (folder / "data" / "lake").write_text("a file")
    code, out, err = run(folder, "config", "check", "--online")
    assert (code, err) == (3, "")
    lake, source, secrets = out.splitlines()[4:]
    assert lake.startswith("FAIL  lake: ")
    first = (folder / "logs/a.log").as_uri()
    assert source == f'FAIL  source app: can be listed, but "match" takes none of its first 1 objects: {first}, …'
    assert secrets == "FAIL  secrets of clients: the environment variable 'TOKEN' is not set"


def test_commands_use_its_lake(folder: Path) -> None:
    assert run(folder, "index", "logs/b.json", "--into", "web")[0] == 0
    assert (folder / "data" / "lake" / "segments").is_dir()
    found = '{"user":"eve","@q.count":1}\n'
    (folder / "sub").mkdir()
    search = ("search", "eve | groupbycount(user)", "-o", "jsonl")
    assert run(folder, *search) == (0, found, "")
    assert run(folder / "sub", *search, LAKEBED_CONFIG="../lakebed.toml") == (0, found, "")
    assert run(folder / "sub", *search, "--config", "../lakebed.toml", LAKEBED_CONFIG="none") == (0, found, "")
    assert (
        run(folder / "sub", *search)[2]
        == f"lakebed: no lake at '{(folder / 'sub/lake').as_uri()}'; `lakebed index` makes one\n"
    )
    other = f"lakebed: no lake at '{(folder / 'other').as_uri()}'; `lakebed index` makes one\n"
    assert run(folder, *search, LAKEBED_LAKE="other") == (2, "", other)
    assert run(folder, *search, "--lake", "other", LAKEBED_LAKE="data/lake") == (2, "", other)


def test_what_else_is_wrong_keeps_nobody_from_searching(folder: Path) -> None:
    assert run(folder, "index", "logs/b.json", "--into", "web")[0] == 0
    (folder / "lakebed.toml").write_text('lake = "data/lake"\n[sources]\nx = 1\n')
    assert run(folder, "search", "eve")[0] == 0
    (folder / "lakebed.toml").write_text("lake = 1\n[sources]\nx = 1\n")
    assert run(folder, "search", "eve") == (2, "", "lakebed: lakebed.toml:1: lake: wanted a text, found 1\n")


def test_a_source_by_its_name(folder: Path) -> None:
    code, out, err = run(folder, "source", "preview", "app", "-o", "json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["url"], told["objects"]) == ((folder / "logs/b.json").as_uri(), 1)
    event = {"time": "2026-01-01T00:00:00", "user": "eve", "labels": {"env": "prod"}}
    assert (told["events"][0]["event"], told["events"][0]["metadata"]["@lb.time"]) == (event, "2026-01-01T00:00:00Z")
    out = run(folder, "source", "preview", "app", "-o", "json", "--zone", "+02:00", "--format", "text")[1]
    told = json.loads(out)
    assert told["format"] == "text"
    assert told["events"][0]["event"]["labels"] == {"env": "prod"}


def test_what_was_received_by_its_name(folder: Path) -> None:
    raw = folder / "data/lake/raw/clients/2026/01/01/00"
    raw.mkdir(parents=True)
    (raw / "20260101T000000.000-0123456789abcdef.ndjson").write_text('{"user": "bob"}\n')
    code, out, _ = run(folder, "source", "preview", "clients", "-o", "json")
    assert (code, json.loads(out)["events"][0]["event"]) == (0, {"user": "bob"})


def test_names_and_paths(folder: Path) -> None:
    (folder / "app").write_text('{"user": "file"}\n')
    assert "eve" in run(folder, "source", "preview", "app")[1]
    assert '"user":"file"' in run(folder, "source", "preview", "./app")[1]
    assert run(folder, "source", "preview", "apps") == (
        2,
        "",
        "lakebed: no file or folder 'apps', and no source of this name in 'lakebed.toml': did you mean \"app\"?\n",
    )
    assert run(folder, "source", "preview", "logs")[0] == 0
    (folder / "lakebed.toml").write_text("lake =")
    assert run(folder, "source", "preview", "logs")[0] == 0
    assert run(folder, "source", "preview", "apps") == (2, "", "lakebed: lakebed.toml:1: not TOML: invalid value\n")

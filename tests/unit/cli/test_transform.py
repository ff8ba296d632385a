"""`--transform` of all commands that read a source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path

LOG = """{"time": "2026-01-01T00:00:00Z", "user": "eve", "src": "10.0.0.7", "log": "{}"}
{"time": "2026-01-01T00:00:01Z", "user": "bob", "src": "192.0.2.1", "log": "no json"}
{"time": "2026-01-01T00:00:02Z", "user": "root"}
"""
TOML = """
[[step]]
parse_json = "log"
[[step]]
discard = 'user = "root"'
[[step]]
drop = ["log", "log_json", "time"]
"""
FIRST = {"user": "eve", "src": "10.0.0.7"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.log").write_text(LOG)
    (tmp_path / "t.toml").write_text(TOML)
    (tmp_path / "assets.csv").write_text("ip,owner\n10.0.0.7,it\n")
    (tmp_path / "look.toml").write_text('[[step]]\nlookup = "owners"\non = "src"\n')
    (tmp_path / "bad.txt").write_text("192.0.2.1\nwhat\n")
    (tmp_path / "threats.toml").write_text('[[step]]\nthreats = "bad.txt"\non = "src"\n')
    return tmp_path


def test_parse(folder: Path) -> None:
    done = lakebed("parse", "a.log", "--transform", "t.toml", folder=folder)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [FIRST, {"user": "bob", "src": "192.0.2.1"}]
    assert done.stderr == (
        "lakebed: a.log: 1 event could not be transformed and stayed as it came, see `@lb.parse_error`\n"
        "lakebed: a.log: 1 event left out by the transform\n"
    )
    assert done.returncode == 0


def test_index_tells_what_was_not_transformed_and_what_left_out(folder: Path) -> None:
    done = lakebed("index", "a.log", "--into", "app", "--transform", "t.toml", folder=folder)
    assert (done.stderr, done.returncode) == ("", 0)
    url = (folder / "a.log").as_uri()
    assert done.stdout.splitlines()[1:] == [
        f"1 event could not be transformed and stayed as it came, see `@lb.parse_error`, such as in {url}",
        "1 event left out by the transform",
    ]
    found = lakebed("search", "@lb.parse_error: transform | table(user, @lb.parse_error)", "-o", "jsonl", folder=folder)
    told = json.loads(found.stdout)
    assert (told["user"], told["@lb.parse_error"]) == ("bob", "transform: step 1 (parse_json): the field is not JSON")
    totals = json.loads(
        lakebed("index", "a.log", "--into", "b", "--transform", "t.toml", "-o", "json", folder=folder).stdout
    )
    assert (totals["events"], totals["transform_errors"], totals["discarded"]) == (2, 1, 1)


def test_index_without_a_transform_says_nothing_of_it(folder: Path) -> None:
    done = lakebed("index", "a.log", "--into", "app", folder=folder)
    assert len(done.stdout.splitlines()) == 1


def test_preview_warns(folder: Path) -> None:
    done = lakebed("source", "preview", "a.log", "--transform", "t.toml", folder=folder)
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("  warning")] == [
        "  warning      1 event kept as it came: the transform cannot work with it, `@lb.parse_error` says why",
        "  warning      1 event left out by the transform",
    ]
    assert json.dumps(FIRST, separators=(",", ":")) in lines
    told = json.loads(
        lakebed("source", "preview", "a.log", "--transform", "t.toml", "-o", "json", folder=folder).stdout
    )
    assert (told["events_seen"], told["transform_errors"], told["discarded"]) == (2, 1, 1)


def test_grep_searches_what_became_of_events(folder: Path) -> None:
    query = "user: eve not time: *"
    assert lakebed("grep", query, "a.log", folder=folder).stdout == ""
    done = lakebed("grep", query, "a.log", "--transform", "t.toml", folder=folder)
    assert (done.stdout, done.returncode) == (LOG.splitlines(keepends=True)[0], 0)
    (row,) = lakebed("grep", query, "a.log", "--transform", "t.toml", "-o", "jsonl", folder=folder).stdout.splitlines()
    assert {key: value for key, value in json.loads(row).items() if not key.startswith("@lb.")} == FIRST


def test_index_looks_up_in_tables_of_the_lake(folder: Path) -> None:
    done = lakebed("index", "a.log", "--into", "app", "--transform", "look.toml", folder=folder)
    assert done.returncode == 2
    assert done.stderr == (
        "lakebed: 'look.toml', line 1, step 1, \"lookup\": no file 'owners', and no lookup table 'owners' in this "
        "lake; it has none yet: `lakebed lookup add` adds one\n"
    )
    lakebed("lookup", "add", "owners", "assets.csv", folder=folder)
    assert lakebed("index", "a.log", "--into", "app", "--transform", "look.toml", folder=folder).returncode == 0
    (first, *_) = lakebed("parse", "a.log", "--transform", "look.toml", folder=folder).stdout.splitlines()
    assert json.loads(first)["owners"] == {"owner": "it"}
    found = lakebed("search", "owners.owner: it | table(user)", "-o", "csv", folder=folder).stdout
    assert found.split() == ["user", "eve"]


def test_notes_are_told(folder: Path) -> None:
    done = lakebed("parse", "a.log", "--transform", "threats.toml", folder=folder)
    assert done.stderr == (
        "note: 'threats.toml', line 1, step 1, \"threats\": 'bad.txt': 1 text left out, no address, domain, URL, hash "
        'or mail address, such as "what" in line 2\n'
    )
    assert json.loads(done.stdout.splitlines()[1])["@ecs"]["threat"]["enrichments"][0]["feed"] == {"name": "bad"}


def test_several_and_built_in_ones(folder: Path) -> None:
    done = lakebed("parse", "a.log", "--transform", "ecs", "--transform", "threats.toml", folder=folder)
    assert [sorted(json.loads(line)) for line in done.stdout.splitlines()] == [
        ["log", "src", "time", "user"],
        ["@ecs", "log", "src", "time", "user"],
        ["time", "user"],
    ]


@pytest.mark.parametrize("command", ["parse", "grep", "index", "preview"])
def test_what_is_wrong_with_a_transform_is_told_with_its_place(folder: Path, command: str) -> None:
    (folder / "wrong.toml").write_text("[[step]]\nset = { a = 'string.lowr(b)' }\n")
    words = {"grep": ["grep", "*"], "preview": ["source", "preview"]}.get(command, [command])
    into = ["--into", "app"] if command == "index" else []
    done = lakebed(*words, "a.log", *into, "--transform", "wrong.toml", folder=folder)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr == (
        'lakebed: \'wrong.toml\', line 1, step 1, "set", "a": unknown function "string.lowr": did you mean '
        '"string.lower"?\n  line 1, column 1\n  string.lowr(b)\n  ^^^^^^^^^^^\n'
    )
    missing = lakebed(*words, "a.log", *into, "--transform", "esc", folder=folder)
    assert missing.stderr == "lakebed: no transform 'esc': did you mean \"ecs\"?\n"

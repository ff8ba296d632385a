"""`lakebed lookup`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path


def test_lookup(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,word\n1,one\n2,two\n")
    assert lakebed("lookup", "list", folder=tmp_path).returncode == 1
    added = lakebed("lookup", "add", "words", "t.csv", folder=tmp_path)
    assert (added.stdout, added.returncode) == ("words.csv: 2 rows; columns: n, word\n", 0), added.stderr
    (listed,) = map(json.loads, lakebed("lookup", "list", folder=tmp_path).stdout.splitlines())
    assert (listed["name"], listed["bytes"]) == ("words.csv", 19)
    shown = lakebed("lookup", "show", "words", "-n", "1", folder=tmp_path)
    assert shown.stdout == '{"n":1,"word":"one"}\n'
    assert lakebed("lookup", "show", "words", "-o", "table", folder=tmp_path).stdout.splitlines()[0] == "n  word"
    assert lakebed("lookup", "remove", "words", folder=tmp_path).returncode == 0
    missing = lakebed("lookup", "remove", "words", folder=tmp_path)
    assert missing.returncode == 2
    assert "no lookup table 'words' in this lake; it has none yet" in missing.stderr


def test_lookup_help(tmp_path: Path) -> None:
    assert "lookup" in lakebed("--help", folder=tmp_path).stdout
    told = lakebed("lookup", "--help", folder=tmp_path).stdout
    assert "add" in told
    assert "lakebed lookup add assets ./assets.csv" in told

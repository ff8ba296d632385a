"""`lakebed parse` and `lakebed source preview` as processes: what they print, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.processes import COMMAND, lakebed

if TYPE_CHECKING:
    from pathlib import Path

FLOW = "2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 5000 1768435246 1768435305 ACCEPT OK\n"
EVENT = {
    "version": 2,
    "account_id": "123456789012",
    "interface_id": "eni-0",
    "srcaddr": "10.0.0.1",
    "dstaddr": "10.0.0.2",
    "srcport": 40000,
    "dstport": 443,
    "protocol": 6,
    "packets": 10,
    "bytes": 5000,
    "start": 1768435246,
    "end": 1768435305,
    "action": "ACCEPT",
    "log_status": "OK",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.log").write_text(FLOW + "garbage \x1b[2J\n")
    (tmp_path / "app.json").write_text('{"time": "2026-01-01T00:00:00Z", "n": 1.50}\n')
    return tmp_path


def test_parse_prints_events(folder: Path) -> None:
    done = lakebed("parse", "flow.log", "app.json", folder=folder)
    assert done.returncode == 0
    first, second, third = done.stdout.splitlines()
    assert (json.loads(first), json.loads(second)) == (EVENT, {"message": "garbage \x1b[2J"})
    assert third == '{"time":"2026-01-01T00:00:00Z","n":1.50}'
    assert done.stderr == "lakebed: flow.log: 1 line could not be parsed and became `message`\n"


def test_parse_tells_how_events_were_read(folder: Path) -> None:
    done = lakebed("parse", "flow.log", "-m", "--source-type", "vpc", folder=folder)
    first, second = map(json.loads, done.stdout.splitlines())
    metadata = {"@lb.time": "2026-01-15T00:00:46Z", "@lb.source_type": "vpc", "@lb.record": 0}
    assert {name: first[name] for name in metadata} == metadata
    assert (second["@lb.parse_error"], second["@lb.time_source"]) == (
        "number of fields is not that of the header",
        "previous",
    )


def test_parse_reads_what_is_piped_in() -> None:
    done = subprocess.run([*COMMAND, "parse"], input=b'{"a": 1}\n', capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{"a":1}\n', b"")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.log"], 2, "lakebed: none.log: no such file or directory\n"),
        (["app.json", "none.log"], 3, "lakebed: none.log: no such file or directory\n"),
        (["app.json", "--format", "nope"], 2, "lakebed: unknown format 'nope', known: "),
        (["empty"], 1, ""),
        (["cut.gz"], 3, "lakebed: cut.gz: damaged at byte 3: ends in the middle of a gzip member\n"),
    ],
)
def test_parse_says_what_is_wrong(folder: Path, arguments: list[str], code: int, message: str) -> None:
    (folder / "empty").write_text("")
    (folder / "cut.gz").write_bytes(b"\x1f\x8b\x08")
    done = lakebed("parse", *arguments, folder=folder)
    assert (done.returncode, done.stderr[: len(message) or None]) == (code, message)


def test_a_source_is_shown_to_people(folder: Path) -> None:
    done = lakebed("source", "preview", "flow.log", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:8] == [
        f"{(folder / 'flow.log').as_uri()}, the first of 1 object with events",
        "  format       vpcflow: a header of VPC flow fields, or lines of the 14 default fields",
        "  source type  aws:vpcflow",
        "  compression  none",
        "  events       2 in all 104 B",
        lines[5],
        "  warning      1 line kept as `message`: they could not be parsed",
        "  warning      1 event without a time: that of the event before is taken",
    ]
    assert "  dstport        50%  number    443" in lines
    assert "\x1b" not in done.stdout
    assert json.loads(lines[-4]) == EVENT


def test_a_source_is_shown_to_programs(folder: Path) -> None:
    done = lakebed("source", "preview", "app.json", "-o", "json", folder=folder)
    told = json.loads(done.stdout, parse_float=str)
    assert (told["format"], told["events_seen"], told["events"][0]["event"]["n"]) == ("json", 1, "1.50")
    assert told["fields"][0] == {"name": "n", "coverage": "1.0", "types": "number", "values": ["1.50"]}


def test_a_source_that_is_not_there(folder: Path) -> None:
    done = lakebed("source", "preview", "none", folder=folder)
    assert (done.returncode, done.stderr) == (2, "lakebed: no such file or folder: 'none'\n")
    (folder / "empty").mkdir()
    done = lakebed("source", "preview", "empty", folder=folder)
    assert (done.returncode, done.stderr) == (2, "lakebed: nothing to look at: no file or object at 'empty'\n")

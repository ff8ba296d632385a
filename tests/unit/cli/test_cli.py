"""The command line as a process: exit codes, streams, formats, and hostile log lines on a terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.logs import event, write_log, write_logs
from tests.unit.cli.processes import COMMAND, lakebed, on_a_terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_logs(tmp_path / "logs", 4, 50)
    done = lakebed("index", "logs", "--into", "web", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path


def test_index_tells_its_totals(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 4, 50)
    first = lakebed("index", "logs", "--into", "web", "--output", "json", folder=tmp_path)
    totals = json.loads(first.stdout)
    assert first.stdout.count("\n") == 1
    assert (totals["index"], totals["objects_indexed"], totals["events"]) == ("web", 4, 200)
    again = lakebed("index", "logs", "--into", "web", folder=tmp_path)
    assert again.stdout.startswith("indexed 0 objects, 0 events, 0 B raw, 0 B in 0 segments into 'web' in ")
    assert again.stdout.endswith("objects: 4 unchanged\n")


def test_index_takes_the_lake_from_an_option_or_beside_the_caller(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 1, 5)
    lakebed("index", "logs/*", "--into", "web", "--lake", str(tmp_path / "other"), folder=tmp_path)
    assert (tmp_path / "other" / "catalog").is_dir()
    lakebed("index", "logs", "--into", "web", folder=tmp_path, LAKEBED_LAKE="")
    assert (tmp_path / "lake" / "catalog").is_dir()


def test_a_damaged_object_is_named_and_changes_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00")
    done = lakebed("index", "cut.gz", "--into", "web", folder=tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith(f"damaged: {(tmp_path / 'cut.gz').as_uri()} at byte ")
    assert done.stderr.endswith("; what precedes is indexed\n")


def test_json_lines_hold_the_event_and_where_it_is_from(folder: Path) -> None:
    done = lakebed("search", "n: 105", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(row)[:4] == ["@lb.time", "@index", "@lb.object", "@lb.record"]
    assert (row["@index"], row["@lb.object"], row["@lb.record"]) == ("web", (folder / "logs/0002.json").as_uri(), 5)
    assert (row["n"], row["file"]) == (105, 2)


def test_order_limit_and_time(folder: Path) -> None:
    def times(*options: str) -> list[str]:
        return [
            json.loads(line)["@lb.time"] for line in lakebed("search", "*", *options, folder=folder).stdout.splitlines()
        ]

    everything = times()
    assert len(everything) == 200
    assert everything == sorted(everything, reverse=True)
    assert times("--oldest-first") == everything[::-1]
    assert times("--limit", "3") == everything[:3]
    assert times("--limit", "0") == everything
    assert times("--until", "2026-01-01T00:02:00Z") == [one for one in everything if one < "2026-01-01T00:02:00"]
    assert times("--since", "1h") == []


def test_csv(folder: Path) -> None:
    done = lakebed("search", "n: 105 | table(n, user, nothing)", "--output", "csv", folder=folder)
    table = list(csv.reader(io.StringIO(done.stdout)))
    assert table[0] == ["n", "user", "nothing"]
    assert (table[1][0], table[1][2], len(table)) == ("105", "", 2)
    whole = list(csv.DictReader(io.StringIO(lakebed("search", "n: 105", "--output", "csv", folder=folder).stdout)))
    assert list(whole[0]) == ["@lb.time", "@index", "@lb.object", "@lb.record", "event"]
    assert json.loads(whole[0]["event"])["n"] == 105


def test_a_table(folder: Path) -> None:
    done = lakebed("search", "* | groupbycount(file)", "--output", "table", folder=folder)
    assert done.stdout.splitlines()[:2] == ["file  @q.count", "----  --------"]
    assert sorted(done.stdout.splitlines()[2:]) == [f"   {number}        50" for number in range(4)]


def test_exit_codes(folder: Path) -> None:
    assert lakebed("search", "user: alice", folder=folder).returncode == 0
    nothing = lakebed("search", "zzzzz", folder=folder)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (1, "", "")
    wrong = lakebed("search", "user: alice |", folder=folder)
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[1:3] == ["  line 1, column 14", "  user: alice |"]
    assert "Traceback" not in wrong.stderr
    option = lakebed("search", "*", "--limt", "3", folder=folder)
    assert (option.returncode, option.stderr) == (
        2,
        "lakebed: Unknown option: --limt. Did you mean --limit?\nsee `lakebed search --help`\n",
    )
    none = lakebed("search", "*", "--lake", "nowhere", folder=folder)
    assert (none.returncode, none.stderr) == (
        2,
        f"lakebed: no lake at '{(folder / 'nowhere').as_uri()}'; `lakebed index` makes one\n",
    )


def test_partial_answers(folder: Path) -> None:
    victim = min((folder / "lake/segments").rglob("*.seg"))
    victim.write_bytes(b"\x55" * victim.stat().st_size)
    whole = lakebed("search", "*", folder=folder)
    assert (whole.returncode, "Traceback" in whole.stderr) == (2, False)
    assert victim.name in whole.stderr
    partial = lakebed("search", "*", "--partial", folder=folder)
    assert partial.returncode == 3
    assert partial.stderr.startswith("missing: ")
    assert victim.name in partial.stderr


def test_stats_go_to_standard_error(folder: Path) -> None:
    done = lakebed("search", "n: 105", "--stats", folder=folder)
    cost = json.loads(done.stderr)["cost"]
    assert (cost["rows"], cost["events_matched"], cost["is_partial"]) == (1, 1, False)
    text = lakebed("search", "n: 105", "--stats", "--output", "table", folder=folder).stderr
    assert text.startswith("1 row in ")
    assert "segments: " in text


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    variables = {**os.environ, "LAKEBED_LAKE": str(folder / "lake")}
    with subprocess.Popen(
        [*COMMAND, "search", "*"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


INTERRUPTED = """
import itertools, os, signal, sys, time
from lakebed.cli import program
from lakebed.ingest.worker import IndexWorker

index = IndexWorker.index
turns = itertools.count()
def slowly(self, source):
    index(self, source)
    if next(turns) == 0:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)
IndexWorker.index = slowly
sys.exit(program.run(sys.argv[1:]))
"""


def test_an_interrupt_is_130_and_keeps_what_is_finished(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 200, 10)
    command = [sys.executable, "-c", INTERRUPTED, "index", "logs", "--into", "web", "--lake", "lake"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    found = lakebed("search", "*", folder=tmp_path).stdout.splitlines()
    assert 0 < len(found) < 2000
    assert len(found) % 10 == 0


HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202etxt.exe\u202c \x9b31m a\nb\tc \u200bhidden"


def test_a_hostile_line_cannot_reach_the_terminal(tmp_path: Path) -> None:
    write_log(tmp_path / "bad.json", [event(1, v=HOSTILE, **{"k\x1b[1m": 1})])
    lakebed("index", "bad.json", "--into", "web", folder=tmp_path)
    for query in ["*", "* | table(v)"]:
        shown = on_a_terminal(tmp_path, "search", query, width=400)
        assert [one for one in shown if not one.isprintable() and one != "\n"] == []
        assert r"\x1b[2J\x1b]0;owned\x07 \u202etxt.exe\u202c \x9b31m a\nb\tc \u200bhidden" in shown
    raw = lakebed("search", "*", folder=tmp_path)
    assert json.loads(raw.stdout)["v"] == HOSTILE


def test_on_a_terminal_lines_fit_and_stop(folder: Path) -> None:
    shown = on_a_terminal(folder, "search", "*", width=60).splitlines()
    assert len(shown) == 101
    assert max(len(line) for line in shown) <= 60
    assert shown[0].startswith("2026-01-01T00:")
    assert shown[-1] == "stopped after 100 rows; --limit 0 shows all"
    table = on_a_terminal(folder, "search", "* | table(@lb.time, user, pad)", width=50).splitlines()
    assert max(len(line) for line in table) <= 50
    assert table[0].split() == ["@lb.time", "user", "pad"]


def test_help_lists_the_commands(tmp_path: Path) -> None:
    done = lakebed("--help", folder=tmp_path)
    assert done.returncode == 0
    assert "Index logs into a lake; creates the lake if there is none." in done.stdout
    assert "Search a lake, newest events first." in done.stdout
    assert "Exit codes: 0 found, 1 nothing, 2 error, 3 partial" in lakebed("search", "--help", folder=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search"], "QUERY is missing\nsee `lakebed search --help`"),
        (
            ["search", "failed", "password"],
            "what is 'password'? One argument is wanted: put quotes around all of it\nsee `lakebed search --help`",
        ),
        (["search", "*", "--limit"], "--limit wants a value\nsee `lakebed search --help`"),
        (["search", "*", "--limit", "-3"], "not a limit: -3; wanted a number of rows from 0, or none for all"),
        (["index", "logs"], "--into is missing\nsee `lakebed index --help`"),
        (["serch"], 'Unknown command "serch". Did you mean "search"? Available commands: '),
    ],
)
def test_slips(folder: Path, arguments: list[str], message: str) -> None:
    done = lakebed(*arguments, folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"lakebed: {message}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written(folder: Path) -> None:
    for arguments in (["search", "*"], ["search", "*", "-o", "csv"], ["search", "*", "-o", "table"], ["--help"]):
        with Path("/dev/full").open("w") as full:
            command = [*COMMAND, *arguments]
            variables = {**os.environ, "LAKEBED_LAKE": str(folder / "lake")}
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=variables)
        assert done.returncode == 2
        assert done.stderr == "lakebed: cannot write the answer: no space left on device\n"


def test_info(folder: Path) -> None:
    write_log(folder / "more.json", [event(1, n=1)])
    lakebed("index", "more.json", "--into", "app", folder=folder)
    done = lakebed("info", folder=folder)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["index"], row["events"], row["earliest"][:10]) for row in rows] == [
        ("app", 1, "2026-01-01"),
        ("web", 200, "2026-01-01"),
    ]
    assert rows[0]["earliest"] == rows[0]["latest"] == "2026-01-01T00:00:01Z"
    assert lakebed("info", "-o", "csv", folder=folder).stdout.splitlines()[0] == (
        "index,events,earliest,latest,raw_bytes,stored_bytes,segments,damaged_objects"
    )
    none = lakebed("info", "--lake", "nowhere", folder=folder)
    assert (none.returncode, none.stderr.endswith("`lakebed index` makes one\n")) == (2, True)


def test_index_tells_what_an_investigator_must_know(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text("Apr 20 13:51:02 host sshd: one\nApr 20 13:51:03 host sshd: two\n")
    write_log(tmp_path / "logs/b.json", [event(1, n=1), {"n": 2}])
    with (tmp_path / "logs/b.json").open("a") as file:
        file.write("not json\n")
    shown = lakebed("index", "logs", "--into", "web", folder=tmp_path, LAKEBED_THREADS="1").stdout.splitlines()
    assert shown[1:] == [
        "formats: 1 json, 1 syslog",
        "no time in 2 events: that of the event before is taken",
        "no year in the times of 2 events: the last possible one is taken",
        f"1 line could not be parsed and became `message`, such as in {(tmp_path / 'logs/b.json').as_uri()}",
    ]


def test_index_tells_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"time": "2026-01-01T00:00:03Z", "v": "\xff and \xfe"}\n')
    shown = lakebed("index", "a.json", "--into", "web", folder=tmp_path).stdout.splitlines()
    assert shown[1:] == ["2 byte sequences that are no UTF-8 became characters of Windows-1252"]


def test_index_tells_which_times_are_not_sure(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2023-07-10 13:45:07 one\n2023-07-10T11:45:08Z two\n")
    shown = lakebed("index", "a.log", "--into", "web", folder=tmp_path).stdout.splitlines()
    assert shown[1:] == [
        "formats: 1 text",
        "no zone in the times of 1 event: UTC is taken; --zone names another",
    ]
    found = lakebed("search", "@lb.time_source: assumed | groupbycount(@lb.time_source, message)", folder=tmp_path)
    assert [json.loads(line) for line in found.stdout.splitlines()] == [
        {"@lb.time_source": "format, zone assumed", "message": "2023-07-10 13:45:07 one", "@q.count": 1}
    ]


@pytest.mark.parametrize(
    ("options", "times"),
    [
        (["--zone", "Europe/Berlin"], ["2023-07-10T11:45:07Z", "2023-07-10T11:45:08Z"]),
        (["--zone", "-05:30", "--time", "none"], ["2023-07-10T19:15:07Z", "2023-07-10T11:45:08Z"]),
        (["--time", "~at ([0-9]+)"], ["1970-01-01T00:00:05Z", "2023-07-10T11:45:08Z"]),
        (["--time", "message~on (.*)$"], ["2023-07-10T13:45:07Z", "2020-02-29T00:00:00Z"]),
        (["--time-field", "message"], ["2023-07-10T13:45:07Z", "2023-07-10T11:45:08Z"]),
    ],
)
def test_a_source_says_where_its_times_are(tmp_path: Path, options: list[str], times: list[str]) -> None:
    (tmp_path / "a.log").write_text("2023-07-10 13:45:07 at 5\n2023-07-10T11:45:08Z on 2020-02-29\n")
    done = lakebed("index", "a.log", "--into", "web", *options, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    query = "* | sort(@lb.record) | table(@lb.time)"
    for found in (
        lakebed("search", query, folder=tmp_path),
        lakebed("grep", query, "a.log", *options, folder=tmp_path),
    ):
        assert [json.loads(line)["@lb.time"] for line in found.stdout.splitlines()] == times


def test_a_field_in_a_format(tmp_path: Path) -> None:
    write_log(tmp_path / "a.json", [{"when": "10.07.23 13:45", "n": 1}, {"when": "soon", "time": "2020-01-01", "n": 2}])
    options = ["--time", "when%d.%m.%y %H:%M", "--time-field", "time", "--zone", "Europe/Berlin"]
    query = "* | table(@lb.time, @lb.time_source)"
    found = lakebed("grep", query, "a.json", *options, folder=tmp_path).stdout.splitlines()
    rows = [json.loads(line) for line in found]
    assert [(row["@lb.time"], row["@lb.time_source"]) for row in rows] == [
        ("2023-07-10T11:45:00Z", "field when"),
        ("2019-12-31T23:00:00Z", "field time"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--zone", "Mars/Olympus"],
            "unknown time zone 'Mars/Olympus'; wanted a name such as 'Europe/Berlin', or an offset such as '+02:00'\n",
        ),
        (
            ["--time", "a~b"],
            "rule 1 for the event time: the regular expression has no group; wanted one group, which holds the time\n",
        ),
        (
            ["--time", "a", "--time", "a~(b)(c)"],
            "rule 2 for the event time: the regular expression has 2 groups; wanted one group, which holds the time\n",
        ),
        (["--time", "a%d.%Q"], "rule 1 for the event time: unknown directive '%Q' in a time format\n"),
        (
            ["--time", "a%H:%M"],
            (
                "rule 1 for the event time: the time format tells no day; wanted a month and a day, a day of the year "
                "(%j), or %s\n"
            ),
        ),
        (
            ["--time", "%F"],
            "not a rule for the event time: '%F'; wanted FIELD, FIELD%FORMAT, FIELD~REGEX or ~REGEX\n",
        ),
    ],
)
def test_rules_for_times_that_mean_nothing(tmp_path: Path, options: list[str], message: str) -> None:
    (tmp_path / "a.log").write_text("x\n")
    for command in (["index", "a.log", "--into", "web"], ["grep", "x", "a.log"]):
        done = lakebed(*command, *options, folder=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"lakebed: {message}")

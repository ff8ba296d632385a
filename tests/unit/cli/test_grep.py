"""`lakebed grep` as a process: files, pipes, exit codes, what a terminal shows, and what cannot be read."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.logs import event, write_log, write_logs
from tests.unit.cli.processes import COMMAND, lakebed, on_a_terminal

FORMATS = Path(__file__).parents[2] / "formats"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_logs(tmp_path / "logs", 4, 50)
    return tmp_path


def grep(*arguments: str | Path, folder: Path) -> tuple[int, str, str]:
    done = lakebed("grep", *arguments, folder=folder)
    return done.returncode, done.stdout, done.stderr


def test_records_come_as_they_stand_in_their_files(folder: Path) -> None:
    second = gzip.decompress((folder / "logs/0001.json.gz").read_bytes()).decode().splitlines()
    code, out, err = grep("n = 60 or n = 70.0", "logs", folder=folder)
    assert (code, out, err) == (0, f"{second[10]}\n{second[20]}\n", "")


def test_files_folders_and_globs_keep_their_order(folder: Path) -> None:
    expected = [0, 50, 100, 150]
    every = "n = 0 or n = 50 or n = 100 or n = 150"
    for paths in (["logs"], ["logs/*"], ["**/*.js*"], sorted(map(str, (folder / "logs").iterdir())), []):
        _, out, _ = grep(every, *paths, folder=folder) if paths else grep(every, ".", folder=folder)
        assert [json.loads(line)["n"] for line in out.splitlines()] == expected
    _, out, _ = grep(every, "logs/0003.json.gz", "logs/0000.json", folder=folder)
    assert [json.loads(line)["n"] for line in out.splitlines()] == [150, 0]


@pytest.mark.parametrize("arguments", [[], ["-"], ["-", "--limit", "0"]])
def test_standard_input(folder: Path, arguments: list[str]) -> None:
    data = (folder / "logs/0001.json.gz").read_bytes()
    done = subprocess.run(
        [*COMMAND, "grep", "n: 60", *arguments], input=data, capture_output=True, cwd=folder, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["n"] == 60


def test_a_slow_pipe_is_answered_while_it_is_open(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "grep", "user: alice"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(b'{"user": "bob"}\n{"user": "alice", "n": %d}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["n"] == number
        process.stdin.close()
        assert process.wait(30) == 0


def test_counts_and_names(folder: Path) -> None:
    write_log(folder / "logs/none.json", [event(0, user="nobody")])
    code, out, _ = grep("-c", "user: alice or n < 60", "logs", folder=folder)
    counts = dict(line.rsplit(":", 1) for line in out.splitlines())
    assert (code, list(counts)) == (0, ["logs/0000.json", "logs/0001.json.gz", "logs/0002.json", "logs/0003.json.gz"])
    assert counts["logs/0000.json"] == "50"
    assert grep("-c", "n < 60", "logs/0001.json.gz", folder=folder) == (0, "10\n", "")
    assert grep("-c", "nobody", "logs/0001.json.gz", folder=folder) == (1, "0\n", "")
    assert grep("-l", "n = 60 or nobody", "logs", folder=folder) == (0, "logs/0001.json.gz\nlogs/none.json\n", "")
    assert grep("-l", "n = 1000", "logs", folder=folder) == (1, "", "")


def test_limits_and_heads_take_the_first(folder: Path) -> None:
    for arguments in (["-n", "3", "*"], ["* | head 3"], ["-n", "7", "* | head 3"], ["-n", "3", "* | head 7"]):
        _, out, _ = grep(*arguments, "logs", folder=folder)
        assert [json.loads(line)["n"] for line in out.splitlines()] == [0, 1, 2]
    _, out, _ = grep("n >= 49 | head 2 | table(n)", "-o", "csv", "logs", folder=folder)
    assert out == "n\n49\n50\n"


def test_stages_answer_as_search_does(folder: Path) -> None:
    lakebed("index", "logs", "--into", "web", folder=folder)
    for query in (
        "* | groupbycount(user)",
        "n > 20 | stats count(), max(n), min(@lb.time) by user, file",
        "alice or bob | count",
        "user: x* | countdistinct(n)",
    ):
        searched = lakebed("search", query, folder=folder)
        assert grep(query, "logs", folder=folder) == (searched.returncode, searched.stdout, searched.stderr)
        table = lakebed("search", "-o", "table", query, folder=folder).stdout
        assert grep("-o", "table", query, "logs", folder=folder)[1] == table


def test_rows_say_where_they_are_from(folder: Path) -> None:
    _, out, _ = grep("-o", "jsonl", "n = 60", "logs", folder=folder)
    row = json.loads(out)
    assert list(row)[:3] == ["@lb.time", "@lb.object", "@lb.record"]
    assert (row["@lb.object"], row["@lb.record"]) == ((folder / "logs/0001.json.gz").as_uri(), 10)
    _, out, _ = grep("-o", "csv", "n = 60", "logs", folder=folder)
    assert out.splitlines()[0] == "@lb.time,@index,@lb.object,@lb.record,event"


def test_event_times(folder: Path) -> None:
    write_log(folder / "t.json", [event(second, n=second) for second in range(10)])
    _, out, _ = grep("--since", "2026-01-01T00:00:03Z", "--until", "2026-01-01T00:00:05Z", "*", "t.json", folder=folder)
    assert [json.loads(line)["n"] for line in out.splitlines()] == [3, 4]


def test_every_format_and_records_of_several_lines(tmp_path: Path) -> None:
    code, out, _ = grep("-c", "*", FORMATS, folder=tmp_path)
    found = {Path(line.rsplit(":", 1)[0]).name for line in out.splitlines()}
    assert code == 0
    assert {"combined.log", "header.log", "plain.log", "pretty.log", "records.log"} <= found
    _, out, _ = grep("*", FORMATS / "json/pretty.log", folder=tmp_path)
    assert out == '{"a":{"b":true}}\n{"a":[]}\n'


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(folder: Path) -> None:
    whole = (folder / "logs/0001.json.gz").read_bytes()
    (folder / "logs/0001.json.gz").write_bytes(whole[:-200])
    (folder / "logs/program").write_bytes(b"\x7fELF\x00\x00 alice")
    code, out, err = grep("n = 0 or n = 50 or n = 100", "missing", "logs", "no*thing", folder=folder)
    assert code == 3
    assert [json.loads(line)["n"] for line in out.splitlines()] == [0, 50, 100]
    told = sorted(err.splitlines())
    assert told[0].startswith("lakebed: logs/0001.json.gz: damaged at byte ")
    assert told[1:] == [
        "lakebed: logs/program: no text, left out",
        "lakebed: missing: no such file or directory",
        "lakebed: no*thing: nothing matches",
    ]
    assert grep("alice", "missing", folder=folder)[0] == 2
    code, out, err = grep("-c", "--text", "alice", "logs/program", folder=folder)
    assert (code, out, err) == (0, "1\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user: ("], "lakebed: expected a value"),
        (["@index=web alice"], "lakebed: files have no index: leave @index out of the query"),
        (["-c", "* | count"], "lakebed: this query gives a table: leave --count"),
        (["--format", "xml", "alice"], "lakebed: unknown format 'xml', known: json, "),
        (["-o", "xml", "alice"], "lakebed: "),
    ],
)
def test_slips(folder: Path, arguments: list[str], message: str) -> None:
    code, out, err = grep(*arguments, "logs", folder=folder)
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    write_logs(folder / "many", 20, 2000)
    with subprocess.Popen(
        [*COMMAND, "grep", "*", "many"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_an_interrupt_is_130(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "grep", "alice"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b'{"user": "alice"}\n')
        process.stdin.flush()
        assert process.stdout.readline()  # so it runs
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


def test_a_hostile_record_cannot_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil.log").write_text("\x1b[2Jgone \u202eerror\nplain Error\n")
    shown = on_a_terminal(tmp_path, "grep", "error", str(tmp_path / "evil.log"))
    red = "\x1b[1;31m", "\x1b[0m"
    assert shown == f"\\x1b[2Jgone \\u202e{'error'.join(red)}\nplain {'Error'.join(red)}\n"
    piped = lakebed("grep", "error", "evil.log", folder=tmp_path)
    assert piped.stdout == "\x1b[2Jgone \u202eerror\nplain Error\n"


def test_names_are_shown_for_several_files_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text("an error\nmore\n")
    (tmp_path / "a.log").rename(tmp_path / "a\x1b.log")
    monkeypatch.chdir(tmp_path)
    assert on_a_terminal(tmp_path, "grep", "error", "a\x1b.log", "b.log") == "a\\x1b.log:an error\nb.log:an error\n"
    assert on_a_terminal(tmp_path, "grep", "-I", "error", ".") == "an error\nan error\n"
    assert on_a_terminal(tmp_path, "grep", "error", "b.log") == "an error\n"
    assert lakebed("grep", "error", "b.log", ".", folder=tmp_path).stdout == "an error\n" * 3
    assert lakebed("grep", "-H", "error", "b.log", folder=tmp_path).stdout == "b.log:an error\n"


def test_it_starts_without_what_it_does_not_need(folder: Path) -> None:
    code = (
        "import sys; from lakebed.cli.program import run; "
        "run(['grep', 'n = 5', 'logs']); print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True)
    loaded = set(done.stderr.split())
    assert done.stdout.count("\n") == 1
    heavy = {"obstore", "pyarrow", "asyncio", "lakebed.api", "lakebed.catalog.catalog", "rich.console"}
    assert not loaded & heavy, loaded & heavy


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8-sig"])
def test_text_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    lines = ["2023-07-10T11:45:07Z the first line is ASCII", "2023-07-10T11:45:08Z Jürgen Groß, 10 €"]
    (tmp_path / "a.log").write_bytes("\n".join([*lines, ""]).encode(encoding))
    for query in ("jürgen", "groß", '"10 €"', "message ~ /J.rgen/", "@lb.time >= 2023-07-10T11:45:08Z"):
        assert grep(query, "a.log", folder=tmp_path) == (0, lines[1] + "\n", ""), query
    assert grep("nobody", "a.log", folder=tmp_path) == (1, "", "")
    assert grep("* | count()", "a.log", "-o", "jsonl", folder=tmp_path)[1] == '{"@q.count":2}\n'

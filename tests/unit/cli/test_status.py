"""How a lake is: its indexes, and what became of its source objects, whole outputs."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

import lakebed as api
from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import Damage, Flaws
from lakebed.catalog.status import IndexStatus, ObjectProblems, lake_status
from lakebed.errors import NotFoundError
from tests.lakes import SECOND, segment, source
from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed, on_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-29T03:50:13Z"
TIME = re.compile(r"20(?!26-01-01)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def timeless(text: str) -> str:
    """The text with one time in place of those at which it was indexed; events are of the first of January."""
    return TIME.sub(NOW, text)


def without_size(text: str) -> str:
    """The text with x for the stored sizes, of one width."""
    return re.sub(r"\d+ B +0\.\d+", "x", text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with every problem that indexing finds, and one without."""
    folder = tmp_path_factory.mktemp("status")
    logs = folder / "logs"
    write_log(logs / "good.json", [event(0, n=1), event(1, n=2)])
    write_log(logs / "bad.json", [event(2, n=3)])
    with (logs / "bad.json").open("a") as file:
        file.write("not json\nnor this\n")
    (logs / "bytes.json").write_bytes(b'{"time": "2026-01-01T00:00:03Z", "v": "\xff and \xfe"}\n')
    line = b'{"time": "2026-01-01T00:00:04Z"}\n'
    (logs / "cut.json.gz").write_bytes(gzip.compress(line * 2)[:-9])
    members = io.BytesIO()
    with zipfile.ZipFile(members, "w") as archive:
        archive.writestr("a.json", line)
        archive.writestr("b.bin", b"\0\1\2" * 100)
    (logs / "some.zip").write_bytes(members.getvalue())
    write_log(folder / "app.json", [event(9, n=1)])
    for what, index in (("logs", "web"), ("app.json", "app")):
        assert lakebed("index", what, "--into", index, folder=folder, LAKEBED_THREADS="1").returncode in {0, 3}
    return folder


def test_people_see_indexes_and_problems(folder: Path) -> None:
    done = lakebed("status", folder=folder)
    url, cut = (folder / "logs").as_uri(), (folder / "logs/cut.json.gz").stat().st_size
    damage = f"is damaged at byte {cut}: ends in the middle of a gzip member"
    objects = [
        f"web                 2             0                0  {url}/bad.json",
        f"web                 0             0                1  {url}/some.zip",
        f"web                 0             2                0  {url}/bytes.json",
        f"web                 0             0                0  {url}/cut.json.gz {damage}",
    ]
    assert (done.returncode, done.stderr) == (0, "")
    assert without_size(timeless(done.stdout)).splitlines() == [
        f"{(folder / 'lake').as_uri()}: 10 events in 2 indexes",
        "index  events  objects  segments  raw    stored  ratio  newest event          indexed",
        "-----  ------  -------  --------  -----  ------  -----  --------------------  --------------------",
        f"app         1        1         1  {raw(folder, 'app')}  x  2026-01-01T00:00:09Z  {NOW}",
        f"web         9        5         1  {raw(folder, 'web')}  x  2026-01-01T00:00:04Z  {NOW}",
        "",
        "4 objects with problems, 1 of them damaged",
        "index  unparsed_lines  invalid_utf8  skipped_members  object",
        "-----  --------------  ------------  ---------------  " + "-" * len(objects[3][54:]),
        *objects,
    ]


def raw(folder: Path, index: str) -> str:
    """The uncompressed size of an index as it is shown."""
    (found,) = (one for one in api.open(folder / "lake").info() if one.index == index)
    return f"{found.raw_bytes} B".ljust(5)


def test_programs_get_all_of_it(folder: Path) -> None:
    done = lakebed("status", folder / "lake", "--json", folder=folder, LAKEBED_LAKE="elsewhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert lakebed("status", "--lake", folder / "lake", "-o", "json", folder=folder).stdout == done.stdout
    told = json.loads(done.stdout)
    web = (folder / "logs").as_uri()
    clean = {"unparsed_lines": 0, "invalid_utf8": 0, "skipped_members": 0, "transform_errors": 0, "discarded": 0}
    whole = {"damage_offset": None, "damage": ""}
    cut = {
        "damage_offset": (folder / "logs/cut.json.gz").stat().st_size,
        "damage": "ends in the middle of a gzip member",
    }
    assert told["problems"] == [
        {"index": "web", "object": f"{web}/bad.json", **clean, "unparsed_lines": 2, **whole},
        {"index": "web", "object": f"{web}/some.zip", **clean, "skipped_members": 1, **whole},
        {"index": "web", "object": f"{web}/bytes.json", **clean, "invalid_utf8": 2, **whole},
        {"index": "web", "object": f"{web}/cut.json.gz", **clean, **cut},
    ]
    infos = {one.index: one for one in api.open(folder / "lake").info()}
    assert [one.pop("indexed")[:2] for one in told["indexes"]] == ["20", "20"]
    assert told["indexes"] == [
        {
            "index": name,
            "events": events,
            "objects": objects,
            "segments": 1,
            "raw_bytes": infos[name].raw_bytes,
            "stored_bytes": infos[name].stored_bytes,
            "ratio": round(infos[name].raw_bytes / infos[name].stored_bytes, 2),
            "earliest": earliest,
            "latest": latest,
        }
        for name, events, objects, earliest, latest in (
            ("app", 1, 1, "2026-01-01T00:00:09Z", "2026-01-01T00:00:09Z"),
            ("web", 9, 5, "2026-01-01T00:00:00Z", "2026-01-01T00:00:04Z"),
        )
    ]
    assert {name: told[name] for name in told if name not in {"indexes", "problems"}} == {
        "lake": (folder / "lake").as_uri(),
        "commit": 3,
        "has_all_problems": True,
    }


def test_unparsed_lines_are_found_by_their_reason(folder: Path) -> None:
    found = lakebed("search", "@lb.parse_error: * | table(@lb.object, message)", folder=folder)
    bad = (folder / "logs/bad.json").as_uri()
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert sorted((row["@lb.object"], row["message"]) for row in rows) == [(bad, "nor this"), (bad, "not json")]


def test_an_object_that_is_indexed_anew_is_off_the_list(tmp_path: Path) -> None:
    path = write_log(tmp_path / "a.json", [event(0, n=1)])
    path.write_text(path.read_text() + "not json\n")
    lake = api.open(tmp_path / "lake")
    lake.index(path, into="web")
    assert lake.status().problems == (ObjectProblems("web", path.as_uri(), 1, 0, 0, 0, 0, None, ""),)
    write_log(path, [event(0, n=1)])
    lake.index(path, into="web")
    assert lake.status().problems == ()
    done = lakebed("status", folder=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (0, ["", "no object has problems"])


def test_what_a_transform_could_not_change_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("[[step]]\nsplit = \"r\"\n[[step]]\nkeep = 'n != 3'\n")
    write_log(tmp_path / "logs/bad.json", [event(0, n=1, r=[1, 2]), event(1, n=2, r="no list"), event(2, n=3)])
    write_log(tmp_path / "logs/good.json", [event(3, n=3), event(4, n=4)])
    done = lakebed("index", "logs", "--into", "web", "--transform", "t.toml", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    bad = (tmp_path / "logs/bad.json").as_uri()
    assert api.open(tmp_path / "lake").status().problems == (ObjectProblems("web", bad, 0, 0, 0, 1, 1, None, ""),)
    assert lakebed("status", folder=tmp_path).stdout.splitlines()[-4:] == [
        "1 object with problems",
        "index  transform_errors  discarded  object",
        f"-----  ----------------  ---------  {'-' * len(bad)}",
        f"web                   1          1  {bad}",
    ]


def test_a_lake_without_events_and_none_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_bytes(b"")
    lakebed("index", "empty.log", "--into", "web", folder=tmp_path)
    done = lakebed("status", folder=tmp_path)
    lake = (tmp_path / "lake").as_uri()
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{lake}: 0 events in 0 indexes\n\nno object has problems\n",
        "",
    )
    none = lakebed("status", "nowhere", folder=tmp_path)
    message = f"no lake at '{(tmp_path / 'nowhere').as_uri()}'; `lakebed index` makes one"
    assert (none.returncode, none.stdout, none.stderr) == (2, "", f"lakebed: {message}\n")
    with pytest.raises(NotFoundError, match=r"no lake at .*nowhere"):
        api.open(tmp_path / "nowhere").status()


def test_the_worst_are_shown_and_all_are_told(tmp_path: Path) -> None:
    for number in range(25):
        path = write_log(tmp_path / f"logs/{number:02}.json", [event(0, n=1)])
        path.write_text(path.read_text() + "x\n" * (number + 1))
    lakebed("index", "logs", "--into", "web", folder=tmp_path)
    shown = lakebed("status", folder=tmp_path).stdout.splitlines()[5:]
    url = (tmp_path / "logs").as_uri()
    assert shown == [
        "25 objects with problems",
        "index  unparsed_lines  object",
        f"-----  --------------  {'-' * len(url)}--------",
        *(f"web    {count:14}  {url}/{count - 1:02}.json" for count in range(25, 5, -1)),
        "… and 5 more objects; --json tells all",
    ]
    problems = json.loads(lakebed("status", "--json", folder=tmp_path).stdout)["problems"]
    assert [one["unparsed_lines"] for one in problems] == list(range(25, 0, -1))


def test_hostile_names_and_reasons_cannot_reach_the_terminal(tmp_path: Path) -> None:
    lake = api.open(tmp_path / "lake")
    catalog = lake._opened()
    catalog.open_for_writing()
    new = segment(1)
    hostile = "\x1b[2J\u202e"
    record = source(f"s3://a/{hostile}", ((new.key, 0),), damage=Damage(1234, f"in '{hostile}'"), flaws=Flaws(7))
    catalog.commit(Changes("index", [new], [record]))
    shown = on_a_terminal(tmp_path, "status", width=40)
    assert [one for one in shown if not one.isprintable() and one != "\n"] == []
    assert shown.splitlines()[-1] == (
        r"web                 7  s3://a/\x1b[2J\u202e is damaged at byte 1,234: in '\x1b[2J\u202e'"
    )


def test_what_the_catalog_does_not_remember_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "FLAWED_OBJECTS_KEPT", 1)
    catalog = api.open(tmp_path / "lake")._opened()
    catalog.open_for_writing()
    one, two = segment(2, times=(1, 5)), segment(1, index="audit")
    records = [
        source("a", ((one.key, 0),), flaws=Flaws(invalid_utf8=1)),
        source("b", ((one.key, 1),), flaws=Flaws(transform_errors=2), discarded=3),
        source("c", ((two.key, 0),), index="audit"),
    ]
    catalog.commit(Changes("index", [one, two], records))
    found = lake_status("s3://lake", catalog.state)
    created = 1_767_225_600 * SECOND
    assert (found.lake, found.commit, found.has_all_problems) == ("s3://lake", 2, False)
    assert found.problems == (ObjectProblems("web", "b", 0, 0, 0, 2, 3, None, ""),)
    assert found.indexes == (
        IndexStatus("audit", 10, 1, 1, 1000, 300, 3.33, 0, 10 * SECOND, created),
        IndexStatus("web", 20, 2, 1, 1000, 300, 3.33, SECOND, 5 * SECOND, created),
    )

"""Both roads open objects alike: what is indexed from them is what `lakebed grep` finds in them, event by event."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cramjam
import fastavro
import lz4.frame
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.errors import StorageError, TransientStorageError
from lakebed.ingest.opening.front import Opening
from lakebed.ingest.run import index_source
from lakebed.ingest.settings import SourceSettings
from lakebed.ingest.worker import IndexSettings
from lakebed.storage.local import LocalStore
from tests.opened import opened, pieces_of, tarred, zipped
from tests.unit.cli.processes import COMMAND
from tests.unit.ingest.test_opening_windows import LOGON, SERVICE

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

ROWS = [{"time": f"2026-01-02T03:04:{n % 60:02d}Z", "n": n, "user": f"user{n % 5}"} for n in range(200)]
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
TEXT = b"plain line alice\nplain line bob\n"


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file, row_group_size=70)
    return file.getvalue()


def avro() -> bytes:
    file = io.BytesIO()
    fields = [{"name": "time", "type": "string"}, {"name": "n", "type": "long"}, {"name": "user", "type": "string"}]
    fastavro.writer(file, {"type": "record", "name": "Row", "fields": fields}, ROWS)
    return file.getvalue()


ENGINES_OWN = {"plain.json": (LINES, 200), "packed.json.gz": (gzip.compress(LINES), 200), "empty.log": (b"", 0)}
OBJECTS: dict[str, tuple[bytes, int]] = {
    **ENGINES_OWN,
    "a.json.bz2": (bz2.compress(LINES), 200),
    "a.json.xz": (lzma.compress(LINES), 200),
    "a.json.lz4": (lz4.frame.compress(LINES), 200),
    "a.json.sz": (bytes(cramjam.snappy.compress(LINES)), 200),
    "wrong-extension.txt": (bz2.compress(LINES), 200),
    "logs.zip": (zipped([("a.json", LINES), ("b.log", TEXT), ("c.gz", gzip.compress(LINES)), ("d.json", LINES)]), 602),
    "logs.tar": (tarred([("b.log", TEXT), ("a.json", LINES), ("e.log", b"")]), 202),
    "logs.tar.gz": (gzip.compress(tarred([("b.log", TEXT), ("a.json", LINES)])), 202),
    "logs.tar.zst": (bytes(cramjam.zstd.compress(tarred([("a.json", LINES), ("b.log", TEXT)]))), 202),
    "nested.zip": (
        zipped([("in.zip", zipped([("a.json", LINES)])), ("x.parquet", parquet()), ("w.xml", LOGON.encode())]),
        401,
    ),
    "rows.parquet": (parquet(), 200),
    "rows.avro": (avro(), 200),
    "events.xml": (f"{LOGON}\n{SERVICE}\n{LOGON}".encode(), 3),
    "events.xml.gz": (gzip.compress(f"<Events>{LOGON}{SERVICE}</Events>".encode()), 2),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for name, (data, _) in OBJECTS.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def lake(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> lakebed.Lake:
    lake = lakebed.open(tmp_path_factory.mktemp("lake"))
    totals = lake.index(folder, into="all")
    assert (totals.objects_indexed, totals.damaged, totals.failed) == (len(OBJECTS), [], [])
    assert totals.events == sum(count for _, count in OBJECTS.values())
    assert totals.formats == {"avro": 1, "json": 10, "parquet": 1, "text": 3, "windows-xml": 2}
    return lake


def table(rows: Any) -> list[dict[str, Any]]:  # Any: rows of a table
    return sorted((dict(row) for row in rows), key=repr)


def test_counts_per_object(lake: lakebed.Lake, folder: Path) -> None:
    expected = {(folder / name).as_uri(): count for name, (_, count) in OBJECTS.items() if count}
    query = "* | groupbycount(@lb.object) | head 100"
    for rows in (lake.search(query), lakebed.grep(query, str(folder))):
        assert {row["@lb.object"]: row["@q.count"] for row in table(rows)} == expected


@pytest.mark.parametrize(
    "query",
    [
        "*",
        "alice",
        "user: user3",
        "n > 100",
        "Channel: Security",
        "Data[*]: BITS",
        "not user: *",
        "message: '*bob*'",
        "@lb.record > 250",
    ],
)
def test_the_same_rows(lake: lakebed.Lake, folder: Path, query: str) -> None:
    def rows(found: Any) -> list[tuple[Any, ...]]:  # Any: rows of events
        return sorted((row.object, row.record, row.time_ns, json.dumps(row.event)) for row in found)

    expected = rows(lake.search(f"{query} | head 100000"))
    assert expected
    assert rows(lakebed.grep(query, str(folder))) == expected


def test_the_same_types_and_times(lake: lakebed.Lake, folder: Path) -> None:
    query = "* | stats count() by @lb.object, @lb.source_type, @lb.time_source | head 1000"
    found = table(lake.search(query))
    assert table(lakebed.grep(query, str(folder))) == found
    types = {row["@lb.source_type"] for row in found}
    assert types >= {"avro", "parquet", "windows:security", "windows:system", "json", "text"}
    times = {row["@lb.time_source"] for row in found if row["@lb.source_type"] in {"avro", "windows:security"}}
    assert times == {"field time", "field TimeCreated"}


def grep(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, "grep", *arguments], capture_output=True)


def test_records_are_shown_with_their_members(folder: Path) -> None:
    done = grep("-H", "plain bob", str(folder / "logs.zip"), str(folder / "logs.tar.gz"))
    assert done.stdout.decode().splitlines() == [
        f"{folder}/logs.zip!b.log:plain line bob",
        f"{folder}/logs.tar.gz!b.log:plain line bob",
    ]
    assert (done.returncode, done.stderr) == (0, b"")
    assert grep("-c", "user3", str(folder / "logs.zip")).stdout == b"120\n"
    assert grep("-n", "3", "line", str(folder / "logs.zip"), str(folder / "logs.tar")).stdout.count(b"\n") == 3


def test_standard_input_is_opened_too() -> None:
    done = subprocess.run([*COMMAND, "grep", "plain bob"], input=zipped([("b.log", TEXT)]), capture_output=True)
    assert (done.stdout, done.stderr) == (b"plain line bob\n", b"")


def test_what_is_left_out_or_damaged_is_told(tmp_path: Path) -> None:
    image = ("i.png", b"\x89PNG\0\0" * 100)
    (tmp_path / "a.zip").write_bytes(zipped([image, ("b.log", TEXT)]))
    packed = bz2.compress(LINES * 20)
    (tmp_path / "cut.bz2").write_bytes(packed[:-30])
    totals = lakebed.open(tmp_path / "lake").index(tmp_path / "*.*", into="x")
    uri = (tmp_path / "a.zip").as_uri()
    assert [(one.url, one.reason) for one in totals.skipped] == [(f"{uri}!i.png", "no text, left out")]
    assert totals.skipped_members == 1
    assert [(one.url, one.reason) for one in totals.damaged] == [
        ((tmp_path / "cut.bz2").as_uri(), "ends in the middle of a bzip2 stream")
    ]
    done = grep("bob", str(tmp_path / "a.zip"), str(tmp_path / "cut.bz2"))
    assert sorted(done.stderr.decode().splitlines()) == [
        f"lakebed: {tmp_path}/a.zip!i.png: no text, left out",
        f"lakebed: {tmp_path}/cut.bz2: damaged at byte {len(packed) - 30}: ends in the middle of a bzip2 stream",
    ]
    assert done.returncode == 3
    index = [*COMMAND, "index", str(tmp_path / "a.zip"), "--into", "y"]
    shown = subprocess.run([*index, "--lake", str(tmp_path / "lake2")], capture_output=True, text=True)
    assert f"1 member of archives left out, such as {uri}!i.png: no text, left out" in shown.stdout


def test_binary_members_are_searched_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped([("i.bin", b"\0\0 secret\n"), ("b.log", TEXT)]))
    assert grep("secret", str(tmp_path / "a.zip")).returncode == 1
    assert b"secret" in grep("-a", "secret", str(tmp_path / "a.zip")).stdout


def read_all(opening: Opening) -> None:
    for member in opening.members():
        for _ in member.chunks:
            pass


@pytest.mark.parametrize("name", sorted(OBJECTS))
@pytest.mark.parametrize("kind", [TransientStorageError, StorageError, RuntimeError])
def test_a_store_that_fails_is_no_damage(name: str, kind: type[Exception]) -> None:
    data = OBJECTS[name][0]
    error = kind("made-up: the store did not answer")

    def chunks() -> Iterator[bytes]:
        yield data[: len(data) // 2]
        raise error

    opening = Opening(chunks(), SourceSettings())
    with pytest.raises(kind) as caught:
        read_all(opening)
    assert caught.value is error
    assert opening.findings.damages == []


def test_an_object_is_cut_between_segments_in_its_members(tmp_path: Path, folder: Path) -> None:
    store = LocalStore(tmp_path / "lake")
    totals = index_source(store, Catalog(store), str(folder), IndexSettings("all", segment_bytes=2000), workers=2)
    assert totals.events == sum(count for _, count in OBJECTS.values())
    found = lakebed.open(tmp_path / "lake").search("* | groupbycount(@lb.object) | head 100")
    expected = {(folder / name).as_uri(): count for name, (_, count) in OBJECTS.items() if count}
    assert {row["@lb.object"]: row["@q.count"] for row in table(found)} == expected


def test_objects_that_the_engine_reads_load_no_library(tmp_path: Path, folder: Path) -> None:
    names = [str(folder / name) for name in ENGINES_OWN]
    prefix = "lakebed.ingest.opening."
    code = f"""
import sys, lakebed
assert len(list(lakebed.grep("*", {names!r}))) == 400
print(sorted(name for name in sys.modules if name.startswith({prefix!r})))
lakebed.open({str(tmp_path / "lake")!r}).index({names[0]!r}, into="x")
opened = {{"bz2", "lzma", "tarfile", "cramjam", "lz4", "evtx", "fastavro", "pyarrow", "xml"}}
print(sorted(opened & set(sys.modules)), sorted(name for name in sys.modules if name.startswith({prefix!r})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        f"['{prefix}magic']",
        f"[] ['{prefix}front', '{prefix}magic', '{prefix}reader']",
    ], done.stderr


def test_an_unopened_object_reads_as_before() -> None:
    assert opened(LINES)[0] == [("", LINES)]


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_random_damage_ends_in_words(name: str, rng: random.Random) -> None:
    """Whatever the bytes are: no exception, and what is wrong is told where a text of ours was changed."""
    data = OBJECTS[name][0]
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(rng.choice([1, 1, 3, 30])):
            if damaged:
                place = rng.randrange(len(damaged))
                change = rng.choice(["flip", "remove", "double", "cut"])
                if change == "flip":
                    damaged[place] = rng.randrange(256)
                elif change == "remove":
                    del damaged[place : place + rng.randrange(20)]
                elif change == "double":
                    damaged[place:place] = damaged[place : place + rng.randrange(200)]
                else:
                    del damaged[len(damaged) - rng.randrange(20) :]
        opening = Opening(pieces_of(bytes(damaged), rng.choice([1, 100, 1 << 20])), SourceSettings())
        read_all(opening)
        assert all(0 <= one.offset <= len(damaged) and one.reason for one in opening.findings.damages)

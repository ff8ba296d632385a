"""Commits come back as they were, and cost few bytes for each source object."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.catalog.commit import FORMAT_VERSION, CommitFile, commit_key
from lakebed.catalog.commit_lines import decode_commit, encode_commit
from lakebed.catalog.entries import (
    Damage,
    Deletion,
    Flaws,
    Move,
    NewSegment,
    SourceRecord,
    segment_key,
    source_digest,
    source_version,
)
from lakebed.catalog.packed import pack
from lakebed.catalog.source_run import KnownSource, encode_run, store_run
from lakebed.catalog.sources import known_from_record
from lakebed.errors import CatalogError

OBJECTS = 4000
BYTES_PER_OBJECT = 40
INT64 = st.integers(-(2**63), 2**63 - 1)
COUNT = st.just(0) | st.integers(0, 2**40)
KEYS = [segment_key(index, "20260101T000000", number) for index in ("web", "audit") for number in range(3)]

segments = st.builds(
    NewSegment,
    st.sampled_from(KEYS),
    st.integers(0, 2**40),
    st.integers(0, 2**60),
    st.integers(0, 2**40),
    st.integers(0, 2**20),
    INT64,
    INT64,
    st.integers(0, 100),
    st.binary(max_size=40),
    st.lists(st.integers(0, 99), max_size=3).map(tuple),
    COUNT,
)
numbers = st.lists(st.integers(0, 99), max_size=3).map(tuple)
moves = st.builds(Move, st.sampled_from(KEYS), st.sampled_from(KEYS), st.integers(0, 99), numbers)
deletions = st.builds(
    Deletion,
    st.just(7),
    st.text(),
    st.sampled_from(["web", "audit"]),
    st.text(),
    st.sampled_from([b'{"op":"all","of":[]}', b'{"op":"any","of":[1.50]}']),
    st.none() | INT64,
    st.none() | INT64,
    st.text(),
    st.text(),
    st.just(1_000),
    st.integers(1, 9),
)
records = st.builds(
    SourceRecord,
    st.sampled_from(["web", "audit"]),
    st.text(st.sampled_from("ab/%é ")),
    st.integers(0, 2**60),
    INT64,
    st.binary(min_size=8, max_size=8),
    st.integers(0, 2**40),
    st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 3)), max_size=3).map(tuple),
    st.none() | st.builds(Damage, st.integers(0, 2**40), st.text()),
    st.builds(Flaws, COUNT, COUNT, COUNT, COUNT),
    COUNT,
)
commits = st.builds(
    CommitFile,
    st.just(FORMAT_VERSION),
    st.just(7),
    st.text(),
    st.text(),
    st.just(1_000),
    st.text(),
    st.lists(segments, unique_by=lambda one: one.key, max_size=3).map(tuple),
    st.lists(st.sampled_from(KEYS), max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(KEYS), st.lists(st.integers(0, 99), max_size=3).map(tuple), max_size=2),
    st.lists(records, max_size=6).map(tuple),
    st.lists(moves, max_size=2).map(tuple),
    st.lists(deletions, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 99), max_size=2),
)


@given(commits)
def test_a_commit_comes_back(commit: CommitFile) -> None:
    found = decode_commit(encode_commit(commit), commit_key(7))
    by_index = tuple(sorted(commit.sources, key=lambda one: [r.index for r in commit.sources].index(one.index)))
    assert found == msgspec.structs.replace(commit, sources=by_index)


def cloudtrail(kind: str) -> tuple[NewSegment, list[SourceRecord]]:
    """A segment of many small objects, named and dated as CloudTrail's are, in a bucket or in a folder."""
    chance = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    key = segment_key("cloudtrail", "20260101T000000", chance.getrandbits(64))
    found: list[SourceRecord] = []
    for number in range(OBJECTS):
        day, minute = divmod(number * 3, 1440)
        region = chance.choice(["us-east-1", "eu-central-1", "ap-southeast-2"])
        name = f"123456789012_CloudTrail_{region}_202601{day + 1:02}T{minute // 60:02}{minute % 60 // 5 * 5:02}Z_"
        tail = "".join(chance.choices(letters, k=16))
        folder = "s3://my-logs" if kind == "bucket" else "file:///var/log/aws"
        url = f"{folder}/AWSLogs/123456789012/CloudTrail/{region}/2026/01/{day + 1:02}/{name}{tail}.json.gz"
        second = 1_767_225_600 + number * 180 + chance.randrange(200)
        modified_ns = second * 10**9 + (0 if kind == "bucket" else chance.randrange(10**9))
        size = chance.randrange(500, 20_000)
        etag = f'"{chance.getrandbits(128):032x}"' if kind == "bucket" else None
        version = source_version(size, modified_ns, etag)
        found.append(
            SourceRecord("cloudtrail", url, size, modified_ns, version, chance.randrange(40), ((key, number),))
        )
    address = chance.randbytes(1000)
    return NewSegment(key, 60_000, 90_000_000, 6_000_000, 30, 0, 10**18, OBJECTS, address), found


@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_small_objects_cost_few_bytes_in_a_commit(kind: str) -> None:
    new, found = cloudtrail(kind)
    commit = CommitFile(FORMAT_VERSION, 2, "w" * 32, "t" * 32, 10**18, "index", (new,), sources=tuple(found))
    stored = encode_commit(commit)
    assert len(stored) <= OBJECTS * BYTES_PER_OBJECT
    assert decode_commit(stored, commit_key(2)) == commit


@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_small_objects_cost_few_bytes_in_a_checkpoint(kind: str) -> None:
    _, found = cloudtrail(kind)
    known: dict[bytes, KnownSource] = {source_digest(one.index, one.url): known_from_record(one) for one in found}
    assert len(store_run(encode_run(known))) <= OBJECTS * BYTES_PER_OBJECT


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"is": "remove", "key": "k"}], "its first line is not that of a commit"),
        ([{"is": "news"}], "Invalid value 'news'"),
        ([{"is": "remove", "key": "k", "more": 1}], "unknown field `more`"),
        (["head", {"is": "object", "url": "a", "size_bytes": 1, "modified_ns": 1}], "an object stands before"),
        (
            [
                "head",
                {"is": "objects", "index": "web", "base": ""},
                {"is": "object", "url": "a", "size_bytes": 1, "modified_ns": 1},
            ],
            "object 'a' has no place to follow",
        ),
        (["head", "head"], "it has two first lines"),
    ],
)
def test_lines_that_do_not_fit_are_an_error(lines: list[object], reason: str) -> None:
    head = {"is": "commit", "version": 1, "number": 7, "writer": "", "token": "", "time_ns": 0, "action": "index"}
    content = msgspec.json.Encoder().encode_lines([head if line == "head" else line for line in lines])
    with pytest.raises(CatalogError, match=r"commit 'catalog/0*7\.json\.gz' cannot be read: .*newer lakebed") as caught:
        decode_commit(pack(content, 9), commit_key(7))
    assert reason in str(caught.value)


def test_a_newer_format_is_an_error() -> None:
    commit = CommitFile(FORMAT_VERSION + 1, 7, "", "", 0, "index")
    with pytest.raises(CatalogError, match=r"has format version 2; this lakebed reads 1$"):
        decode_commit(encode_commit(commit), commit_key(7))
    with pytest.raises(CatalogError, match=r"says that it is number 7$"):
        decode_commit(encode_commit(msgspec.structs.replace(commit, version=1)), commit_key(8))

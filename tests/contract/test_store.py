"""What every store must do, run over a folder, memory and a real S3 server."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed.errors import AlreadyExistsError, NotFoundError, StorageError
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakebed.storage.store import Store


@pytest.fixture(
    params=["folder", "memory", pytest.param("s3", marks=[pytest.mark.server, pytest.mark.xdist_group("s3")])]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(str(tmp_path / "lake"))
    if request.param == "memory":
        return open_store(f"memory://{uuid.uuid4().hex}")
    return open_store(request.getfixturevalue("s3").url(f"contract/{uuid.uuid4().hex}"))


def keys(store: Store, prefix: str = "", after: str = "") -> list[str]:
    found = [info.key for info in store.list(prefix, after)]
    return sorted(found) if store.url.startswith("s3:") else found  # SeaweedFS sorts "a/" before "a.txt"


def test_what_was_put_is_read_back(store: Store) -> None:
    store.put("a/b.bin", b"0123456789")
    assert store.get("a/b.bin") == b"0123456789"
    assert bytes(store.get_range("a/b.bin", 2, 3)) == b"234"
    assert [bytes(b) for b in store.get_ranges("a/b.bin", [(8, 2), (0, 1), (4, 4)])] == [b"89", b"0", b"4567"]


def test_put_replaces(store: Store) -> None:
    store.put("a", b"old")
    store.put("a", b"newer")
    assert store.get("a") == b"newer"


def test_any_buffer_can_be_put(store: Store) -> None:
    store.put("view", memoryview(b"xaby")[1:3])
    store.create("array", bytearray(b"cd"))
    assert (store.get("view"), store.get("array")) == (b"ab", b"cd")


def test_an_empty_object_is_an_object(store: Store) -> None:
    store.put("empty", b"")
    assert store.get("empty") == b""
    assert store.head("empty").size_bytes == 0
    assert list(store.stream(store.head("empty"), 10)) == []


def test_create_takes_only_a_free_key(store: Store) -> None:
    store.create("once", b"first")
    with pytest.raises(AlreadyExistsError, match="'once' is already in"):
        store.create("once", b"second")
    assert store.get("once") == b"first"


def test_of_many_creators_one_wins(store: Store) -> None:
    won: list[bytes] = []
    barrier = threading.Barrier(4)

    def run(name: bytes) -> None:
        barrier.wait()
        try:
            store.create("prize", name)
        except AlreadyExistsError:
            return
        won.append(name)

    threads = [threading.Thread(target=run, args=(b"%d" % number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [store.get("prize")]


def test_what_is_missing_is_not_found(store: Store) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.get("no"),
        lambda: store.head("no"),
        lambda: store.get_range("no", 0, 1),
        lambda: store.get("no/deeper"),
    ]
    for call in calls:
        with pytest.raises(NotFoundError, match="it is not there"):
            call()
    assert keys(store, "no/") == []


def test_a_range_past_the_end_is_an_error(store: Store) -> None:
    store.put("short", b"0123")
    with pytest.raises(StorageError):
        store.get_range("short", 2, 10)
    with pytest.raises(StorageError):
        store.get_ranges("short", [(0, 2), (40, 2)])


def test_a_listing_is_in_key_order(store: Store) -> None:
    names = ["a.txt", "a/b", "a/b-c", "a/b/c", "a0", "b/x", "ab"]
    for name in names:
        if name != "a/b":  # a folder cannot hold a file and a folder of one name
            store.put(name, b"1")
    assert keys(store) == sorted(set(names) - {"a/b"})
    assert keys(store, "a/") == ["a/b-c", "a/b/c"]
    assert keys(store, "a/b") == ["a/b-c", "a/b/c"]
    assert keys(store, "a") == ["a.txt", "a/b-c", "a/b/c", "a0", "ab"]
    assert keys(store, "zzz") == []
    if not store.url.startswith("s3:"):
        assert keys(store, "a/", after="a/b-") == ["a/b-c", "a/b/c"]
        assert keys(store, "a", after="a/b-c") == ["a/b/c", "a0", "ab"]
        assert keys(store, "", after="a/b/c") == ["a0", "ab", "b/x"]


def test_a_folder_is_listed_in_key_order(store: Store) -> None:
    names = [f"catalog/{number:04}.json" for number in range(30)]
    for name in reversed(names):
        store.put(name, b"1")
    assert [info.key for info in store.list("catalog/")] == names
    assert [info.key for info in store.list("catalog/", after=names[27])] == names[28:]


def test_a_listing_and_a_head_say_the_same(store: Store) -> None:
    store.put("a/b", b"12345")
    listed = next(iter(store.list("a/")))
    assert listed == store.head("a/b")
    assert (listed.key, listed.size_bytes) == ("a/b", 5)
    assert listed.modified_ns > 1_600_000_000_000_000_000


def test_delete_is_idempotent(store: Store) -> None:
    store.put("gone", b"1")
    store.delete("gone")
    store.delete("gone")
    assert keys(store) == []


def test_a_stream_gives_all_bytes(store: Store) -> None:
    data = bytes(range(256)) * 5000
    store.put("big", data)
    chunks = list(store.stream(store.head("big"), 100_000))
    assert b"".join(bytes(chunk) for chunk in chunks) == data


def test_a_stream_of_an_object_that_shrank_is_an_error(store: Store) -> None:
    store.put("shrinks", b"0123456789")
    info = store.head("shrinks")
    store.put("shrinks", b"01234")
    with pytest.raises(StorageError, match=r"became shorter|changed|replaced"):
        list(store.stream(info, 4))


def test_a_stream_of_an_object_that_grew_gives_what_was_listed_or_fails(store: Store) -> None:
    store.put("grows", b"01234")
    info = msgspec.structs.replace(store.head("grows"), etag=None)
    store.put("grows", b"0123456789")
    if store.url.startswith("file:"):
        assert b"".join(bytes(chunk) for chunk in store.stream(info, 4)) == b"01234"
        return
    with pytest.raises(StorageError, match="changed while it was read: wanted 5 bytes, found 10"):
        list(store.stream(info, 4))


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a/../b", "a/.", "a/", "a\0b"])
def test_a_key_cannot_leave_the_store(store: Store, key: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.get(key),
        lambda: store.put(key, b"1"),
        lambda: store.create(key, b"1"),
    ]
    for call in calls:
        with pytest.raises(StorageError, match="not an object key"):
            call()

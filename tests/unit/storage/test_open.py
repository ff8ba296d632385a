"""URLs become stores, or clear errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.errors import StorageError, UsageError
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_path_and_a_file_url_are_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my logs"
    assert open_store(str(folder)).url == open_store(folder.as_uri()).url == folder.as_uri()


def test_memory_stores_of_one_name_are_one() -> None:
    open_store("memory://test-open").put("a", b"1")
    assert open_store("memory://test-open/").get("a") == b"1"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x", "cannot open 'ftp://host/x': wanted a path or one of file://, s3://, gs://, az://, memory://"),
        ("s3://", "cannot open 's3://': wanted s3://bucket/prefix"),
        (
            "file://etc/passwd",
            "cannot open 'file://etc/passwd': a file URL of another host; did you mean 'file:///etc…'?",
        ),
    ],
)
def test_a_url_that_cannot_be_opened(url: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert str(caught.value) == message


def test_opening_makes_no_folder(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "not-there"))
    assert list(store.list("")) == []
    assert not (tmp_path / "not-there").exists()


def test_a_writer_that_was_killed_leaves_nothing_to_see(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put("a/b", b"1")
    (tmp_path / "a" / ".lakebed-0123").write_bytes(b"half")
    assert [info.key for info in store.list("")] == ["a/b"]


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot (create|write) 'catalog/1' in folder '.*/lake'"):
        open_store(str(tmp_path / "lake")).create("catalog/1", b"1")


def test_a_read_only_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    store = open_store(str(tmp_path))
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError, match=r"cannot write 'a' in folder '.*': the folder is read-only"):
        store.put("a", b"1")


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = open_store(str(tmp_path))
    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(StorageError, match=r"cannot write 'a' in folder '.*': the disk is full"):
        store.put("a", b"1")
    assert list(tmp_path.iterdir()) == []

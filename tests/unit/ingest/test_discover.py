"""Files, folders, globs and URLs become source objects in a fixed order."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import IngestError
from lakebed.ingest.discover import discover
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name in [
        "a.json",
        "b.json.gz",
        "web/1.log",
        "web/2.log",
        "web/old/3.log",
        "web-x/4.log",
        "lake/catalog/1.json",
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(source: str, base: Path, skip_url: str = "") -> list[str]:
    prefix = base.as_uri() + "/"
    return [one.url.removeprefix(prefix) for one in discover(source, skip_url=skip_url)]


def test_a_folder_gives_all_its_files_in_key_order(logs: Path) -> None:
    expected = ["a.json", "b.json.gz", "lake/catalog/1.json", "web-x/4.log", "web/1.log", "web/2.log", "web/old/3.log"]
    assert names(str(logs), logs) == expected
    assert names(logs.as_uri(), logs) == expected


def test_the_lake_itself_is_left_out(logs: Path) -> None:
    found = names(str(logs), logs, skip_url=(logs / "lake").as_uri())
    assert found == ["a.json", "b.json.gz", "web-x/4.log", "web/1.log", "web/2.log", "web/old/3.log"]


def test_a_file_is_one_object(logs: Path) -> None:
    assert names(str(logs / "web/1.log"), logs) == ["web/1.log"]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.json*", ["a.json", "b.json.gz"]),
        ("web/*.log", ["web/1.log", "web/2.log"]),
        ("web/**", ["web/1.log", "web/2.log", "web/old/3.log"]),
        ("**/[13].log", ["web/1.log", "web/old/3.log"]),
        ("web*/?.log", ["web-x/4.log", "web/1.log", "web/2.log"]),
        ("web/[!1].log", ["web/2.log"]),
    ],
)
def test_a_glob(logs: Path, glob: str, expected: list[str]) -> None:
    assert names(str(logs / glob), logs) == expected


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    (tmp_path / "a[1].log").write_text("x")
    assert names(str(tmp_path / "a[1].log"), tmp_path) == ["a%5B1%5D.log"]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError) as caught:
        list(discover(str(tmp_path / "no.log")))
    assert str(caught.value) == f"no such file or folder: '{tmp_path}/no.log'"
    with pytest.raises(IngestError) as caught:
        list(discover(str(tmp_path / "no*.log")))
    assert str(caught.value) == f"nothing matches '{tmp_path}/no*.log'"


def test_links_to_folders_are_not_followed(logs: Path) -> None:
    (logs / "web" / "round").symlink_to(logs)
    (logs / "link.log").symlink_to(logs / "web/1.log")
    found = names(str(logs), logs)
    assert "link.log" in found
    assert not [name for name in found if "round" in name]


def test_a_url_is_a_prefix() -> None:
    bucket = uuid.uuid4().hex
    store = open_store(f"memory://{bucket}")
    for name in ["logs/2026/a", "logs/2026/b/c", "logs/2026-old/d", "logs/2025/e", "other"]:
        store.put(name, b"1")

    def found(source: str) -> list[str]:
        return [one.url.removeprefix(f"memory://{bucket}/") for one in discover(f"memory://{bucket}/{source}")]

    assert found("logs/2026") == ["logs/2026-old/d", "logs/2026/a", "logs/2026/b/c"]
    assert found("logs/2026/") == ["logs/2026/a", "logs/2026/b/c"]
    assert found("logs/*/a") == ["logs/2026/a"]
    assert found("other") == ["other"]
    assert found("nothing/") == []
    assert len(found("")) == 5

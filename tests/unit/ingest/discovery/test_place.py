from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.errors import UsageError
from lakebed.ingest.discover import discover
from lakebed.ingest.discovery.place import open_place

if TYPE_CHECKING:
    from pathlib import Path


def test_addresses_are_those_of_the_other_roads(tmp_path: Path) -> None:
    for name in ("a b.log", "sub/ä+%.log", "x"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    for source in (str(tmp_path), tmp_path.as_uri(), f"{tmp_path}/**", f"{tmp_path}/x"):
        place = open_place(source)
        wanted = [one.url for one in discover(source)]
        assert [place.url_of(info.key) for info in place.list()] == wanted
        assert [place.url_of(place.key_of(url) or "") for url in wanted] == wanted


def test_what_belongs_to_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    place = open_place("s3://logs/web/*.gz")
    assert (place.bucket, place.store.url) == ("logs", "s3://logs")
    assert [place.takes(key) for key in ("web/a.gz", "web/b/a.gz", "app/a.gz")] == [True, False, False]
    assert place.key_of("s3://logs/web/a b.gz") == "web/a b.gz"
    assert place.key_of("s3://logs-2/web/a.gz") is None
    assert place.key_of("s3://logs/app/a.gz") is None


def test_what_is_no_place() -> None:
    with pytest.raises(UsageError, match="cannot open 'ftp://host'"):
        open_place("ftp://host/x")

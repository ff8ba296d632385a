"""Maintenance of a lake in a real S3 server, with indexers and searches beside it."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.maintenance.clock import agreed_now_ns
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import write_logs
from tests.maintained import index_small, maintenance, segment_counts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import S3Server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("s3")]


@pytest.fixture
def url(s3: S3Server) -> str:
    return s3.url(f"lakes/{uuid.uuid4().hex}")


def test_an_indexer_two_maintainers_and_a_search_at_once(url: str, tmp_path: Path) -> None:
    index_small(open_store(url), write_logs(tmp_path / "first", 20, 5))
    second = write_logs(tmp_path / "second", 20, 5, seed=2)
    errors: list[object] = []
    done = threading.Event()
    found: list[int] = []

    def index() -> None:
        index_small(open_store(url), second, "other")
        done.set()

    def keep(seed: int) -> None:
        while not done.is_set():
            report = maintenance(open_store(url)).round()
            errors.extend(report.errors)

    def search() -> None:
        lake = lakebed.open(url)
        while not done.is_set():
            found.append(len(list(lake.search("@index=web n: *"))))

    def guarded(action: object, *arguments: object) -> None:
        try:
            assert callable(action)
            action(*arguments)
        except BaseException as error:
            errors.append(error)
            done.set()
            raise

    threads = [
        threading.Thread(target=guarded, args=arguments) for arguments in ((index,), (keep, 1), (keep, 2), (search,))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(found) == {100}
    maintenance(open_store(url)).round()
    assert numbers_in(open_store(url)) == sorted([*range(100), *range(100)])
    assert max(segment_counts(open_store(url)).values()) <= 8


def test_the_clock_of_the_server_bounds_ours(url: str) -> None:
    store = open_store(url)
    agreed = agreed_now_ns(store, lambda: 1 << 62)
    assert 0 < agreed < 1 << 61
    assert agreed_now_ns(store, lambda: 5) == 5

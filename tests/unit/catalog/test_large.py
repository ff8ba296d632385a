"""A catalog of 200,000 segments: how many requests opening and commits take. How long they take is in `make bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.catalog import SECOND, index, make_lake, merge, url
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.storage.counting import CountingStore
from lakebed.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of which nothing but the catalog is there."""
    found = tmp_path_factory.mktemp("large")
    make_lake(LocalStore(found), SEGMENTS, 1)
    return found


def test_opening_and_pruning_take_three_requests(folder: Path) -> None:
    store = CountingStore(LocalStore(folder))
    catalog = Catalog(store)
    assert catalog.snapshot.segment_count >= SEGMENTS - 1_000
    hour = catalog.snapshot.prune(["web"], 6_000_000 * SECOND, 6_003_600 * SECOND)
    assert len(hour) == 62
    assert store.counts.by_operation == {"get": 2, "list": 1}  # the hint, the listing, the checkpoint


def test_a_commit_costs_two_requests_at_most_checkpoints_included(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At this size one is due after 200 commits; 32 are enough to see what it costs, and harder to meet."""
    monkeypatch.setattr(config, "CHECKPOINT_SEGMENTS_PER_COMMIT", SEGMENTS)
    store = CountingStore(LocalStore(folder))
    catalog = Catalog(store)
    keys = sorted(entry.key for entry in catalog.snapshot.entries())[:320]
    catalog.find_source("web", "nothing")
    before, number = store.counts.requests, catalog.snapshot.number
    for turn in range(32):
        index(catalog, turn, url(1_000 + turn, 0))
        merge(catalog, keys[10 * turn : 10 * turn + 10], turn)
    assert catalog.snapshot.number == number + 64
    assert catalog.state.checkpoint > number
    assert store.counts.requests - before <= 2 * 64

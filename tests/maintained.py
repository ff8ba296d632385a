"""Lakes for tests of maintenance: many small segments, and what a search finds in them."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.ingest.run import index_source
from lakebed.ingest.worker import IndexSettings
from lakebed.maintenance.policy import Tiers
from lakebed.maintenance.round import Maintenance, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lakebed.maintenance.raw_objects import RawSource
    from lakebed.storage.store import Store

SMALL = Tiers(
    fan_in=4, inputs_max=4, backlog=8, settled_fan_in=3, heap=50, target_bytes=2_000_000, full_bytes=1_000_000
)
"""A policy for lakes of kilobytes."""

NEVER = Tiers(fan_in=10**6, backlog=10**6, settled_fan_in=10**6, heap=10**6, full_bytes=1)
"""A policy that merges nothing."""


def index_small(store: Store, logs: Path, index: str = "web") -> None:
    """Indexes a file or folder; each object has a segment and a commit of its own."""
    settings = IndexSettings(index, commit_seconds=0.0)
    index_source(store, Catalog(store), str(logs), settings, workers=1)


def maintenance(
    store: Store,
    *,
    retention_s: Mapping[str, int | None] | None = None,
    tiers: Tiers = SMALL,
    clock_ns: Callable[[], int] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    rng: random.Random | None = None,
    raw: Sequence[RawSource] = (),
) -> Maintenance:
    """Maintenance by a process of its own, as it were: with its own handle on the catalog."""
    policy = Policy(retention_s or {}, tiers, raw)
    chance = rng or random.Random(1)
    clock = clock_ns or time.time_ns
    catalog = Catalog(store, clock_ns=clock, monotonic=monotonic)
    return Maintenance(store, catalog, policy, clock_ns=clock, monotonic=monotonic, rng=chance)


def segment_counts(store: Store) -> dict[str, int]:
    """Segments of each index."""
    snapshot = Catalog(store).snapshot
    return {name: len(snapshot.entries(name)) for name in snapshot.indexes}


def everything(store: Store) -> list[tuple[str, int, str]]:
    """All events: source object, record and JSON."""
    found = lakebed.open(store.url).search("*")
    rows = [row for row in found if isinstance(row, lakebed.Row)]
    return sorted((row.object, row.record, str(row.event)) for row in rows)


def delete(store: Store, query: str, index: str = "web") -> None:
    """Deletes the events that a query finds."""
    lakebed.open(store.url).delete(query, index=index, reason="a test", by="alice")

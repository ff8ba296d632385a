"""The catalog of a large lake: 200,000 segments and a million source objects, made up, in a local folder.

What must hold: a reader opens it from a checkpoint in under a second and prunes by time in under 50 ms; a commit costs
two requests at most, checkpoints included; redirects of merged segments stay bounded.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from bench.measure import Report, folder_bytes, median, run_side
from lakebed.catalog.addresses import AddressBook
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.checkpoint import State, write_checkpoint
from lakebed.catalog.entries import (
    Move,
    NewSegment,
    SegmentEntry,
    SourceRecord,
    id_of_key,
    segment_key,
    source_digest,
    source_version,
)
from lakebed.catalog.snapshot import Snapshot
from lakebed.catalog.source_run import KnownSource
from lakebed.catalog.sources import SourceFiles, SourceTable
from lakebed.storage.counting import CountingStore
from lakebed.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.corpus import Truth
    from lakebed.storage.store import Store

SEGMENTS = 200_000
OBJECTS_EACH = 5
SECOND = 10**9
SPAN_S = 120
"""Seconds that a segment's events cover; each begins a minute after the one before."""

OPENED = 7
COMMITS = 200
"""At this size a checkpoint is due every 200 commits."""

MERGE = 10
MERGED = 400


def make_lake(store: Store, segments: int, objects_each: int, seed: int = 7) -> list[str]:
    """A lake whose whole state is in a checkpoint. Gives the segments' keys in the order of their times."""
    rng = random.Random(seed)
    entries: dict[str, SegmentEntry] = {}
    known: dict[bytes, KnownSource] = {}
    addresses: dict[str, bytes] = {}
    for number in range(segments):
        key = segment_key("web", "20260101T000000", rng.getrandbits(64))
        low = number * 60 * SECOND
        new = new_segment(key, low, objects_each)
        entries[key], addresses[key] = new.entry(), new.address
        for place in range(objects_each):
            version = source_version(100, low, str(place))
            known[source_digest("web", url(number, place))] = KnownSource(version, low, ((id_of_key(key), place),))
    table = SourceTable(SourceFiles(), store.get)
    table.take(known)
    state = State(Snapshot(1, {"web": entries}, addresses), AddressBook(store, []), table)
    write_checkpoint(store, state, "f" * 32)
    return list(entries)


def url(segment: int, place: int) -> str:
    """The object at a place of a segment."""
    return f"s3://logs/{segment}/{place}.json.gz"


def new_segment(key: str, low_ns: int, objects: int, swept: int = 0) -> NewSegment:
    """A segment whose events begin at this time."""
    address = key.encode() * 4
    return NewSegment(key, 1000, 10**6, 10**5, 3, low_ns, low_ns + SPAN_S * SECOND, objects, address, (), swept)


def index(catalog: Catalog, number: int, replaced: str) -> None:
    """Commits a segment with an object that is new and one that replaces another's events."""
    key = segment_key("web", "20260102T000000", number)
    records = [
        SourceRecord("web", name, 100, 10**18, source_version(100, 10**18, name), 10, ((key, place),))
        for place, name in enumerate((f"s3://logs/new/{number}", replaced))
    ]
    catalog.commit(Changes("index", [new_segment(key, 10**18, 2)], records))


def merge(catalog: Catalog, keys: list[str], number: int) -> None:
    """Commits the merge of some segments into one."""
    key = segment_key("web", "20260103T000000", number)
    new = new_segment(key, 0, OBJECTS_EACH * len(keys), catalog.snapshot.number)
    moves = [Move(one, key, place * OBJECTS_EACH) for place, one in enumerate(keys)]
    catalog.commit(Changes("merge", [new], remove=keys, moves=moves))


def run(report: Report, _corpus: Path, _truth: Truth, work: Path) -> None:
    """Opens, prunes, commits, merges."""
    store = CountingStore(LocalStore(work / "lake"))
    keys = make_lake(store, SEGMENTS, OBJECTS_EACH)
    report.facts["checkpoint_bytes"] = folder_bytes(work / "lake/catalog")
    report.facts["open_s"] = median(list(opening(store)))
    catalog = Catalog(store)
    report.facts["open_requests"] = requests_of_opening(store)
    middle = SEGMENTS // 2 * 60 * SECOND
    report.facts["prune_s"] = median([timed_prune(catalog, middle) for _ in range(OPENED)])
    catalog.find_source("web", "nothing")  # a writer has its records loaded
    before, started = store.counts.requests, time.perf_counter()
    for number in range(COMMITS):
        index(catalog, number, url(number, 0))
    report.facts["commit_s"] = (time.perf_counter() - started) / COMMITS
    report.facts["commit_requests"] = (store.counts.requests - before) / COMMITS
    for number in range(MERGED):
        merge(catalog, keys[1000 + number * MERGE : 1000 + (number + 1) * MERGE], number)
    report.facts["redirects"] = catalog.state.sources.redirect_count
    report.facts["redirects_of"] = MERGED * MERGE
    report.facts["merged_open_s"] = median(list(opening(store)))


def opening(store: Store) -> Iterator[float]:
    """Seconds of opening, several times."""
    for _ in range(OPENED):
        started = time.perf_counter()
        Catalog(store)
        yield time.perf_counter() - started


def requests_of_opening(store: CountingStore) -> int:
    """Requests of one opening."""
    before = store.counts.requests
    Catalog(store)
    return store.counts.requests - before


def timed_prune(catalog: Catalog, since_ns: int) -> float:
    """Seconds to find the segments of an hour in the middle."""
    started = time.perf_counter()
    found = catalog.snapshot.prune(None, since_ns, since_ns + 3600 * SECOND)
    seconds = time.perf_counter() - started
    assert 0 < len(found) < 100, f"wanted the segments of an hour, found {len(found)}"
    return seconds


if __name__ == "__main__":
    run_side("catalog", run)

"""Made-up segments and source objects for tests of the catalog, which never looks inside a segment."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import NO_FLAWS, Damage, Flaws, NewSegment, SourceRecord, segment_key, source_version

if TYPE_CHECKING:
    from lakebed.storage.store import Store

_numbers = itertools.count(1)

SECOND = 1_000_000_000


def source(
    url: str,
    parts: tuple[tuple[str, int], ...] = (),
    *,
    version: int = 1,
    index: str = "web",
    events: int = 10,
    damage: Damage | None = None,
    flaws: Flaws = NO_FLAWS,
    discarded: int = 0,
) -> SourceRecord:
    """A source object; `version` is its modification time in seconds."""
    modified_ns = version * SECOND
    stored = source_version(100, modified_ns, None)
    return SourceRecord(index, url, 100, modified_ns, stored, events, parts, damage, flaws, discarded)


def segment(
    objects: int = 1,
    *,
    index: str = "web",
    times: tuple[int, int] = (0, 10),
    dead: tuple[int, ...] = (),
    address_bytes: int = 20,
) -> NewSegment:
    """A segment with a key of its own; `times` are in seconds."""
    number = next(_numbers)
    key = segment_key(index, "20260101T000000", number)
    address = (b"%d " % number * address_bytes)[:address_bytes]
    low, high = times
    return NewSegment(key, 10 * objects, 1000, 300, 2, low * SECOND, high * SECOND, objects, address, dead)


def indexing(*urls: str, version: int = 1, index: str = "web", times: tuple[int, int] = (0, 10)) -> Changes:
    """What an indexer commits that put these objects into one new segment."""
    new = segment(len(urls), index=index, times=times)
    records = [source(url, ((new.key, place),), version=version, index=index) for place, url in enumerate(urls)]
    return Changes("index", [new], records)


def live_objects(changes: Changes) -> set[tuple[str, int]]:
    """(segment key, object number) of everything that the changes add."""
    return {part for record in changes.sources for part in record.parts}


def numbers_in(store: Store, query: str = "*", field: str = "n") -> list[int]:
    """The values of a numeric field in all events that a search finds, sorted. Needs the engine."""
    from lakebed.catalog.catalog import Catalog
    from lakebed.execute.readers import ReaderCache
    from lakebed.execute.threads import ThreadExecutor
    from lakebed.model import Row
    from lakebed.query.compile import compile_query
    from lakebed.query.run import Search

    readers = ReaderCache()
    executor = ThreadExecutor(store, readers, 2)
    try:
        found = list(Search(compile_query(query), Catalog(store).state, executor, readers))
    finally:
        executor.close()
    numbers = [row.event.get(field) for row in found if isinstance(row, Row)]
    return sorted(number for number in numbers if isinstance(number, int))

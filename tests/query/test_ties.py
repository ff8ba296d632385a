"""Rows of equal times in many row groups, and of two objects, are handed over in their order, whatever the limit.

A script's few events fit one row group; here there are dozens of groups, and a handful of times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.query.compile import compile_query
from tests import engine
from tests.events import INDEX_NAME

if TYPE_CHECKING:
    import random

EVENTS = 120
"""Of each object; twelve pages of one row are a group."""

START_NS = 1_767_225_600_000_000_000
URLS = ("file:///logs/z.json", "file:///logs/a.json")
"""The first comes last in the order of rows."""

Key = tuple[int, str, int]


def segment(rng: random.Random, times: int, page_rows: int, is_merged: bool) -> tuple[engine.Stored, list[Key]]:
    """One segment, and its rows: time, object, record. `is_merged`: of two, the later events first."""
    options = (("page_rows", page_rows), ("page_bytes", 4_096))
    builder = engine.require_core().Builder(index=INDEX_NAME, **dict(options))
    keys: list[Key] = []
    parts = []
    for url in URLS:
        settings = engine.source_settings("json", ("time",))
        builder.begin_object(url, modified_ns=0, received_ns=0, settings=settings)
        for record in range(EVENTS):
            second = rng.randrange(times)
            pad = rng.randbytes(900).hex()  # its pages are read for the answer only
            line = f'{{"time": "2026-01-01T00:00:0{second}Z", "n": {record % 3}, "pad": "{pad}"}}\n'
            builder.feed(line.encode())
            keys.append((START_NS + second * 10**9, url, record))
            if is_merged and record == EVENTS // 2:
                parts.append(builder.take_segment())
        builder.end_object()
    parts.append(builder.take_segment())
    stored = tuple(engine.Stored(part.address, part.data) for part in reversed(parts) if part is not None)
    return engine.merge(stored, engine.Layout(builder=options))[0] if is_merged else stored[0], keys


def handed_over(
    stored: engine.Stored, query: str, floor_ns: int | None, newest_first: bool, limit: int | None
) -> list[Key]:
    """Rows as they come, the first before the last are found; `floor_ns` is told after the first round."""
    plan = compile_query(query, newest_first=newest_first, limit=limit).plan_bytes()
    core = engine.require_core()
    search = core.LeafSearch(plan, core.SegmentReader(stored.address, "segment"))
    rows: list[Key] = []
    while needs := search.needs():
        search.feed([stored.data[offset : offset + length] for offset, length in needs])
        if floor_ns is not None:
            search.narrow(floor_ns)
        rows += [row[:3] for row in search.take_rows()]
    return rows + [row[:3] for row in search.take_rows()]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("query", ["*", "n = 1"])
@pytest.mark.parametrize(("page_rows", "is_merged"), [(1, False), (3, False), (3, True)])
def test_rows_of_equal_times_are_handed_over_in_their_order(
    page_rows: int, is_merged: bool, query: str, times: int, newest_first: bool, rng: random.Random
) -> None:
    stored, keys = segment(rng, times, page_rows, is_merged)
    wanted = [key for key in keys if query == "*" or key[2] % 3 == 1]
    expected = sorted(wanted, reverse=newest_first)
    for limit in (1, 2, 13, rng.randrange(3, len(wanted)), None):
        assert handed_over(stored, query, None, newest_first, limit) == expected[:limit], limit
        floor_ns = START_NS + rng.randrange(times) * 10**9
        inside = [key for key in expected[:limit] if (key[0] >= floor_ns if newest_first else key[0] <= floor_ns)]
        found = handed_over(stored, query, floor_ns, newest_first, limit)
        assert found[: len(inside)] == inside, (limit, floor_ns)

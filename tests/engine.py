"""Runs a compiled query over segments that are built in memory, through the engine's own interface.

No store and no executor: what is tested here is that the plan and the engine agree, however the
events are cut into segments, groups and pages, and wherever the partial results were computed.
"""

from __future__ import annotations

import functools
import importlib.util
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lakebed.execute.deleted import without_deleted
from lakebed.execute.index_plan import plan_for_index
from lakebed.model import Row, TableRow, decode_json
from lakebed.query.compile import compile_parsed
from lakebed.query.context import NoLake
from lakebed.query.deletion import plan_deletion
from lakebed.query.groups import table_of
from lakebed.query.record import Record
from tests.events import INDEX_NAME, MODIFIED_NS, OBJECT_URL, RECEIVED_NS, TIME_FIELD

if TYPE_CHECKING:
    import multiprocessing.context
    from collections.abc import Callable, Generator, Mapping, Sequence

    from lakebed.query.compile import CompiledQuery
    from lakebed.query.context import Lake
    from lakebed.query.lookup.file import LookupFile
    from lakebed.query.parser import Query
    from lakebed.query.root import Root

DECOY_URL = "file:///logs/deleted.json"

ROUNDS_MAX = 1_000
"""More rounds of reads than any search needs; a search that never ends fails instead."""

HEAD_BYTES = 16 << 10
"""So much of an object the parser holds back to look at; without it the first events would go into a later segment."""


@dataclass(frozen=True)
class Layout:
    """How events are cut: events in a segment (None: all in one), the builder's options, and whether all is merged."""

    segment_events: int | None = None
    builder: tuple[tuple[str, int], ...] = ()
    decoys: bool = False
    """Whether each segment holds other events too, which are deleted."""
    is_merged: bool = False
    """Whether the segments are merged into one, which carries deletions out."""


@dataclass(frozen=True)
class Stored:
    """A finished segment, as bytes that can cross a process boundary."""

    address: bytes
    data: bytes
    deletions: tuple[bytes, ...] = ()


def require_core() -> Any:
    """The engine's module; skips the test while it is not built."""
    if importlib.util.find_spec("lakebed._core") is None:
        pytest.skip("the engine is not built: lakebed._core cannot be imported")
    from lakebed import _core

    return _core


def source_settings(format: str | None, time_fields: Sequence[str] = ()) -> Any:
    """Settings of a source as the engine takes them."""
    return require_core().SourceSettings(msgspec.json.encode({"format": format, "time_fields": list(time_fields)}))


@functools.lru_cache(maxsize=256)
def build(lines: tuple[str, ...], layout: Layout) -> tuple[Stored, ...]:
    """Segments that hold these events, in order."""
    builder = require_core().Builder(index=INDEX_NAME, **dict(layout.builder))
    if layout.decoys:
        _feed_decoys(builder, lines)
    _begin(builder, OBJECT_URL)
    segments = []
    step = layout.segment_events or max(len(lines), 1)
    for start in range(0, len(lines), step):
        text = "".join(line + "\n" for line in lines[start : start + step])
        if layout.segment_events:
            text += "\n" * HEAD_BYTES
        if builder.feed(text.encode("utf-8", "surrogatepass")) or start + step < len(lines):
            segments.append(builder.take_segment())
    builder.end_object()
    if layout.decoys:
        _feed_decoys(builder, lines)
    segments.append(builder.take_segment())
    deletions = (decoy_deletion(),) if layout.decoys else ()
    stored = tuple(Stored(s.address, s.data, deletions) for s in segments if s is not None)
    return merge(stored, layout) if layout.is_merged and stored else stored


def _begin(builder: Any, url: str) -> None:
    settings = source_settings("json", (TIME_FIELD,))
    builder.begin_object(url, modified_ns=MODIFIED_NS, received_ns=RECEIVED_NS, settings=settings)


def _feed_decoys(builder: Any, lines: Sequence[str]) -> None:
    """Events that would change most answers: the script's own once more, and others that look like them."""
    _begin(builder, DECOY_URL)
    for line in lines:
        for decoy in (line, line.replace("1", "7"), '{"zz_deleted": -1e99, "time": "1999-09-09T09:09:09Z"}'):
            builder.feed(f"{decoy}\n".encode("utf-8", "surrogatepass"))
    builder.end_object()


@functools.cache
def decoy_deletion() -> bytes:
    """The condition of the deletion that they are gone by."""
    text = f'@lb.object = "{DECOY_URL}"'
    return plan_deletion(text, INDEX_NAME, by="tests", reason="decoys").deletion.condition()


def merge(inputs: Sequence[Stored], layout: Layout) -> tuple[Stored]:
    """One segment with all that the inputs hold."""
    core = require_core()
    merge = core.Merge(index=INDEX_NAME, **dict(layout.builder))
    for number, stored in enumerate(inputs):
        merge.add(core.SegmentReader(stored.address, f"segment {number}"), deletions=stored.deletions)
    for _ in range(ROUNDS_MAX):
        needs = merge.needs()
        if not needs:
            break
        merge.feed([inputs[number].data[offset : offset + length] for number, offset, length in needs])
    else:
        raise AssertionError(f"the merge still asks for bytes after {ROUNDS_MAX} rounds")
    segment = merge.finish()
    assert segment is not None
    return (Stored(segment.address, segment.data),)


def search_segment(plan: bytes, stored: Stored) -> tuple[list[tuple[Any, ...]], bytes | None]:
    """The leaf part over one segment: its rows, and its partial when the plan aggregates."""
    core = require_core()
    own = without_deleted(plan_for_index(plan, INDEX_NAME), stored.deletions)
    search = core.LeafSearch(own, core.SegmentReader(stored.address, "segment"))
    rows = []
    for _ in range(ROUNDS_MAX):
        needs = search.needs()
        if not needs:
            break
        search.feed([stored.data[offset : offset + length] for offset, length in needs])
        rows += search.take_rows()
    else:
        raise AssertionError(f"the search still asks for bytes after {ROUNDS_MAX} rounds")
    rows += search.take_rows()
    return rows, search.partial() if _aggregates(plan) else None


class NestedQueries:
    """The lake of a search over segments, or over anything else that `answer` can ask."""

    def __init__(
        self, query: CompiledQuery, lake: Lake | None, answer: Callable[[CompiledQuery], Sequence[Row | TableRow]]
    ) -> None:
        self._query = query
        self._lake = lake or NoLake()
        self._answer = answer

    def subsearch(self, query: Query) -> Generator[Record, None, None]:
        compiled = compile_parsed(query, self._query.text, self._query.scope)
        for row in self._answer(compiled):
            yield Record.of_answer(row, compiled.columns)

    def lookup_table(self, name: str) -> LookupFile:
        return self._lake.lookup_table(name)


def run(
    query: CompiledQuery, segments: Sequence[Stored], *, in_processes: bool = False, lake: Lake | None = None
) -> list[Mapping[str, Any]]:
    """The answer of a query over these segments."""
    return list(map(shape, _answer(query, segments, in_processes=in_processes, lake=lake)))


def _answer(
    query: CompiledQuery, segments: Sequence[Stored], *, in_processes: bool, lake: Lake | None
) -> list[Row | TableRow]:
    plan = query.plan_bytes()
    if in_processes:
        calls = [_pool().submit(search_segment, plan, stored) for stored in segments]
        found = [call.result() for call in calls]
    else:
        found = [search_segment(plan, stored) for stored in segments]
    nested = NestedQueries(query, lake, lambda inner: _answer(inner, segments, in_processes=in_processes, lake=lake))
    root = query.root(nested)
    if query.is_aggregate:
        core = require_core()
        merged = core.merge_partials(plan, [partial for _, partial in found])
        root.push_table(table_of(plan, merged, query.groups_wanted))
        return root.finish()
    rows = merge_rows([row for rows, _ in found for row in rows], query)
    return answer(root, rows)


def merge_rows(found: list[tuple[Any, ...]], query: CompiledQuery) -> list[Row]:
    """Rows of several segments in the order of the answer, cut at the plan's limit."""
    found.sort(key=lambda row: row[:3], reverse=bool(query.plan["newest_first"]))
    limit = query.plan["limit"]
    assert limit is None or isinstance(limit, int)
    return [_to_row(*row) for row in found[:limit]]


def answer(root: Root, rows: Sequence[Row]) -> list[Row | TableRow]:
    """Feeds rows one by one, as they would stream in, and gives the whole answer."""
    shown: list[Row | TableRow] = []
    for row in rows:
        if root.is_done:
            break
        shown += root.push_rows([row])
    return shown + root.finish()


def shape(row: Row | TableRow) -> Mapping[str, Any]:
    """An answer's row as scripts write it: the event, or the table's row."""
    return row.event if isinstance(row, Row) else row


def _to_row(time_ns: int, url: str, record: int, data: bytes) -> Row:
    return Row.from_json(time_ns, url, record, data, INDEX_NAME)


def _aggregates(plan: bytes) -> bool:
    decoded = decode_json(plan)
    assert isinstance(decoded, dict)
    return decoded["aggregate"] is not None


@functools.cache
def _pool() -> ProcessPoolExecutor:
    """One other process for the whole run of the tests."""
    import multiprocessing

    context: multiprocessing.context.SpawnContext = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context)

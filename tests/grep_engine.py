"""Runs a compiled query with the engine's `Grep` over the text of the events, as they would stand in a file.

The order of the answer is that of a lake here: a file's own order, which `lakebed grep` keeps, would be another answer
to `head`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakebed.execute.index_plan import plan_for_index
from lakebed.query.groups import table_of
from tests import engine
from tests.events import INDEX_NAME, MODIFIED_NS, OBJECT_URL, RECEIVED_NS, TIME_FIELD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.model import Row, TableRow
    from lakebed.query.compile import CompiledQuery
    from lakebed.query.context import Lake

PIECE_BYTES = 7
"""The text comes in pieces that cut every record."""


def run(query: CompiledQuery, lines: Sequence[str], lake: Lake | None = None) -> list[Mapping[str, Any]]:
    """The answer of a query over events as a file of JSON lines."""
    return list(map(engine.shape, _answer(query, lines, lake)))


def _answer(query: CompiledQuery, lines: Sequence[str], lake: Lake | None) -> list[Row | TableRow]:
    core = engine.require_core()
    plan = query.plan_bytes()
    text = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
    grep = core.Grep(plan_for_index(plan, INDEX_NAME), wanted="plan")
    rows, partials = found(grep, text, format="json", time_fields=(TIME_FIELD,), url=OBJECT_URL)
    root = query.root(engine.NestedQueries(query, lake, lambda nested: _answer(nested, lines, lake)))
    if query.is_aggregate:
        merged = core.merge_partials(plan, partials)
        root.push_table(table_of(plan, merged, query.groups_wanted))
        return root.finish()
    return engine.answer(root, engine.merge_rows(rows, query))


def found(
    grep: Any,  # the engine's class; it may not be built
    data: bytes,
    *,
    piece_bytes: int = PIECE_BYTES,
    format: str | None = None,
    time_fields: Sequence[str] = (),
    url: str = OBJECT_URL,
) -> tuple[list[tuple[Any, ...]], list[bytes]]:
    """Rows and partials of one object that comes in pieces."""
    grep.begin_object(
        url, modified_ns=MODIFIED_NS, received_ns=RECEIVED_NS, settings=engine.source_settings(format, time_fields)
    )
    rows, partials = [], []
    for start in range(0, len(data), piece_bytes):
        grep.feed(data[start : start + piece_bytes])
        rows += grep.take_rows()
        partials += grep.take_partials()
    grep.end_object()
    return rows + grep.take_rows(), partials + grep.take_partials()

"""Searching files through a transform gives what indexing them through it and searching the lake gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, note
from hypothesis import strategies as st

from lakebed.ingest.settings import SourceSettings, Transform
from lakebed.native import Builder, EngineTransform, Grep, LeafSearch, SegmentReader
from lakebed.query.compile import compile_query
from lakebed.query.parser import Query
from lakebed.transform.program import program_bytes
from tests.events import MODIFIED_NS, OBJECT_URL, RECEIVED_NS
from tests.generators.filters import filters
from tests.transform.programs import compiled
from tests.transform.test_properties import (
    lines_of_events,
    program_or_reject,
    random_programs,
    split,
    steps_that_change,
    steps_that_choose,
    steps_that_hide,
)

if TYPE_CHECKING:
    from lakebed.native import EngineSettings

steps = st.lists(st.one_of(steps_that_change, steps_that_hide, steps_that_choose, split), min_size=1, max_size=3)


@random_programs
@given(filters(with_regex=True), steps, lines_of_events, st.sampled_from([7, 1000]))
def test_random_files(filter_: Any, program: list[dict[str, Any]], lines: list[str], piece_bytes: int) -> None:
    """`filter_`: a tree of filters."""
    text = str(Query(filter_, ()))
    note(text)
    check(text, program_or_reject(program), lines, piece_bytes)


def test_a_word_that_only_a_step_makes() -> None:
    program = program_bytes(compiled("[[step]]\nset = { new = 'string.upper(a)' }\n[[step]]\ndrop = 'a'\n"))
    lines = ['{"a": "needle"}', '{"a": "hay"}']
    assert len(check('"NEEDLE"', program, lines, 1000)) == 1
    assert check('"needle"', program, lines, 1000) == []


def check(text: str, program: bytes, lines: list[str], piece_bytes: int) -> list[Any]:  # Any: rows of the engine
    """The rows, which are those of both ways."""
    settings = SourceSettings(format="json", transform=Transform(EngineTransform(program))).for_engine()
    data = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    plan = compile_query(text, newest_first=False).plan_bytes()
    grep = Grep(plan, wanted="plan")
    grep.begin_object(OBJECT_URL, modified_ns=MODIFIED_NS, received_ns=RECEIVED_NS, settings=settings)
    rows = []
    for piece in pieces:
        grep.feed(piece)
        rows += grep.take_rows()
    grep.end_object()
    rows += grep.take_rows()
    assert rows == indexed(plan, settings, pieces)
    return rows


def indexed(plan: bytes, settings: EngineSettings, pieces: list[bytes]) -> list[Any]:
    """What a segment of the file answers, in the order of the file."""
    builder = Builder(index="logs")
    builder.begin_object(OBJECT_URL, modified_ns=MODIFIED_NS, received_ns=RECEIVED_NS, settings=settings)
    for piece in pieces:
        builder.feed(piece)
    builder.end_object()
    segment = builder.take_segment()
    if segment is None:
        return []
    search = LeafSearch(plan, SegmentReader(segment.address, "segment"))
    rows = []
    while needs := search.needs():
        search.feed([segment.data[offset : offset + length] for offset, length in needs])
        rows += search.take_rows()
    return sorted(rows + search.take_rows(), key=lambda row: row[2])

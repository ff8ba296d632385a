"""Searching a file as it is gives what indexing and searching it gives: any format, any query, however it arrives."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lakebed import _core
from lakebed.query.compile import compile_query
from lakebed.query.parser import Query
from tests.events import MODIFIED_NS, OBJECT_URL, RECEIVED_NS
from tests.generators.events import event_lines
from tests.generators.filters import filters
from tests.grep_engine import found

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "300"))
FORMATS = Path(__file__).parents[2] / "formats"
SAMPLES = sorted(FORMATS.glob("*/*.log"))
WORDS = ["404", "alice", "error", "GET", "x11", "443", "accept", "a", "curl", "\N{REPLACEMENT CHARACTER}", "/", "true"]

random_files = settings(
    max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)

lines = st.one_of(
    event_lines(),
    st.sampled_from(
        [
            "not json: error 10.1.2.3",
            '{"a": "error", "b": NaN}',
            '{"a": "cut',
            '{"name": "err\\u006fr", "b": "\\/var\\/log"}',
            '[{"a": 1}, {"a": "error"}]',
            '{"Records": [{"a": "error"}, {"user": {"name": "failed login"}}], "b": "error"}',
            "5",
            "",
            '203.0.113.7 - alice [10/Oct/2025:13:55:36 -0700] "GET /var/log HTTP/1.1" 404 5 "-" "error"',
            "version srcaddr dstport start action",
            "5 10.1.2.3 443 1418530010 REJECT",
        ]
    ),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The text of a log file: mostly JSON in the shapes that it comes in, sometimes other lines or broken ones."""
    chosen = draw(st.lists(lines, max_size=6))
    shape = draw(st.sampled_from(["lines", "lines", "envelope", "array", "pretty", "joined"]))
    if shape == "envelope":
        text = '{"Records":[' + ",".join(chosen) + "]}"
    elif shape == "array":
        text = "[" + ",\n".join(chosen) + "]"
    elif shape == "pretty":
        text = "\n".join(line.replace(", ", ",\n  ") for line in chosen)
    else:
        text = ("" if shape == "joined" else "\n").join(chosen)
    return _escaped(text, draw(st.integers(0, 99))).encode("utf-8", "surrogatepass") + draw(
        st.sampled_from([b"", b"\n", b"\xff error\n"])
    )


def _escaped(text: str, seed: int) -> str:
    """Some letters of values as JSON escapes."""
    dice = random.Random(seed)
    if seed % 3:
        return text
    return "".join(f"\\u{ord(one):04x}" if one in "eroald" and dice.random() < 0.2 else one for one in text)


@random_files
@given(filters(with_regex=True), files(), st.sampled_from([1, 7, 1000]), st.booleans())
def test_random_files(filter_: Any, data: bytes, piece_bytes: int, is_packed: bool) -> None:  # Any: a tree of filters
    text = str(Query(filter_, ()))
    note(text)
    check(text, gzip.compress(data) if is_packed else data, piece_bytes)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_samples_of_every_format(path: Path) -> None:
    for word in WORDS:
        for query in (f"'{word}'", f"not '{word}'", f"message: '{word}'", "*"):
            check(query, path.read_bytes(), 5, envelope_adds=path.stem.startswith("envelope"))


UNKNOWN_TIMES = {"timeUnixNano", "observedTimeUnixNano"}
"""OTLP writes 0 for a time that nobody knows, and that is not told."""


def check(text: str, data: bytes, piece_bytes: int, *, envelope_adds: bool = False) -> None:
    """Compares rows, records and an aggregate of the two ways.

    `envelope_adds`: events may have members of their envelope, which do not stand in their records.
    """
    query = compile_query(text, newest_first=False)
    expected, _ = indexed(query.plan_bytes(), data)
    rows, _ = found(_core.Grep(query.plan_bytes(), wanted="plan"), data, piece_bytes=piece_bytes)
    assert rows == expected
    grep = _core.Grep(query.plan_bytes(), wanted="text")
    found(grep, data, piece_bytes=piece_bytes)
    records = grep.take_text().split(b"\n")[:-1]
    assert len(records) == len(expected)
    for record, row in zip(records, expected, strict=True):
        event = json.loads(row[3])
        if record.startswith(b"{") and not {"message", "start"} & set(event):  # else it is a line of another format
            written = json.loads(record)
            left_out = set(written) - set(event) - UNKNOWN_TIMES
            assert not left_out if envelope_adds else written == event
    table = compile_query(f"{text} | stats count(), min(@lb.time_ns) by a, @lb.record")
    _, partials = found(_core.Grep(table.plan_bytes(), wanted="plan"), data, piece_bytes=piece_bytes)
    _, whole = indexed(table.plan_bytes(), data)
    assert finished(table.plan_bytes(), partials) == finished(table.plan_bytes(), whole)


def finished(plan: bytes, partials: list[bytes]) -> bytes:
    """The rows of an aggregate."""
    return _core.finish_partial(plan, _core.merge_partials(plan, partials))


def indexed(plan: bytes, data: bytes) -> tuple[list[Any], list[bytes]]:  # Any: rows as the engine gives them
    """What a segment of the file answers."""
    builder = _core.Builder(index="logs")
    builder.begin_object(OBJECT_URL, modified_ns=MODIFIED_NS, received_ns=RECEIVED_NS)
    builder.feed(data)
    builder.end_object()
    segment = builder.take_segment()
    if segment is None:
        return [], []
    search = _core.LeafSearch(plan, _core.SegmentReader(segment.address, "segment"))
    rows = []
    while needs := search.needs():
        search.feed([segment.data[offset : offset + length] for offset, length in needs])
        rows += search.take_rows()
    rows += search.take_rows()
    return sorted(rows, key=lambda row: row[2]), [search.partial()] if b'"aggregate":null' not in plan else []

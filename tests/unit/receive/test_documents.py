"""Bodies are cut into documents as they were sent, and no line spoils another's."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive.documents import documents, quoted
from lakebed.serve.receive.event_lines import json_line, text_line
from tests.unit.receive.reading import ARRIVAL, events

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=4)
BROKEN = st.sampled_from(
    [b'{"a":', b'{"a":"', b"[{", b"}", b'"', b"]", b"\\", b"nul", b"{]", b"\xff", b"\0", b"{", b"\n"]
)


def cut(body: bytes) -> list[tuple[bytes, bool]]:
    return [(piece.text, piece.is_json) for piece in documents(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b" \r\n\n ", []),
        (b'{"a":1}', [(b'{"a":1}', True)]),
        (b'\xef\xbb\xbf{"a":1}\r\n{"b":1.50}\r\n', [(b'{"a":1}', True), (b'{"b":1.50}', True)]),
        (b'{"a":1}{"b":"}{"} {"c":[]}', [(b'{"a":1}', True), (b'{"b":"}{"}', True), (b'{"c":[]}', True)]),
        (b'[{"a":1},\n {"b":\n2}, 3]', [(b'{"a":1}', True), (b'{"b": 2}', True), (b"3", True)]),
        (b'{\n  "a": "x\\n",\n  "b": 2\n}\n{"c":3}', [(b'{   "a": "x\\n",   "b": 2 }', True), (b'{"c":3}', True)]),
        (b'{"a":1}\nnot json\n{"b":2}', [(b'{"a":1}', True), (b"not json", False), (b'{"b":2}', True)]),
        (b'{"a":\n{"b":2}', [(b'{"a":', False), (b'{"b":2}', True)]),
        (b'{"a":1} rest', [(b'{"a":1}', True), (b"rest", False)]),
        (b'{"a":"\\ud800"}', [(b'{"a":"\\ud800"}', True)]),
        (b'{"a":"\\\\ud800"}', [(b'{"a":"\\\\ud800"}', True)]),
        (b'{"a":"\xff"}', [(b'{"a":"\xff"}', True)]),
        (b'{"a":NaN}', [(b'{"a":NaN}', False)]),
        (b'{"a":"\0"}', [(b'{"a":"\0"}', False)]),
        (b"[" * 2000 + b"]" * 2000, [(b"[" * 2000 + b"]" * 2000, False)]),
    ],
)
def test_a_body_is_cut_into_documents(body: bytes, expected: list[tuple[bytes, bool]]) -> None:
    assert cut(body) == expected


@given(st.lists(OBJECTS, max_size=6), st.sampled_from(["", "\n", " ", "\r\n", "\n\n"]), st.sampled_from([None, 1]))
def test_documents_come_back_however_they_were_joined(
    sent: list[dict[str, object]], separator: str, indent: int | None
) -> None:
    body = separator.join(json.dumps(one, indent=indent) for one in sent).encode()
    assert [json.loads(text) for text, _ in cut(body)] == sent
    array = json.dumps(sent, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert [json.loads(text) for text, _ in cut(array)] == sent


@given(st.lists(st.tuples(OBJECTS, st.lists(BROKEN, max_size=4)), min_size=1, max_size=5), st.booleans())
def test_whatever_a_client_sends_each_line_is_one_event_and_those_of_others_are_as_sent(
    sent: list[tuple[dict[str, object], list[bytes]]], is_concatenated: bool
) -> None:
    bodies = [json.dumps(value).encode() + (b"" if is_concatenated else b"\n") + b"".join(rest) for value, rest in sent]
    lines = [
        json_line(text, ARRIVAL) if is_json else text_line(text, ARRIVAL)
        for body in bodies
        for text, is_json in cut(body)
    ]
    assert not any(b"\n" in line for line in lines)
    # between two of a well-behaved neighbour's; a first one, so that the object is known to be JSON
    neighbours = [
        b'{"neighbour":1,"eventTime":"2026-01-01T00:00:00Z"}',
        b'{"neighbour":2,"eventTime":"2026-01-01T00:00:00Z"}',
    ]
    found = events([neighbours[0], *lines, neighbours[1]])
    assert len(found) == len(lines) + 2
    assert (found[0], found[-1]) == (
        ({"neighbour": 1, "eventTime": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00Z"),
        ({"neighbour": 2, "eventTime": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00Z"),
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_kept_as_a_message(text: bytes) -> None:
    line = quoted(text)
    assert b"\n" not in line
    ascii_text = bytes(byte & 0x7F for byte in text)
    assert json.loads(quoted(ascii_text)) == ascii_text.decode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"' * 200_000,
        b'\\"' * 1_000_000,
        b'"' + b'\\"' * 1_000_000,
        b'{"' * 500_000,
        b"[" * 1_000_000,
        b"{\n" * 100_000,
        b'{"a":1}' * 100_000 + b"{",
        b"{}\n{ " * 50_000,
        b" " * 5_000_000,
        b'[1,{"a":\n' * 30_000,
        b"{}{" + b"{} {," * 100_000,
    ],
    ids=lambda body: str(body[:8]),
)
def test_a_body_that_is_made_to_be_slow_is_cut_in_linear_time(body: bytes) -> None:
    half = body[: len(body) // 2]
    measured = []
    for text in (half, body):
        started = time.process_time()
        assert sum(1 for _ in documents(text)) <= len(text)
        measured.append(time.process_time() - started)
    assert measured[1] < 0.2 or measured[1] < 8 * measured[0], "twice the bytes take twice the time, give or take"

"""Samples that are damaged at random: nothing of the text is lost, and events do not depend on how the text arrives.

Words that stand nowhere else are planted in the lines of a sample. Each must be found again: in a value, in a name, or
in the `message` of a line that did not parse. Lines whose text is no event, as comments are, are told below.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed import _core
from tests.formats.test_formats import CASES, METADATA, MODIFIED_NS, rows

if TYPE_CHECKING:
    from pathlib import Path

# Lines that describe others or are comments; a word in them is seen by nobody.
NO_EVENTS = dict.fromkeys(("zeek", "w3c", "cloudfront"), re.compile(rb"#"))
# A header gives names to the values of the lines behind it: its words are found only where there are such values.
HEADERS = {"csv": 1, "vpcflow": 1}
# Samples that are not UTF-8; words are planted in their text.
ENCODINGS = {"utf16": "utf-16", "utf16_without_mark": "utf-16-be"}
# Of each sample; there are many of them, and other seeds each day.
EXAMPLES = 25
BYTES = st.binary(min_size=1, max_size=3) | st.sampled_from(
    [b"\n", b'"', b"\\", b"\t", b"#", b"\r\n", b"{", b"]", b"\0", b"\xff"]
)


def read(text: bytes, *, name: str, part: int | None = None) -> tuple[dict[str, Any], list[Any]]:  # Any: JSON
    """The report, and the events with their metadata, in order."""
    builder = _core.Builder(index="mutated")
    named = _core.SourceSettings(json.dumps({"format": name}).encode())
    builder.begin_object("file:///m.log", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS, settings=named)
    for at in range(0, len(text), part or len(text)):
        builder.feed(text[at : at + (part or len(text))])
    report = json.loads(builder.end_object())
    segment = builder.take_segment()
    found = [sorted(rows(segment, columns), key=lambda row: row[0]) for columns in (None, METADATA)]
    return report, found


def decoded(data: bytes, encoding: str) -> bytes:
    """The text of a sample, as bytes in which words can be planted."""
    return data if encoding == "utf-8" else data.decode(encoding).encode("utf-8", "surrogatepass")


def encoded(text: bytes, encoding: str) -> bytes:
    """The text as its sample has it. What was planted in the middle of a character makes it another one."""
    return text if encoding == "utf-8" else text.decode("utf-8", "replace").encode(encoding)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_planted_words_are_found_again(path: Path, data: st.DataObject) -> None:
    name = path.parent.name
    encoding = ENCODINGS.get(path.stem, "utf-8")
    lines = decoded(path.read_bytes(), encoding).split(b"\n")
    planted = {}
    for number, line in enumerate(lines):
        is_event = number >= HEADERS.get(name, 0) and not NO_EVENTS.get(name, re.compile(rb"(?!)")).match(line)
        if line.strip() and is_event and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(line)))
            word = b"qz%03dx" % number
            lines[number] = line[:at] + word + line[at:]
            planted[word.decode()] = lines[number]
    _, (events, _) = read(encoded(b"\n".join(lines), encoding), name=name)
    text = json.dumps(events, ensure_ascii=False)
    lost = {word: line for word, line in planted.items() if word not in text}
    assert not lost


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_damage_gives_the_same_events_however_it_arrives(path: Path, data: st.DataObject) -> None:
    text = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 5) | st.integers(0, len(text)))
        text = text[:start] + data.draw(BYTES | st.just(text[start : start + length])) + text[start + length :]
    whole = read(text, name=path.parent.name)
    assert whole == read(text, name=path.parent.name, part=data.draw(st.integers(1, 50)))
    assert whole[0]["events"] == len(whole[1][0])
    if not text.strip():
        assert whole[0]["events"] == 0

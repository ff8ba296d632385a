"""What goes wrong with real logs, by the samples of every format: nothing is lost, and what was right stays right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.formats.test_formats import CASES
from tests.formats.test_mutated import ENCODINGS, HEADERS, NO_EVENTS, read

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [path for path in CASES if path.stem not in ENCODINGS]
OVER_LINES = {"pretty", "envelope_kubectl", "event_viewer"}
"""Samples whose records have several lines each."""
FOREIGN = (
    b'{"time": "2026-01-15T10:14:02Z", "name": "foreignjson"}\n'
    b'203.0.113.99 - foreignuser [15/Jan/2026:10:14:02 +0000] "GET /a HTTP/1.1" 404 162 "-" "curl/8.11.0"\n'
    b"and at last a line of foreigntext that no parser knows\n"
)


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: f"{path.parent.name}/{path.stem}")


@each(TEXTS)
def test_a_format_that_changes_in_the_middle(path: Path) -> None:
    text = path.read_bytes()
    _, (own, _) = read(text, name=path.parent.name)
    _, (found, metadata) = read(text.rstrip(b"\r\n") + b"\n" + FOREIGN, name=path.parent.name)
    assert found[: max(len(own) - 1, 0)] == own[:-1], "what came before has changed"
    told = json.dumps(found[max(len(own) - 1, 0) :])
    assert [word for word in ("foreignjson", "foreignuser", "foreigntext") if word not in told] == []
    assert len(metadata) == len(found)


@each([path for path in TEXTS if path.parent.name in {*NO_EVENTS, *HEADERS} and path.stem != "late_header"])
def test_headers_that_come_again(path: Path) -> None:
    """As when rotated files are put together."""
    text = path.read_bytes().rstrip(b"\r\n") + b"\n"
    report, (own, _) = read(text, name=path.parent.name)
    again, (found, _) = read(text + text, name=path.parent.name)
    assert [event for _, event in found] == [event for _, event in own] * 2
    assert again["unparsed_lines"] == 2 * report["unparsed_lines"]


@each([path for path in TEXTS if path.stem not in OVER_LINES])
def test_a_file_that_is_cut_anywhere(path: Path) -> None:
    """The last line may be told otherwise, no other."""
    text = path.read_bytes().rstrip(b"\r\n") + b"\n"
    name = path.parent.name
    for end in range(len(text) // 17, len(text), max(len(text) // 23, 1)):
        line = text.rfind(b"\n", 0, end) + 1
        _, (whole, _) = read(text[:line] or b"\n", name=name)
        _, (found, _) = read(text[:end], name=name)
        kept = max(len(whole) - 1, 0)
        assert found[:kept] == whole[:kept]
        rest = text[line:end].strip()
        is_event = rest and not rest.startswith(b"#") and text.count(b"\n", 0, line) >= HEADERS.get(name, 0)
        assert len(found) >= kept + bool(is_event)

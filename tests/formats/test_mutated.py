"""Samples that were damaged on their way: whatever the bytes, no parser fails, and no line is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lakebed import _core
from tests.formats.test_formats import CASES, MODIFIED_NS

if TYPE_CHECKING:
    import random
    from pathlib import Path

TEXTS_EACH = 40
CHANGES_MAX = 6
CUT_BYTES_MAX = 30
BYTES = b' \t"\\[]{}()|,:;=#-/0aZ\x00\xff\n\r'
HEADERS = {"cloudfront": b"#", "vpcflow": b"abcdefghijklmnopqrstuvwxyz"}
"""Line formats some of whose lines are no events: how these begin."""
LINE_FORMATS = {
    *HEADERS,
    *("access", "apache_error", "elb", "haproxy", "nginx_error", "route53", "s3access", "squid", "text"),
}
"""Formats whose record is a line, whatever it looks like."""


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_line_of_a_damaged_sample_is_lost(rng: random.Random, path: Path) -> None:
    name = path.parent.name
    for _ in range(TEXTS_EACH):
        data = damaged(rng, path.read_bytes())
        events = count_events(data, name)
        lines = [line.removesuffix(b"\r") for line in data.split(b"\n") if line.strip(b" \t\r\f")]
        if name in LINE_FORMATS:
            headers = sum(line[:1] in [bytes([one]) for one in HEADERS.get(name, b"")] for line in lines)
            assert len(lines) - headers <= events <= len(lines), data
        else:
            assert events > 0 or not lines, data


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The text with some bytes changed, put in, cut out, or its lines repeated."""
    for _ in range(rng.randint(1, CHANGES_MAX)):
        at = rng.randrange(len(data) + 1)
        change = bytes([rng.choice(BYTES)])
        lines = data.splitlines(keepends=True)
        kinds = [
            data[:at] + change + data[at + 1 :],
            data[:at] + change + data[at:],
            data[:at] + data[at + rng.randint(1, CUT_BYTES_MAX) :],
            data + (rng.choice(lines) if lines else b"x\n"),
        ]
        data = rng.choice(kinds)
    return data


def count_events(data: bytes, name: str) -> int:
    """Events of the text, read as this format."""
    builder = _core.Builder(index="formats")
    settings = _core.SourceSettings(json.dumps({"format": name}).encode())
    builder.begin_object("file:///x", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS, settings=settings)
    builder.feed(data)
    report = json.loads(builder.end_object())
    segment = builder.take_segment()
    written = json.loads(segment.summary)["events"] if segment else 0
    assert report["events"] == written
    return int(written)

"""Freezes a sample of the segment format: run once when the format gets a new version, never to make a test pass.

usage: python -m tests.frozen.freeze tests/frozen/v2
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lakebed import _core

OBJECT = "s3://logs/sample.json"


def sample_events() -> list[dict[str, object]]:
    """Events that need every encoding: constants, dictionaries, templates, times, integers, bools, arrays, odd ones."""
    events: list[dict[str, object]] = []
    for number in range(400):
        event: dict[str, object] = {
            "eventTime": f"2026-01-{1 + number // 20:02}T{number % 24:02}:00:{number % 60:02}Z",
            "eventName": ("GetObject", "PutObject", "ListBuckets")[number % 3],
            "eventID": f"{number * 2654435761 % 2**32:08x}-1a2b-4c3d-8e4f-{number * 11400714819323198485 % 2**48:012x}",
            "sourceIPAddress": f"198.51.100.{number % 50}",
            "bytes": number * number * 1000,
            "readOnly": number % 3 != 1,
            "constant": "the same everywhere",
            "user": {
                "name": f"user-{number % 7}",
                "tags": ["a", f"t{number % 5}", number % 4],
                "empty": {},
                "none": None,
            },
        }
        if number % 10 == 0:
            event["errorCode"] = "AccessDenied"
            event["key"] = f"AKIA{number:04}QRSTUVWXYZ{number:02}"[:20]
        if number == 123:
            event |= {
                "needle": "zebra",
                "big": 123456789012345678901234567890,
                "decimal": 1.25,
                "lone": "\ud800",
                "a.b": 1,
            }
        events.append(event)
    return events


def freeze(folder: Path) -> None:
    """Writes the segment and the events that went into it."""
    builder = _core.Builder(index="sample", page_bytes=8_000)
    builder.begin_object(OBJECT, modified_ns=0, received_ns=1)
    lines = "".join(f"{json.dumps(event)}\n" for event in sample_events())
    builder.feed(lines.encode())
    builder.end_object()
    segment = builder.take_segment()
    assert segment is not None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "segment.lb").write_bytes(segment.data)
    (folder / "events.jsonl").write_text(lines)


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))

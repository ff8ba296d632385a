"""What the engine makes of lines, as an index would have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

ARRIVAL = b'"2026-01-02T03:04:05.250Z"'
ARRIVAL_NS = 1_767_323_045_250_000_000


def events(lines: Sequence[bytes], settings: SourceSettings | None = None) -> list[tuple[dict[str, Any], str]]:
    """Each event, and its time."""
    text = b"".join(line + b"\n" for line in lines)
    parsed = ParsedObject("file:///raw", [text], settings or SourceSettings(), modified_ns=ARRIVAL_NS)
    return [(json.loads(event.json, parse_float=str), event.metadata["@lb.time"]) for event in parsed]

"""Events for tests: JSON lines with the metadata that indexing would give them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakebed.query.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

OBJECT_URL = "file:///logs/events.json"
MODIFIED_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
RECEIVED_NS = 1_767_312_000_000_000_000  # 2026-01-02T00:00:00Z
TIME_FIELD = "time"
INDEX_NAME = "logs"
SOURCE_TYPE = "json"


@dataclass(frozen=True)
class Num:
    """A JSON number, as its text."""

    text: str


Json = Any  # a JSON value whose numbers are `Num`; spelled out, each test would have to narrow it


OFFSET = re.compile("([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$")


@dataclass(frozen=True)
class Event:
    """One event as the engine would know it."""

    line: str
    value: Json
    time_ns: int
    time_source: str
    record: int
    object: str = OBJECT_URL
    received_ns: int = RECEIVED_NS
    source_type: str = SOURCE_TYPE

    @property
    def order(self) -> tuple[int, str, int]:
        return (self.time_ns, self.object, self.record)


def load_json(text: str) -> Json:
    """Reads JSON and keeps the text of every number."""
    return json.loads(text, parse_int=Num, parse_float=Num)


def read_events(lines: Iterable[str]) -> list[Event]:
    """Gives each line its time: the field `time`, else the previous event's, else the object's."""
    events: list[Event] = []
    previous_ns: int | None = None
    for record, line in enumerate(lines):
        value = load_json(line)
        given = value.get(TIME_FIELD) if isinstance(value, dict) else None
        time_ns = parse_time(given) if isinstance(given, str) else None
        if time_ns is not None:
            assert isinstance(given, str)
            source = f"field {TIME_FIELD}" + ("" if OFFSET.search(given[len("2026-01-01") :]) else ", zone assumed")
        elif previous_ns is not None:
            time_ns, source = previous_ns, "previous"
        else:
            time_ns, source = MODIFIED_NS, "object"
        if source != "object":
            previous_ns = time_ns
        events.append(Event(line, value, time_ns, source, record))
    return events

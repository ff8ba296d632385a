"""Access logs as real servers wrote them: every line is an event, as an expression of our own reads it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.formats.test_formats import look

if TYPE_CHECKING:
    from pathlib import Path

LINE = re.compile(r'^(\S+) \S+ \S+ \[[^]]+\] "(?:([A-Z]+) )?.*?" (\d{3}) (\d+|-)(?: |$)')


@pytest.mark.real_data
def test_real_lines_are_events_with_the_fields_that_an_expression_finds(sample_logs: Path) -> None:
    path = sample_logs / "web-auth-elastic-examples" / "apache_logs"
    lines = path.read_text().splitlines()
    looked = look(path)
    report, events = looked["report"], [row["event"] for row in looked["events"]]
    assert (report["format"], report["events"], report["unparsed_lines"]) == ("access", len(lines), 0)
    assert {name: count for name, count in report["time_sources"].items() if count} == {"format": len(lines)}
    expected = Counter(found.groups() if (found := LINE.match(line)) else line for line in lines)
    assert len(lines) == 10_000
    assert Counter(read(event) for event in events) == expected


def read(event: dict[str, str]) -> tuple[str | None, ...]:
    """Address, method, status and size of an event, as text."""
    size = event.get("body_bytes_sent", "-")
    return event["remote_addr"], event.get("method"), json.dumps(event["status"]), str(size)

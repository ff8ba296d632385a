"""What the receiver has counted since it started; metrics and the last lines of `lakebed receive` show it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class ReceiveCounts:
    """Bounded: names are of our own endpoints and of sources that exist."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By endpoint and status."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Lines that are durable, by source and endpoint."""

    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages of syslog that were lost, by source and reason."""

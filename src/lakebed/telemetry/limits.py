"""Limits of metrics, logs and their endpoints, and why."""

from __future__ import annotations

METRIC_LABELS_MAX = 2_000
"""Values of one label: twice as many as a configuration may have sources. What comes after those is told as `other`."""

METRIC_LABEL_CHARS_MAX = 100
"""Of a value of a label: as long as an index's name may be."""

METRIC_COUNTS_KEPT_S = 10.0
"""The table of work is counted at most so often; scrapers ask every 15 seconds, and there may be several."""

TELEMETRY_CONNECTIONS = 16
"""At once to `/metrics` and its like; when one more comes, the oldest is cut off."""

TELEMETRY_TIMEOUT_S = 10
"""A client of these that sends or takes nothing for so long is cut off."""

TELEMETRY_REASON_CHARS_MAX = 300
"""Of the reason why a check fails, as it is told to whoever asks."""

LOG_TEXT_CHARS_MAX = 1_000
"""Of a text in a log line: an address or an error, not a dump."""

LOG_ITEMS_MAX = 50
"""Members of a list or an object in a log line."""

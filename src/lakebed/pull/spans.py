"""Spans of time in settings: `30s`, `10m`, `2h`, `7d`; and where a source begins."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from lakebed.errors import UsageError

_SPAN = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(text: str | float, what: str) -> float:
    """The seconds of a span, which may be told as a number. Raises `UsageError`, which names `what`.

    >>> seconds_of("10m", "reread")
    600
    """
    if not isinstance(text, str):
        return text
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UsageError(f"{what} = '{text[:40]}' is no span of time; wanted such as '30s', '10m', '2h' or '7d'")
    return int(match[1]) * _UNITS_S[match[2]]


def beginning_ms(text: str, now_s: float) -> int:
    """Where a source begins: a span before now, a day or a moment. Raises `UsageError`.

    >>> beginning_ms("2026-01-01", 0), beginning_ms("1d", 86_401)
    (1767225600000, 1000)
    """
    if _SPAN.fullmatch(text):
        return max(0, int((now_s - seconds_of(text, "since")) * 1000))
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"since = '{text[:40]}' is no time; wanted such as '7d' or '2026-01-31'") from None
    return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))

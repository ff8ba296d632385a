"""Points in time as people type them: `24h` ago, a date, an RFC 3339 time, seconds since 1970."""

from __future__ import annotations

import datetime
import re

from lakebed.errors import UsageError
from lakebed.query.times import parse_time

_UNITS_NS = {
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
    "d": 86_400 * 1_000_000_000,
    "w": 7 * 86_400 * 1_000_000_000,
}
_RELATIVE = re.compile(r"(\d{1,6})\s*([smhdw])")
_EPOCH = re.compile(r"\d{9,19}")


def parse_moment(value: str | datetime.datetime | None, now_ns: int) -> int | None:
    """Nanoseconds since 1970 UTC; None for None. Raises `UsageError` for text that is no time.

    A number followed by s, m, h, d or w is that long ago. A bare number is seconds, milliseconds, microseconds or
    nanoseconds since 1970, told apart by its length. A `datetime` without a zone is UTC, as text without one is.

    >>> parse_moment("2026-01-01", 0), parse_moment("1h", 3_600_000_000_001)
    (1767225600000000000, 1)
    """
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    text = value.strip()
    if text == "now":
        return now_ns
    if relative := _RELATIVE.fullmatch(text):
        return now_ns - int(relative[1]) * _UNITS_NS[relative[2]]
    if _EPOCH.fullmatch(text):
        return int(text) * _epoch_unit_ns(len(text))
    found = parse_time(text)
    if found is None:
        raise UsageError(
            f"not a time: '{value}'; wanted '24h' (s, m, h, d, w), '2026-01-31', '2026-01-31T12:00:00Z' "
            "or seconds since 1970"
        )
    return found


def _epoch_unit_ns(digits: int) -> int:
    """Seconds have ten digits from 2001 to 2286; three more for each finer unit."""
    units = ((11, 1_000_000_000), (14, 1_000_000), (17, 1000))
    return next((unit for limit, unit in units if digits <= limit), 1)

"""Times in queries and in values: text to nanoseconds since 1970 UTC and back, without rounding."""

from __future__ import annotations

import datetime
import re

NS_PER_S = 1_000_000_000
TIME_NS_MIN = -(2**63)
TIME_NS_MAX = 2**63 - 1
"""Times are 64-bit nanoseconds in the engine: 1677-09-21 to 2262-04-11."""

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r" ?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()


def parse_time(text: str) -> int | None:
    """Nanoseconds of an ISO 8601 / RFC 3339 time with a date; None when the text is none.

    No zone means UTC. Digits after the ninth of a fraction are dropped; a leap second counts as
    the last nanosecond before it. The engine reads values in the same way.

    >>> parse_time("1970-01-01T00:00:01.5+00:00")
    1500000000
    >>> parse_time("yesterday") is None
    True
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    fraction_ns = int((fraction or "0")[:9].ljust(9, "0"))
    if seconds == 60:
        seconds, fraction_ns = 59, NS_PER_S - 1
    offset_s = _zone_offset_s(zone)
    if hours > 23 or minutes > 59 or seconds > 59 or offset_s is None:
        return None
    total_s = days * 86_400 + hours * 3_600 + minutes * 60 + seconds - offset_s
    time_ns = total_s * NS_PER_S + fraction_ns
    return time_ns if TIME_NS_MIN <= time_ns <= TIME_NS_MAX else None


def format_time(time_ns: int) -> str:
    """RFC 3339 text in UTC; the fraction is as long as it has to be.

    >>> format_time(1500000000)
    '1970-01-01T00:00:01.5Z'
    """
    seconds, fraction = divmod(time_ns, NS_PER_S)
    days, second_of_day = divmod(seconds, 86_400)
    date = datetime.date.fromordinal(days + _EPOCH_DAY).isoformat()
    clock = f"{second_of_day // 3_600:02}:{second_of_day // 60 % 60:02}:{second_of_day % 60:02}"
    digits = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{date}T{clock}{digits}Z"


def _zone_offset_s(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 3_600 + minutes * 60) * (-1 if zone[0] == "-" else 1)

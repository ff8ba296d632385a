"""Times with a date, read slowly: by a regular expression and datetime."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.events import Json

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def time_of(value: Json) -> int | None:
    """Nanoseconds of a time with a date, None when the value is none."""
    if not isinstance(value, str):
        return None
    shape = r"([0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?(.*)"
    match = re.fullmatch(shape, value)
    if match is None or (match[5] and not match[2]):
        return None
    clock = (match[2] or " 00:00")[1:].replace(match[4] or "\0", "")
    is_leap_second = len(clock) == 8 and clock.endswith(":60")
    zone = match[5].strip() if re.fullmatch(" ?[^ ]+", match[5]) else match[5]
    try:
        clock = clock[:-2] + "59" if is_leap_second else clock
        moment = datetime.datetime.fromisoformat(f"{match[1]}T{clock}+00:00")
        offset = zone_offset(zone)
    except ValueError:
        return None
    seconds = (moment - EPOCH) // datetime.timedelta(seconds=1) - offset
    fraction = 999_999_999 if is_leap_second else int((match[4] or ".0")[1:10].ljust(9, "0"))
    time_ns = seconds * 10**9 + fraction
    return time_ns if -(2**63) <= time_ns < 2**63 else None


def zone_offset(zone: str) -> int:
    if zone in ("", "Z", "z"):
        return 0
    match = re.fullmatch("([+-])([0-9]{2}):?([0-9]{2})?", zone)
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59 or zone.endswith(":"):
        raise ValueError(zone)
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds


def rfc3339(time_ns: int) -> str:
    moment = EPOCH + datetime.timedelta(seconds=time_ns // 10**9)
    fraction = f"{time_ns % 10**9:09}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"

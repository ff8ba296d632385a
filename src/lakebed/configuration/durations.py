"""Lengths of time in `lakebed.toml`: `30s`, `5m`, `12h`, `90d`, `4w`."""

from __future__ import annotations

import datetime
import math
import re
from typing import TYPE_CHECKING

from lakebed.query.time_spans import UNITS_NS
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.configuration.value import Value

NS_PER_S = 1_000_000_000
DAY_S = 86_400
YEARS_100_S = 100 * 365 * DAY_S
"""What is longer is a slip of the finger."""

_SPAN = re.compile(rf"([0-9]{{1,12}})({'|'.join(UNITS_NS)})")
_SPELLED = re.compile(
    r"\s*([0-9]{1,6})\s*(?:(s)(?:ec(?:ond)?s?)?|(m)in(?:ute)?s?|(h)(?:(?:ou)?rs?)?|(d)(?:ays?)?|(w)(?:eeks?)?)\s*",
    re.IGNORECASE,
)
_UNEVEN = re.compile(r"\s*([0-9]{1,6})\s*(?:(mo|mon|months?)|(y|yr|years?|a))\s*", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS_PER_MONTH = 30.4375
_DAYS_PER_YEAR = 365.25


def duration(least_s: float, most_s: float) -> Callable[[Value], float]:
    """A length of time in a range, in seconds."""

    def read(value: Value) -> float:
        seconds = _seconds(value)
        if not least_s <= seconds <= most_s:
            value.fail(f"wanted {duration_text(least_s)} to {duration_text(most_s)}, found {described(value.found)}")
        return seconds

    return read


def duration_words(least_s: float, most_s: float) -> Callable[[Value], str]:
    """A length of time in a range, as it is written."""

    def read(value: Value) -> str:
        duration(least_s, most_s)(value)
        return str(value.found)

    return read


def beginning(value: Value) -> str:
    """A moment in the past: a length of time before now, a day or a time."""
    found = value.found
    if isinstance(found, datetime.date):  # a datetime too
        return found.isoformat()
    if isinstance(found, str) and _DAY.match(found):
        try:
            datetime.datetime.fromisoformat(found)
        except ValueError:
            value.fail(f"there is no day or time {described(found)}")
        return found
    return duration_words(1, YEARS_100_S)(value)


def retention(least_s: int, most_s: int) -> Callable[[Value], int | None]:
    """A length of time in seconds; None for `forever`."""

    def read(value: Value) -> int | None:
        if value.found == "forever":
            return None
        return int(duration(least_s, most_s)(value))

    return read


def _seconds(value: Value) -> float:
    found = value.found
    if not isinstance(found, str):
        value.fail(f'wanted a length of time such as "90d" or "5m", found {described(found)}')
    if span := _SPAN.fullmatch(found):
        return int(span[1]) * UNITS_NS[span[2]] / NS_PER_S
    if uneven := _UNEVEN.fullmatch(found):
        unit, days = ("months", _DAYS_PER_MONTH) if uneven[2] else ("years", _DAYS_PER_YEAR)
        value.fail(f'{unit} differ in length: write days, such as "{math.ceil(int(uneven[1]) * days)}d"')
    if spelled := _SPELLED.fullmatch(found):
        unit = next(one for one in spelled.groups()[1:] if one).lower()
        value.fail(f'wanted a length of time such as "90d", found {described(found)}: write "{spelled[1]}{unit}"')
    return value.fail(f'wanted a length of time such as "30s", "5m", "12h", "90d", "4w", found {described(found)}')


def duration_text(seconds: float) -> str:
    """A length of time as one would write it.

    >>> duration_text(90 * 86_400), duration_text(0.5), duration_text(90)
    ('90d', '500ms', '90s')
    """
    for unit, length in (("d", DAY_S), ("h", 3_600), ("m", 60), ("s", 1)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length:.0f}{unit}"
    return f"{seconds * 1_000:.0f}ms"

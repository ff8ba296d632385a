"""Lengths of time in `lakebed.toml`: `30s`, `5m`, `12h`, `90d`, `4w`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from lakebed.query.time_spans import parse_span
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.configuration.value import Value

NS_PER_S = 1_000_000_000
DAY_S = 86_400

_SPELLED = re.compile(
    r"\s*([0-9]{1,6})\s*(?:(s)(?:ec(?:ond)?s?)?|(m)in(?:ute)?s?|(h)(?:(?:ou)?rs?)?|(d)(?:ays?)?|(w)(?:eeks?)?)\s*",
    re.IGNORECASE,
)
_UNEVEN = re.compile(r"\s*([0-9]{1,6})\s*(?:(mo|mon|months?)|(y|yr|years?|a))\s*", re.IGNORECASE)
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
    span = parse_span(found)
    if span is not None and span.ns is not None:
        return span.ns / NS_PER_S
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

"""Dates in the keys of objects: `AWSLogs/1/CloudTrail/eu-west-1/2026/01/02/…`, `web/2026-01-02/…`, `day=20260102/…`.

Where keys have them, new objects come at the end of the order of keys, so that a listing may start at a date; and a
range of the past is a range of keys.
"""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<first>/month=|/m=|[-_/]?)(?P<month>0[1-9]|1[0-2])"
    r"(?P<second>/day=|/d=|[-_/]?)(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
)
_TIME_BEHIND = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<first>)(?P<month>0[1-9]|1[0-2])(?P<second>)(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?=(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d))"
)
"""The same with the time right behind it: `app-20260102030405.log`."""


class Stem(NamedTuple):
    """What stands before the date, and how the date is written: keys of one stem are in order of their dates."""

    text: str
    first: str
    second: str

    def key(self, day: datetime.date) -> str:
        """The beginning of keys of this day; smaller than all of them that go on behind it.

        >>> Stem("web/", "/", "/").key(datetime.date(2026, 1, 2))
        'web/2026/01/02'
        """
        return f"{self.text}{day.year:04}{self.first}{day.month:02}{self.second}{day.day:02}"


def date_of_key(key: str) -> tuple[Stem, datetime.date] | None:
    """The first date in a key, if there is one.

    >>> date_of_key("AWSLogs/1/CloudTrail/us-east-1/2026/01/02/1_CloudTrail.json.gz")[1].isoformat()
    '2026-01-02'
    """
    places = [found for found in (_DATE.search(key), _TIME_BEHIND.search(key)) if found]
    for found in sorted(places, key=lambda one: one.start()):
        if (found["first"] == "") != (found["second"] == ""):
            continue  # 2026-0102 is no date
        try:
            day = datetime.date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            continue
        return Stem(key[: found.start()], found["first"], found["second"]), day
    return None

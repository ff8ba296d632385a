"""Spans of time, and the buckets that they cut time into: `5m`, `1h`, `1d`, `1w`, `1mon`. All in UTC.

Buckets are counted from 1970; weeks begin on Monday, months on their first day. The engine computes the same in the
leaf part, from the expression that `TimeSpan.floor_expression` gives.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from lakebed.query.expression import Call, Expression, NumberLiteral, TextLiteral

NS_PER_DAY = 86_400_000_000_000

FIRST_MONDAY_NS = 4 * NS_PER_DAY
"""1970-01-05: weeks are counted from there."""

UNITS_NS = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3_600 * 1_000_000_000,
    "d": NS_PER_DAY,
    "w": 7 * NS_PER_DAY,
}

SPAN_NS_MAX = 100 * 366 * NS_PER_DAY
"""A longer span is a slip of the finger."""

MONTH = "1mon"

AUTOMATIC_BUCKETS_MAX = 125
"""An automatic span gives at most so many buckets: a chart shows about a hundred, and thirty days that begin within a
bucket are 121 of six hours."""

_ROUND = "1ms 10ms 100ms 1s 5s 10s 15s 30s 1m 2m 5m 10m 15m 30m 1h 2h 3h 6h 12h 1d 2d 1w"
ROUND_SPANS = (*_ROUND.split(), MONTH)
"""What automatic spans are chosen from."""

_SPAN = re.compile(r"([0-9]{1,12})(ms|s|m|h|d|w)")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND_NS = 1_000


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A span as it is written. `ns` is None for a month, whose length differs."""

    text: str
    ns: int | None

    def floor(self, time_ns: int) -> int:
        """The start of the bucket that the time is in."""
        if self.ns is None:
            first = _datetime(time_ns).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            return _nanoseconds(first)
        origin = FIRST_MONDAY_NS if self.ns % (7 * NS_PER_DAY) == 0 else 0
        return time_ns - (time_ns - origin) % self.ns

    def next(self, start_ns: int) -> int:
        """The start of the bucket after the one that starts there."""
        if self.ns is None:
            first = _datetime(start_ns)
            return _nanoseconds(first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1))
        return start_ns + self.ns

    def count(self, first_ns: int, last_ns: int) -> int:
        """How many buckets there are from the one of a time to the one of a later time."""
        if self.ns is None:
            first, last = _datetime(first_ns), _datetime(last_ns)
            return 12 * (last.year - first.year) + last.month - first.month + 1
        return (self.floor(last_ns) - self.floor(first_ns)) // self.ns + 1

    def floor_expression(self, time: Expression) -> Expression:
        """`floor` of a time in ns, for the engine."""
        if self.ns is not None:
            return Call("time.floor", (time, TextLiteral(self.text)))
        days = Call("subtract", (Call("time.day", (time,)), NumberLiteral("1")))
        return Call(
            "subtract",
            (
                Call("time.floor", (time, TextLiteral("1d"))),
                Call("multiply", (days, NumberLiteral(str(NS_PER_DAY)))),
            ),
        )


def parse_span(text: str) -> TimeSpan | None:
    """Reads `5m`, `1mon`; None when it is no span.

    >>> parse_span("5m").floor(1_000_000_000_000) // 1_000_000_000
    900
    """
    if text == MONTH:
        return TimeSpan(MONTH, None)
    match = _SPAN.fullmatch(text)
    ns = int(match[1]) * UNITS_NS[match[2]] if match is not None else 0
    return TimeSpan(text, ns) if 0 < ns <= SPAN_NS_MAX else None


def automatic_span(first_ns: int, last_ns: int) -> TimeSpan:
    """The shortest round span that cuts the time from one to the other into about a hundred buckets."""
    for text in ROUND_SPANS:
        span = parse_span(text)
        assert span is not None
        if span.count(first_ns, last_ns) <= AUTOMATIC_BUCKETS_MAX:
            return span
    return TimeSpan(MONTH, None)


def _datetime(time_ns: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=time_ns // _MICROSECOND_NS)


def _nanoseconds(moment: datetime.datetime) -> int:
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1) * _MICROSECOND_NS

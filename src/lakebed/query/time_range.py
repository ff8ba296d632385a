"""Event-time conditions that every row must meet, taken out of the filter so that whole segments
can be skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.query.syntax import And, Compare, CompareTime, Everything, Filter, Relation
from lakebed.query.times import TIME_NS_MAX, TIME_NS_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME_COLUMN = "@lb.time"
_TIME_NS_COLUMN = "@lb.time_ns"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Nanoseconds since 1970 UTC: start inclusive, end exclusive; None is open."""

    since_ns: int | None
    until_ns: int | None

    @property
    def is_empty(self) -> bool:
        """Whether no time lies inside."""
        return self.since_ns is not None and self.until_ns is not None and self.since_ns >= self.until_ns

    def narrowed(self, other: TimeRange) -> TimeRange:
        """What both ranges have in common."""
        since = [bound for bound in (self.since_ns, other.since_ns) if bound is not None]
        until = [bound for bound in (self.until_ns, other.until_ns) if bound is not None]
        return TimeRange(max(since, default=None), min(until, default=None))


def lift_times(filters: Sequence[Filter], given: TimeRange) -> tuple[TimeRange, list[Filter]]:
    """Narrows the range by comparisons of event time that stand at the top of the filters; gives
    the rest."""
    rest: list[Filter] = []
    waiting = list(filters)[::-1]
    while waiting:
        filter_ = waiting.pop()
        if isinstance(filter_, And):
            waiting.extend(filter_.of[::-1])
            continue
        condition = _range_of(filter_)
        if condition is None:
            rest.append(filter_)
        else:
            given = given.narrowed(condition)
    return given, rest or [Everything()]


def _range_of(filter_: Filter) -> TimeRange | None:
    if isinstance(filter_, CompareTime) and filter_.column.name == _TIME_COLUMN:
        return _range(filter_.relation, filter_.time_ns)
    if isinstance(filter_, Compare) and filter_.column.name == _TIME_NS_COLUMN:
        is_whole = filter_.number.lstrip("-").isdigit()
        return _range(filter_.relation, int(filter_.number)) if is_whole else None
    return None


def _range(relation: Relation, time_ns: int) -> TimeRange | None:
    if not TIME_NS_MIN < time_ns < TIME_NS_MAX:  # a bound beside it would not be a time; the filter decides
        return None
    if relation is Relation.LESS:
        return TimeRange(None, time_ns)
    if relation is Relation.AT_MOST:
        return TimeRange(None, time_ns + 1)
    if relation is Relation.GREATER:
        return TimeRange(time_ns + 1, None)
    return TimeRange(time_ns, None)

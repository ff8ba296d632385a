"""The table of `timechart`: a row for each bucket of time, a column for each series."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lakebed.errors import LimitError
from lakebed.query.times import format_time
from lakebed.query.values import SortKey, number_of, sort_key, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar, TableRow
    from lakebed.query.context import Notes
    from lakebed.query.time_spans import TimeSpan

BUCKETS_MAX = 10_000
"""Rows of a chart; no page and no person looks at more, and each is there whether it has events or not."""

OTHER = "other"
NO_VALUE = "null"

ZERO_WHEN_EMPTY = frozenset({"count", "countdistinct", "rate"})
"""Functions that a bucket without rows has a value of."""

MERGED_IN_OTHER = frozenset({"count", "sum", "min", "max"})
"""Functions that several series together have a value of, given those of each."""


@dataclass(frozen=True, slots=True)
class Group:
    """What the engine found for one bucket of one series."""

    bucket_ns: int
    series: Scalar
    values: Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class Chart:
    """How groups become the rows of a chart."""

    span: TimeSpan
    functions: tuple[str, ...]
    outputs: tuple[str, ...]
    is_split: bool
    series_count: int
    since_ns: int | None
    until_ns: int | None

    def rows(self, groups: Sequence[Group], notes: Notes) -> list[TableRow]:
        """One row for each bucket, oldest first."""
        buckets = self._buckets(groups)
        columns = self._split(groups, notes) if self.is_split else self._plain(groups)
        rows: list[TableRow] = [{"@lb.time": format_time(bucket)} for bucket in buckets]
        for name, function, found in columns:
            empty = 0 if function in ZERO_WHEN_EMPTY else None
            for row, bucket in zip(rows, buckets, strict=True):
                row[name] = found.get(bucket, empty)
        return rows

    def _buckets(self, groups: Sequence[Group]) -> list[int]:
        found = [group.bucket_ns for group in groups]
        first = self.since_ns if self.since_ns is not None else min(found, default=None)
        last = self.until_ns - 1 if self.until_ns is not None else max(found, default=None)
        if first is None or last is None or first > last:
            return []
        check_buckets(self.span, first, last)
        buckets = [self.span.floor(first)]
        while (after := self.span.next(buckets[-1])) <= last:
            buckets.append(after)
        return buckets

    def _plain(self, groups: Sequence[Group]) -> list[tuple[str, str, dict[int, Scalar]]]:
        return [
            (output, function, {group.bucket_ns: group.values[place] for group in groups})
            for place, (function, output) in enumerate(zip(self.functions, self.outputs, strict=True))
        ]

    def _split(self, groups: Sequence[Group], notes: Notes) -> list[tuple[str, str, dict[int, Scalar]]]:
        by_series: dict[SortKey, list[Group]] = defaultdict(list)
        for group in groups:
            by_series[sort_key(group.series)].append(group)
        ranked = sorted(by_series, key=lambda key: (-_total(by_series[key]), key))
        shown, rest = ranked[: self.series_count], ranked[self.series_count :]
        names = _names([by_series[key][0].series for key in shown], has_other=bool(rest))
        several = len(self.functions) > 1
        columns: list[tuple[str, str, dict[int, Scalar]]] = []
        for place, (function, output) in enumerate(zip(self.functions, self.outputs, strict=True)):
            for key, name in zip(shown, names, strict=True):
                found = {group.bucket_ns: group.values[place] for group in by_series[key]}
                columns.append((f"{output}: {name}" if several else name, function, found))
            if rest and function in MERGED_IN_OTHER:
                others = [group for key in rest for group in by_series[key]]
                found = _merged(function, [(group.bucket_ns, group.values[place]) for group in others])
                columns.append((f"{output}: {OTHER}" if several else OTHER, function, found))
            elif rest:
                known = f"the {len(shown)} series with the greatest total of {len(ranked)} are shown"
                notes.add(f"{known}; {output} of the others together cannot be told from theirs")
        return columns


def check_buckets(span: TimeSpan, first_ns: int, last_ns: int) -> None:
    """Raises when there would be too many buckets between two times."""
    count = span.count(first_ns, last_ns)
    if count > BUCKETS_MAX:
        message = f"`timechart span={span.text}` would have {count:,} buckets, at most {BUCKETS_MAX:,} are made"
        raise LimitError(f"{message} (BUCKETS_MAX): choose a longer span, or a shorter time range")


def _total(groups: Sequence[Group]) -> Fraction:
    numbers = [number_of(group.values[0]) for group in groups]
    return sum((Fraction(number) for number in numbers if number is not None), Fraction(0))


def _names(values: Sequence[Scalar], *, has_other: bool) -> list[str]:
    """Names of columns, none twice: `1` and `"1"` are two series."""
    used = {"@lb.time", *([OTHER] if has_other else [])}
    names: list[str] = []
    for value in values:
        text = NO_VALUE if value is None else text_of(value)
        name, number = text, 1
        while name in used:
            number += 1
            name = f"{text} ({number})"
        used.add(name)
        names.append(name)
    return names


def _merged(function: str, found: Sequence[tuple[int, Scalar]]) -> dict[int, Scalar]:
    """The value of all series together, for each bucket."""
    by_bucket: dict[int, list[Scalar]] = defaultdict(list)
    for bucket, value in found:
        if value is not None:
            by_bucket[bucket].append(value)
    if function in ("min", "max"):
        choose = min if function == "min" else max
        return {bucket: choose(values, key=sort_key) for bucket, values in by_bucket.items()}
    return {bucket: _sum(values) for bucket, values in by_bucket.items()}


def _sum(values: Sequence[Scalar]) -> Scalar:
    if all(isinstance(value, int) for value in values):
        return sum(value for value in values if isinstance(value, int))
    numbers = [number_of(value) for value in values]
    return float(sum((Fraction(number) for number in numbers if number is not None), Fraction(0)))

"""The slow, obvious evaluator of `timechart` (see tests/oracle.py)."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests import oracle, oracle_filter, oracle_times
from tests.events import Num
from tests.oracle import OracleRow
from tests.oracle_functions import one_spelling, order_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.query.stages.timechart import Timechart
    from tests.events import Json

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
FIRST_MONDAY = EPOCH + datetime.timedelta(days=4)
NANOSECONDS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


def charted(
    stage: Timechart, rows: list[OracleRow], since_ns: int | None, until_ns: int | None, compute: Callable[..., Json]
) -> list[OracleRow]:
    """One row for each bucket of time; `compute` is `measured`."""
    span = "1h" if stage.bucket is None else stage.bucket.text
    timed = [(start_of(time_ns, span), row) for row in rows if (time_ns := time_of(row)) is not None]
    low = since_ns if since_ns is not None else min((start for start, _ in timed), default=None)
    high = until_ns - 1 if until_ns is not None else max((start for start, _ in timed), default=None)
    if low is None or high is None or low > high:
        return []
    buckets = [start_of(low, span)]
    while after(buckets[-1], span) <= high:
        buckets.append(after(buckets[-1], span))
    cells: dict[tuple[int, Any], list[OracleRow]] = {}
    values: dict[Any, Json] = {}
    for start, row in timed:
        value = None if stage.by is None else one_spelling(oracle.value_of(stage.by.expression, row))
        values.setdefault(order_key(value), value)
        cells.setdefault((start, order_key(value)), []).append(row)
    columns = columns_of(stage, values, cells, buckets, compute)
    return [OracleRow(None, {"@lb.time": oracle_times.rfc3339(start), **columns[start]}) for start in buckets]


def columns_of(
    stage: Timechart, values: dict[Any, Json], cells: Any, buckets: list[int], compute: Callable[..., Json]
) -> dict[int, dict[str, Json]]:
    """The columns of each bucket besides its time."""

    seconds = seconds_of("1h" if stage.bucket is None else stage.bucket.text)

    def cell(measure: Any, start: int, key: Any) -> Json:
        call = measure.call
        if (start, key) not in cells:
            return Num("0") if call.name in ("count", "countdistinct", "rate") else None
        return compute(call.name, cells[start, key], call.operands, call.parameters, oracle.value_of, seconds=seconds)

    def total(key: Any) -> Fraction:
        found = [cell(stage.measures[0], start, key) for start in {start for start, _ in cells}]
        return sum((Fraction(value.text) for value in found if isinstance(value, Num)), Fraction(0))

    answer: dict[int, dict[str, Json]] = {start: {} for start in buckets}
    if stage.by is None:
        for start in buckets:
            for measure in stage.measures:
                answer[start][measure.output] = cell(measure, start, (0, 0))
        return answer
    ranked = sorted(values, key=lambda key: (-total(key), key))
    shown, rest = ranked[: stage.series_count], ranked[stage.series_count :]
    names = names_of([values[key] for key in shown], bool(rest))
    for measure in stage.measures:
        prefix = f"{measure.output}: " if len(stage.measures) > 1 else ""
        for start in buckets:
            for key, name in zip(shown, names, strict=True):
                answer[start][prefix + name] = cell(measure, start, key)
            if rest and measure.call.name in ("count", "sum", "min", "max"):
                found = [cell(measure, start, key) for key in rest]
                answer[start][prefix + "other"] = together(measure.call.name, [one for one in found if one is not None])
    return answer


def together(name: str, found: list[Json]) -> Json:
    if name in ("min", "max"):
        return (min if name == "min" else max)(found, key=order_key, default=None)
    if not found:
        return None
    total = sum((Fraction(value.text) for value in found), Fraction(0))
    return Num(str(total.numerator)) if total.denominator == 1 else Num(repr(float(total)))


def names_of(values: list[Json], has_other: bool) -> list[str]:
    taken = ["@lb.time"] + ["other"] * has_other
    for value in values:
        text = "null" if value is None else oracle_filter.text_of(value)
        name, number = text, 2
        while name in taken:
            name, number = f"{text} ({number})", number + 1
        taken.append(name)
    return taken[1 + has_other :]


def time_of(row: OracleRow) -> int | None:
    found = row.value("@lb.time_ns")
    if found is None:
        return oracle_times.time_of(row.value("@lb.time"))
    return int(found.text) if isinstance(found, Num) and found.text.lstrip("-").isdigit() else None


def start_of(time_ns: int, span: str) -> int:
    day = EPOCH + datetime.timedelta(days=time_ns // (86400 * 10**9))
    if span == "1mon":
        return int((day.replace(day=1) - EPOCH).total_seconds()) * 10**9
    if span.endswith("w"):
        several = int(span[:-1])
        weeks = (day - FIRST_MONDAY).days // 7 // several * several
        return int((FIRST_MONDAY + datetime.timedelta(weeks=weeks) - EPOCH).total_seconds()) * 10**9
    number = "".join(character for character in span if character.isdigit())
    length = int(number) * NANOSECONDS[span[len(number) :]]
    return time_ns // length * length


def seconds_of(span: str) -> Fraction | None:
    """The length of every bucket; months differ."""
    return None if span == "1mon" else Fraction(after(0, span), 10**9)


def after(start: int, span: str) -> int:
    """The next bucket: what a time well within it belongs to."""
    if span == "1mon":
        return start_of(start + 40 * 86400 * 10**9, span)
    if span.endswith("w"):
        return start + int(span[:-1]) * 7 * 86400 * 10**9
    number = "".join(character for character in span if character.isdigit())
    return start + int(number) * NANOSECONDS[span[len(number) :]]

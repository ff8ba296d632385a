"""The oracle's functions of `stats` and `timechart`, over the rows of one group (see tests/oracle.py)."""

from __future__ import annotations

import itertools
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lakebed.query.expression import ColumnRef
from tests.events import Json, Num
from tests.oracle_functions import MISSING, array_text, function, one_spelling, order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.oracle import OracleRow

LIST_VALUES = 100
DIFFERENT_VALUES = 1000


def measured(
    name: str,
    rows: list[OracleRow],
    operands: Sequence[Any],
    parameters: Sequence[str],
    value_of: Callable[[Any, OracleRow], Json],
    *,
    in_time_order: bool,
    seconds: Fraction | None = None,
) -> Json:
    """The value of a function over these rows, which are in their order; rows of a table have no time.

    `seconds`: of what time `rate` tells.
    """
    return one_spelling(_measured(name, rows, operands, parameters, value_of, in_time_order, seconds), name)


def _measured(
    name: str,
    rows: list[OracleRow],
    operands: Sequence[Any],
    parameters: Sequence[str],
    value_of: Callable[[Any, OracleRow], Json],
    in_time_order: bool,
    seconds: Fraction | None,
) -> Json:
    tuples = [tuple(value_of(operand, row) for operand in operands) for row in rows]
    if name in ("min", "max") and tuple(operands) == (ColumnRef("timestamp"),):
        tuples = [
            (own if own is not None else row.value("@lb.time"),) for (own,), row in zip(tuples, rows, strict=True)
        ]
    if name not in KNOWN:
        return function(name, tuples, parameters)
    if name == "rate":
        return rate(
            [int(Fraction(time.text)) for row in rows if isinstance(time := row.value("@lb.time_ns"), Num)], seconds
        )
    values = [found[0] for found in tuples]
    there = [value for value in values if value is not MISSING]
    match name:
        case "first" | "last" | "list":
            moments = simultaneous(rows, values, in_time_order)
            if name == "list":
                return array_text([value for moment in moments for value in moment][:LIST_VALUES])
            return moments[0 if name == "first" else -1][0] if moments else MISSING
        case "values":
            different = {order_key(value): value for value in reversed(there)}
            return array_text([different[key] for key in sorted(different)][:DIFFERENT_VALUES])
        case "mode":
            return mode(there)
        case "earliest" | "latest":
            return at_the_edge(name, rows, values)
        case "percentile":
            return percentile(there, Decimal(parameters[0]))
        case "median":
            return percentile(there, Decimal(50))
        case _:
            return function(name, [(value,) for value in there], parameters)


KNOWN = {
    *("first", "last", "list", "values", "mode", "earliest", "latest"),
    *("percentile", "median", "var", "stdev", "rate"),
}


def simultaneous(rows: list[OracleRow], values: list[Json], in_time_order: bool) -> list[list[Json]]:
    """The values that are there, one list for each time, smallest first; without order of time each has its own."""
    numbered = enumerate(zip(rows, values, strict=True))
    has_time = in_time_order and all(row.event is not None for row in rows)
    moments = itertools.groupby(
        ((row.event.time_ns if has_time and row.event else number, value) for number, (row, value) in numbered),
        key=lambda pair: pair[0],
    )
    found = [sorted((value for _, value in pairs if value is not MISSING), key=order_key) for _, pairs in moments]
    return [moment for moment in found if moment]


def mode(values: list[Json]) -> Json:
    keys = [order_key(value) for value in values]
    return min(values, key=lambda value: (-keys.count(order_key(value)), order_key(value)), default=MISSING)


def at_the_edge(name: str, rows: list[OracleRow], values: list[Json]) -> Json:
    """The value at the smallest or greatest time; the smallest value of those at the same time."""
    timed = [
        (order_key(time), order_key(value), value)
        for row, value in zip(rows, values, strict=True)
        if (time := row.value("@lb.time_ns")) is not MISSING and value is not MISSING
    ]
    if not timed:
        return MISSING
    edge = (min if name == "earliest" else max)(time for time, _, _ in timed)
    return min(((key, value) for time, key, value in timed if time == edge), key=lambda pair: pair[0])[1]


def percentile(values: list[Json], percent: Decimal) -> Json:
    """The nearest rank: the smallest number that so many percent are not above."""
    numbers = sorted((value for value in values if isinstance(value, Num)), key=order_key)
    if not numbers:
        return MISSING
    rank = int((percent * len(numbers) / 100).to_integral_value(ROUND_CEILING))
    return numbers[max(rank, 1) - 1]


def rate(times: list[int], seconds: Fraction | None) -> Json:
    """Rows per second of the time range, or of the time between the first and the last. Both are doubles."""
    if seconds is None:
        seconds = Fraction(float(max(times, default=0) - min(times, default=0)) / 1e9)
    return Num(repr(len(times) / float(seconds))) if seconds else MISSING

"""The oracle's aggregate functions over the values of one group."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.events import Json, Num

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = None
INTEGER_MAX = 2**127


def function(name: str, tuples: list[tuple[Json, ...]], parameters: Sequence[str]) -> Json:
    """A function over the rows of one group: for each row the values of its operands."""
    present = [found for found in tuples if MISSING not in found]
    if name == "countdistinct":
        return number(len({tuple(map(order_key, found)) for found in present}))
    values: list[Json] = [found[-1] if found else True for found in present]
    if name == "count":
        return number(len(values))
    if name in ("min", "max"):
        return (min if name == "min" else max)(values, key=order_key, default=MISSING)
    numbers = [addend(value) for value in values if isinstance(value, Num)]
    if not numbers or None in numbers:
        return MISSING
    total = sum((Fraction(value) for value in numbers if value is not None), Fraction(0))
    is_exact = all(isinstance(value, int) for value in numbers) and -INTEGER_MAX < total < INTEGER_MAX
    if name == "sum":
        return number(int(total)) if is_exact else double(total)
    rounded = double(total)
    return MISSING if rounded is MISSING else Num(repr(float(rounded.text) / len(numbers)))


def addend(value: Num) -> int | Fraction | None:
    """What `sum` adds: an integer of up to 38 digits exactly, else the nearest double.

    None for what is beyond doubles: then there is no sum.
    """
    exact = Fraction(value.text)
    if exact.denominator == 1 and -INTEGER_MAX < exact < INTEGER_MAX:
        return int(exact)
    nearest = float(value.text)
    return Fraction(nearest) if math.isfinite(nearest) else None


def double(exact: Fraction) -> Json:
    try:
        return Num(repr(float(exact)))
    except OverflowError:
        return MISSING


def number(whole: int) -> Num:
    return Num(str(whole))


def order_key(value: Json) -> tuple[int, Any]:
    """Nothing, then numbers by value, strings by bytes, booleans."""
    if value is MISSING:
        return (0, 0)
    if isinstance(value, Num):
        return (1, Fraction(value.text))
    if isinstance(value, bool):
        return (3, value)
    return (2, value.encode("utf-8", "surrogatepass"))

"""Arithmetic and comparisons in the slow evaluator: by fractions."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.events import Json, Num
from tests.expressions.values import (
    INTEGER_MAX,
    Unknown,
    canonical,
    check,
    double,
    exact,
    is_integer,
    key,
    of_float,
    small,
    whole,
)
from tests.oracle_times import time_of

if TYPE_CHECKING:
    from collections.abc import Callable


def combine(
    a: Json, b: Json, exactly: Callable[[int, int], int | None], roughly: Callable[[float, float], float]
) -> Num:
    check(isinstance(a, Num) and isinstance(b, Num))
    if is_integer(a) and is_integer(b):
        result = exactly(int(exact(a)), int(exact(b)))
        if result is not None and -INTEGER_MAX <= result < INTEGER_MAX:
            return whole(result)
    try:
        return of_float(roughly(double(a), double(b)))
    except (OverflowError, ValueError, ZeroDivisionError):
        raise Unknown from None


def add(*of: Json) -> Json:
    return fold(of, lambda a, b: combine(a, b, lambda x, y: x + y, lambda x, y: x + y))


def multiply(*of: Json) -> Json:
    return fold(of, lambda a, b: combine(a, b, lambda x, y: x * y, lambda x, y: x * y))


def fold(of: tuple[Json, ...], two: Callable[[Json, Json], Json]) -> Json:
    result = of[0]
    for other in of[1:]:
        result = two(result, other)
    return result


def subtract(a: Json, b: Json) -> Json:
    return combine(a, b, lambda x, y: x - y, lambda x, y: x - y)


def divide(a: Json, b: Json) -> Json:
    check(exact(b) != 0)
    return combine(a, b, lambda x, y: None if x % y else x // y, lambda x, y: x / y)


def remainder(a: Json, b: Json) -> Json:
    check(exact(b) != 0)
    return combine(a, b, lambda x, y: abs(x) % abs(y) * (-1 if x < 0 else 1), math.fmod)


def negate(a: Json) -> Json:
    check(isinstance(a, Num))
    text = canonical(a.text)
    return Num("0" if text == "0" else text.removeprefix("-") if text.startswith("-") else f"-{text}")


def absolute(a: Json) -> Json:
    return negate(a) if exact(a) < 0 else a


def sign(a: Json) -> Num:
    return whole((exact(a) > 0) - (exact(a) < 0))


def rounded(how: str, a: Json, *places: Json) -> Num:
    check(isinstance(a, Num))
    digits = small(places[0]) if places else 0
    check(abs(digits) <= 30)
    with decimal.localcontext() as context:
        context.prec = 2000
        step = decimal.Decimal(1).scaleb(-digits)
        return Num(canonical(str((decimal.Decimal(a.text) / step).to_integral_value(how) * step)))


def root(a: Json) -> Num:
    check(exact(a) >= 0)
    return of_float(math.sqrt(double(a)))


def logarithm(a: Json, *base: Json) -> Num:
    check(exact(a) > 0)
    if not base:
        return of_float(math.log(double(a)))
    check(exact(base[0]) > 0 and exact(base[0]) != 1)
    return of_float(math.log2(double(a)) / math.log2(double(base[0])))


def power(a: Json, b: Json) -> Num:
    def exactly(x: int, y: int) -> int | None:
        return x**y if y >= 0 and (abs(x) < 2 or y < 200) and y < 2**32 else None

    def roughly(x: float, y: float) -> float:
        result: float | complex = x**y
        if isinstance(result, complex):
            raise Unknown
        return result

    return combine(a, b, exactly, roughly)


def exponential(a: Json) -> Num:
    try:
        return of_float(math.exp(double(a)))
    except OverflowError:
        raise Unknown from None


def best(pick: Callable[..., Json], *of: Json) -> Json:
    check(all(isinstance(one, Num) for one in of))
    return pick(of, key=exact)


def equal(a: Json, b: Json) -> bool:
    check(a is not None and b is not None)
    if {type(a), type(b)} == {bool, str}:
        return ("true" if True in (a, b) else "false") in (a, b)
    return key(a) == key(b)


def order(a: Json, b: Json) -> int:
    """Below, at or above zero."""
    if isinstance(a, Num) and isinstance(b, Num):
        left, right = exact(a), exact(b)
    elif isinstance(a, str) and isinstance(b, str):
        times = time_of(a), time_of(b)
        left, right = (Fraction(times[0]), Fraction(times[1])) if None not in times else (key(a), key(b))  # type: ignore[assignment,arg-type]  # both are times, or both are keys
    else:
        raise Unknown
    return (left > right) - (left < right)


def logarithm10(a: Json) -> Num:
    check(exact(a) > 0)
    return of_float(math.log10(double(a)))

"""Makes answers comparable: numbers by value, whichever type they came as."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from tests.events import Num

DOUBLE_DIGITS_MAX = 17
"""Digits that tell every double from its neighbours."""

_EXACT = Context(prec=100_000)


def canonical(value: Any) -> Any:
    """The value with numbers that are equal by value, so that `1` equals `1.0` and not `true`."""
    if isinstance(value, dict):
        return {key: canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, Num):
        return _number(Decimal(value.text))
    if isinstance(value, float):
        return _number(Decimal(repr(value)))
    if isinstance(value, (int, Decimal)):
        return _number(Decimal(value))
    return value


def _number(exact: Decimal) -> Fraction | float:
    """An exact fraction; or a double, which two printers may write with different last digits."""
    digits = exact.normalize(_EXACT).as_tuple().digits
    fraction = Fraction(exact)
    is_double = fraction.denominator != 1 and len(digits) <= DOUBLE_DIGITS_MAX
    return float(exact) if is_double else fraction

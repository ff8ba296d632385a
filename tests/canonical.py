"""Makes answers comparable: numbers by value, whichever type they came as."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.events import Num


def canonical(value: Any) -> Any:
    """The value with every number as an exact fraction, so that `1` equals `1.0` and not `true`."""
    if isinstance(value, dict):
        return {key: canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, Num):
        return Fraction(value.text)
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, (int, Decimal)):
        return Fraction(value)
    return value

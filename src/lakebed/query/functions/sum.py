"""`sum`: the sum of numbers."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Sum(AggregateFunction):
    """`sum(c)`: the sum of the numbers in `c`; null when there is none. Integers (up to 38 digits) are summed exactly,
    decimals in double precision, rounded once.

    Example: `* | stats sum(bytes) as total by src`
    """

    name: ClassVar[str] = "sum"

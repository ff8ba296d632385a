"""`stdev`: how far numbers spread."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Stdev(AggregateFunction):
    """`stdev(c)`: the standard deviation of the numbers (of a sample: divided by n - 1); null below two numbers.

    Example: `* | stats avg(bytes), stdev(bytes) by src`
    """

    name: ClassVar[str] = "stdev"

"""`avg`: the mean of numbers."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Avg(AggregateFunction):
    """`avg(c)`: the mean of the numbers in `c`; null when there is none.

    Decimals are summed exactly in double precision and rounded once, so that the answer does not depend on how the
    work was divided.

    Example: `* | stats avg(bytes) by src`
    """

    name: ClassVar[str] = "avg"

"""`percentile`: a value that n percent of the numbers do not exceed."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction, Parameter


class Percentile(AggregateFunction):
    """`percentile(n, c)`: a number of `c` that n percent of the numbers do not exceed (nearest rank); n from 0 to 100.

    A value that is in the data; null when there is no number. Exact while there are few numbers, beyond that a KLL
    sketch, and the answer says so.

    Example: `* | stats percentile(50, duration_ms), percentile(99, duration_ms) by path`
    """

    name: ClassVar[str] = "percentile"
    parameter: ClassVar[Parameter | None] = Parameter("n", 0, 100)

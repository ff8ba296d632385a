"""`countdistinct`: how many different values there are."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class CountDistinct(AggregateFunction):
    """`countdistinct(a)`, `countdistinct(a, b)`: how many different values, or combinations of values, there are.

    Rows without one of the columns do not count. Values of different types differ (`1` and `"1"`), spellings of one
    number do not (`1` and `1.0`). Exact while there are few; beyond that a HyperLogLog sketch, and the answer says so.

    Example: `* | stats countdistinct(sourceIPAddress) as addresses by userIdentity.arn`
    """

    name: ClassVar[str] = "countdistinct"
    most: ClassVar[int | None] = None

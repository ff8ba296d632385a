"""`median`: the middle value."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Median(AggregateFunction):
    """`median(c)`: the same as `percentile(50, c)`.

    Example: `* | stats median(duration_ms) by path`
    """

    name: ClassVar[str] = "median"

"""`min`: the smallest value."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Min(AggregateFunction):
    """`min(c)`: the smallest value: numbers before strings before booleans, so that times in text form work.

    Example: `* | stats min(@lb.time) as first_seen by sourceIPAddress`
    """

    name: ClassVar[str] = "min"

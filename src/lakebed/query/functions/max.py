"""`max`: the greatest value."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Max(AggregateFunction):
    """`max(c)`: the greatest value: numbers before strings before booleans, so that times in text form work.

    Example: `* | stats min(eventTime), max(eventTime) by sourceIPAddress`
    """

    name: ClassVar[str] = "max"

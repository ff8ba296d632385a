"""`mode`: the most frequent value."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Mode(AggregateFunction):
    """`mode(c)`: the most frequent value of `c`, the smallest of equally frequent ones; null when no row has it.

    Example: `* | stats mode(userAgent) by user`
    """

    name: ClassVar[str] = "mode"

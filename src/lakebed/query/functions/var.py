"""`var`: how far numbers spread, squared."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Var(AggregateFunction):
    """`var(c)`: the variance of the numbers (of a sample: divided by n - 1); null below two numbers.

    Example: `* | stats var(bytes) by src`
    """

    name: ClassVar[str] = "var"

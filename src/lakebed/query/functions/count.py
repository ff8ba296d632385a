"""`count`: rows, or rows that have a column."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Count(AggregateFunction):
    """`count()` or `count`: the number of rows; `count(c)`: of those that have `c`.

    Example: `* | stats count(errorCode) as failed by userIdentity.arn`
    """

    name: ClassVar[str] = "count"
    least: ClassVar[int] = 0

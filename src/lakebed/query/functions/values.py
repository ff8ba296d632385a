"""`values`: the different values."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Values(AggregateFunction):
    """`values(c)`: the different values of `c` in their order, as JSON text. The answer says when
    they are too many.

    Example: `* | stats values(sourceIPAddress) by userIdentity.arn`
    """

    name: ClassVar[str] = "values"

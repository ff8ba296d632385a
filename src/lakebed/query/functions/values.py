"""`values`: the different values."""

from __future__ import annotations

from typing import ClassVar

from lakebed.query.functions.base import AggregateFunction


class Values(AggregateFunction):
    """`values(c)`: the different values of `c` in their order, as JSON text. At most 1,000 of
    them, the smallest, and no more once they have 64 KiB of text; the answer says when there are others.

    Example: `* | stats values(sourceIPAddress) by userIdentity.arn`
    """

    name: ClassVar[str] = "values"

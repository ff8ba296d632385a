"""What requests cost, about: at the list prices of one store, without discounts, storage and traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.state.requests import Requests

WRITE_USD = 0.005 / 1_000
"""PUT, COPY, POST and LIST; S3 Standard in us-east-1, https://aws.amazon.com/s3/pricing/, as of November 2026."""

READ_USD = 0.0004 / 1_000
"""GET, HEAD and the others; the same source. DELETE is free."""

WRITES = frozenset({"put", "create", "list"})
FREE = frozenset({"delete"})


def cost_usd(counted: Mapping[str, Requests]) -> float:
    """About what these requests cost."""
    return sum(one.requests * _price(operation) for operation, one in counted.items())


def _price(operation: str) -> float:
    return 0.0 if operation in FREE else WRITE_USD if operation in WRITES else READ_USD

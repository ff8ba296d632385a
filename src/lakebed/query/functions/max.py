"""`max`: the greatest value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.functions.base import AggregateFunction, extreme_kernel

if TYPE_CHECKING:
    from lakebed.query.aggregate import Function
    from lakebed.query.functions.base import FunctionCall, RowOrder


class Max(AggregateFunction):
    """`max(c)`: the greatest value: numbers before strings before booleans, so that times in text form work.
    `max(timestamp)` takes the time of an event that has no column `timestamp`, as older rules expect.

    Example: `* | stats min(eventTime), max(eventTime) by sourceIPAddress`
    """

    name: ClassVar[str] = "max"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        return extreme_kernel(call)

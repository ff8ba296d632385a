"""`rate`: rows per second."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.functions.base import TIME_COLUMN, AggregateFunction
from lakebed.query.values import number_text

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class Rate(AggregateFunction):
    """`rate()`: rows per second of the time that is searched, in `timechart` of the bucket. Without a time range: of
    the time between the first and the last row of the group, null when that is no time.

    Example: `error | stats rate() by host`
    """

    name: ClassVar[str] = "rate"
    least: ClassVar[int] = 0
    most: ClassVar[int | None] = 0

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        seconds = () if order.seconds is None else (number_text(order.seconds),)
        return Function("rate", (TIME_COLUMN,), seconds)

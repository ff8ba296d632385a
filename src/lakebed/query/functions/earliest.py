"""`earliest`: the value of the earliest event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.functions.base import TIME_COLUMN, AggregateFunction

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class Earliest(AggregateFunction):
    """`earliest(c)`: the value of `c` in the event with the earliest time that has it.

    Of events at the same time the smallest value counts, as for `first`.

    Example: `* | stats earliest(sourceIPAddress), latest(sourceIPAddress) by user`
    """

    name: ClassVar[str] = "earliest"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        return Function("earliest", (TIME_COLUMN, *call.operands))

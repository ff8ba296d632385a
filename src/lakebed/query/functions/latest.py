"""`latest`: the value of the latest event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.functions.base import TIME_COLUMN, AggregateFunction

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class Latest(AggregateFunction):
    """`latest(c)`: the value of `c` in the event with the latest time that has it.

    Of events at the same time the smallest value counts, as for `first`.

    Example: `* | stats latest(status) by host`
    """

    name: ClassVar[str] = "latest"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        return Function("latest", (TIME_COLUMN, *call.operands))

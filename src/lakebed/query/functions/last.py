"""`last`: the value of the last row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.functions.base import AggregateFunction

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class Last(AggregateFunction):
    """`last(c)`: the value of `c` in the last row that has it, in the order of the rows.

    Of events at the same time the smallest value counts, as for `first`.

    Example: `* | sort bytes | stats last(dst) by src`
    """

    name: ClassVar[str] = "last"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        return Function("earliest" if order.is_descending else "latest", (order.key, *call.operands))

"""`list`: the values in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.expression import Call
from lakebed.query.functions.base import AggregateFunction

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class List(AggregateFunction):
    """`list(c)`: the values of `c` in the order of the rows, as JSON text. At most the first
    100, and no more once they have 64 KiB of text; the answer says when there are others.

    Values of events at the same time stand in their own order: numbers, texts, booleans. After `sort`, `join`, `union`
    and `unroll`, and in tables, they stand as their rows do.

    Example: `* | stats list(eventName) by user`
    """

    name: ClassVar[str] = "list"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        key = Call("negate", (order.key,)) if order.is_descending else order.key
        return Function("list", (key, *call.operands))

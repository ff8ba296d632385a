"""`first`: the value of the first row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.functions.base import AggregateFunction

if TYPE_CHECKING:
    from lakebed.query.functions.base import FunctionCall, RowOrder


class First(AggregateFunction):
    """`first(c)`: the value of `c` in the first row that has it, in the order of the rows.

    Events come newest first unless asked otherwise; then this is the newest value. Of events at the same time the
    smallest value counts: numbers before texts, texts before booleans. After `sort`, `join`, `union` and `unroll`, and
    in tables, rows count as they stand.

    Example: `* | sort -bytes | stats first(dst) by src`
    """

    name: ClassVar[str] = "first"

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """See `AggregateFunction.kernel`."""
        return Function("latest" if order.is_descending else "earliest", (order.key, *call.operands))

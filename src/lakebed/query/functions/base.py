"""What a function of `stats` and `timechart` is.

One function, one file: a class whose docstring is its page for users, and which says what the engine's kernel of it
is called with. The kernels are the engine's (`_core.aggregate_names()`); a function may be another kernel under the
words that users know, as `first` is `earliest` in the order of the rows.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lakebed.query.aggregate import Function
from lakebed.query.expression import Call, ColumnRef, Expression
from lakebed.query.expression_printer import label_of, print_operand

if TYPE_CHECKING:
    from fractions import Fraction

TIME_COLUMN = ColumnRef("@lb.time_ns")
ORDER_COLUMN = ColumnRef("@lb.order")
"""Where the rows of the leaf stand: their time, whatever columns are left of them."""
ROW_COLUMN = ColumnRef("@lb.row")
"""Where a row at the root stands; rows that come in the order of their time have one number for each time."""


TIMESTAMP = "timestamp"
"""What rules written for Scanner in 2024 call the time of an event, in `min` and `max` only."""


@dataclass(frozen=True, slots=True)
class RowOrder:
    """How the rows of an aggregate follow one another, and what is known of their time range."""

    key: Expression
    is_descending: bool = False
    seconds: Fraction | None = None
    """Length of the time range that is searched, or of the bucket."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function as it was written."""

    name: str
    operands: tuple[Expression, ...] = ()
    parameters: tuple[str, ...] = ()
    """JSON number texts; they stand before the operands."""

    def __str__(self) -> str:
        return f"{self.name}({', '.join([*self.parameters, *map(print_operand, self.operands)])})"

    @property
    def label(self) -> str:
        """The name of its column in an answer: as written, plain names without backticks."""
        return f"{self.name}({', '.join([*self.parameters, *map(label_of, self.operands)])})"

    def kernel(self, order: RowOrder) -> Function:
        """What the engine computes for it."""
        from lakebed.query.functions import FUNCTIONS

        return FUNCTIONS[self.name].kernel(self, order)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that stands before the operands, such as the 95 of `percentile(95, c)`."""

    name: str
    least: int
    most: int


def extreme_kernel(call: FunctionCall) -> Function:
    """The kernel of `min` or `max`. Where an event has no column `timestamp`, that is its time."""
    times = (ColumnRef(TIMESTAMP), ColumnRef("@lb.time"))
    operands = (Call("coalesce", times),) if call.operands == times[:1] else call.operands
    return Function(call.name, operands)


class AggregateFunction(ABC):
    """Base of the functions. Instances have no state."""

    name: ClassVar[str]
    parameter: ClassVar[Parameter | None] = None
    least: ClassVar[int] = 1
    most: ClassVar[int | None] = 1
    """Operands that it takes; None for any number."""

    @classmethod
    def kernel(cls, call: FunctionCall, order: RowOrder) -> Function:
        """What the engine computes for a call."""
        return Function(cls.name, call.operands, call.parameters)

    @classmethod
    def usage(cls) -> str:
        """How it is written."""
        operands = (
            ["column"] if cls.most == 1 and cls.least == 1 else (["[column]"] if cls.most == 1 else ["column, …"])
        )
        if cls.most == 0:
            operands = []
        return f"{cls.name}({', '.join([*([cls.parameter.name] if cls.parameter else []), *operands])})"

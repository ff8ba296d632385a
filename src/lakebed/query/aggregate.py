"""What an aggregating stage asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, cast

from lakebed.query.expression import Expression, columns_of

if TYPE_CHECKING:
    from lakebed.query.names import Names


@dataclass(frozen=True, slots=True)
class Function:
    """One kernel of the engine (docs/search-plan.md) with what it is taken of."""

    name: str
    columns: tuple[Expression, ...] = ()
    parameters: tuple[str, ...] = ()
    """JSON number texts."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which groups are wanted, where each is told with the rows of its part: those with equal first `part` values are
    one. The rows of the table then end with the rows of the part and the row count, part by part."""

    part: int
    limit: int
    """Groups of each part, the most frequent ones; equally frequent ones by their values."""
    least_first: bool = False
    """The least frequent ones instead."""


Wanted: TypeAlias = "int | Ranking | None"
"""Which groups of an aggregate are looked at: so many, the most frequent first; None for all."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Groups by the typed values of `by`, and computes `functions` for every group."""

    by: tuple[Expression, ...]
    functions: tuple[Function, ...]

    @property
    def operands(self) -> tuple[Expression, ...]:
        """Everything that is looked at."""
        return (*self.by, *(column for function in self.functions for column in function.columns))

    def reads(self) -> frozenset[str] | None:
        """The columns that are looked at; None when that depends on the event."""
        names = [columns_of(operand) for operand in self.operands]
        return None if None in names else frozenset().union(*(known for known in names if known is not None))

    def resolved(self, names: Names) -> Aggregate | None:
        """The same over the event's own columns; None when it cannot be said."""
        by = tuple(names.resolve(operand) for operand in self.by)
        columns = [tuple(names.resolve(column) for column in function.columns) for function in self.functions]
        if None in by or any(None in operands for operands in columns):
            return None
        functions = zip(self.functions, columns, strict=True)
        return Aggregate(
            cast("tuple[Expression, ...]", by),
            tuple(replace(function, columns=cast("tuple[Expression, ...]", found)) for function, found in functions),
        )

"""What an aggregating stage asks for, and the same computed in Python for stages that run at the
root.

The leaf part of the first aggregate is the engine's; this one sees the few rows that are left
after it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from lakebed.model import Scalar, Table
from lakebed.query.expression import ColumnRef, Expression, columns_of
from lakebed.query.values import SortKey, group_key, number_of, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.query.names import Names
    from lakebed.query.record import Record


INTEGER_MAX = 2**127
"""Integers below this are summed exactly; larger ones as doubles, as the engine does."""


@dataclass(frozen=True, slots=True)
class Function:
    """One kernel of the engine (docs/search-plan.md) with what it is taken of."""

    name: str
    columns: tuple[Expression, ...] = ()
    parameters: tuple[str, ...] = ()
    """JSON number texts."""


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


class Groups:
    """The groups of one run."""

    def __init__(self, aggregate: Aggregate) -> None:
        self._aggregate = aggregate
        self._groups: dict[tuple[SortKey, ...], _Group] = {}
        if not aggregate.by:
            self._groups[()] = _Group((), aggregate)

    def add(self, record: Record) -> None:
        """Counts the record into its group."""
        values = tuple(record.value(_plain(name)) for name in self._aggregate.by)
        key = tuple(group_key(value) for value in values)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(values, self._aggregate)
        group.add(record)

    def table(self) -> Table:
        """Rows as the engine gives them: by values, function values, row count."""
        return Table([group.row() for group in self._groups.values()])


def _plain(operand: Expression) -> str:
    assert isinstance(operand, ColumnRef)
    return operand.name


class _Group:
    def __init__(self, values: tuple[Scalar, ...], aggregate: Aggregate) -> None:
        self._values = values
        self._count = 0
        self._parts = [(function.columns, FUNCTIONS[function.name]()) for function in aggregate.functions]

    def add(self, record: Record) -> None:
        self._count += 1
        for columns, accumulator in self._parts:
            value = True if not columns else record.value(_plain(columns[0]))
            if value is not None:
                accumulator.add(value)

    def row(self) -> list[Scalar]:
        return [
            *self._values,
            *(accumulator.value() for _, accumulator in self._parts),
            self._count,
        ]


class _Accumulator(ABC):
    """One function over the values of one group."""

    @abstractmethod
    def add(self, value: Scalar) -> None: ...

    @abstractmethod
    def value(self) -> Scalar: ...


class _Count(_Accumulator):
    def __init__(self) -> None:
        self._count = 0

    def add(self, value: Scalar) -> None:
        self._count += 1

    def value(self) -> Scalar:
        return self._count


class _CountDistinct(_Accumulator):
    def __init__(self) -> None:
        self._keys: set[SortKey] = set()

    def add(self, value: Scalar) -> None:
        self._keys.add(group_key(value))

    def value(self) -> Scalar:
        return len(self._keys)


class _Extreme(_Accumulator):
    """Smallest or greatest value: numbers stand before strings, strings before booleans."""

    def __init__(self, choose: Callable[[Scalar, Scalar], Scalar]) -> None:
        self._choose = choose
        self._best: Scalar = None

    def add(self, value: Scalar) -> None:
        self._best = value if self._best is None else self._choose(self._best, value)

    def value(self) -> Scalar:
        return self._best


class _Sum(_Accumulator):
    """Exact for integers, however they are spelled; else correctly rounded double precision."""

    def __init__(self) -> None:
        self._total = Fraction(0)
        self._count = 0
        self._is_whole = True
        self._is_finite = True

    def add(self, value: Scalar) -> None:
        number = number_of(value)
        if number is None:
            return
        self._count += 1
        if -INTEGER_MAX < number < INTEGER_MAX and number == int(number):
            self._total += int(number)
        elif isfinite(nearest := float(number)):
            self._is_whole = False
            self._total += Fraction(nearest)
        else:
            self._is_finite = False

    def value(self) -> Scalar:
        if not self._count:
            return None
        is_exact = self._is_whole and self._is_finite and -INTEGER_MAX < self._total < INTEGER_MAX
        return int(self._total) if is_exact else self._double()

    def _double(self) -> float | None:
        """The nearest double; None beyond what a double can say."""
        try:
            return float(self._total) if self._is_finite else None
        except OverflowError:
            return None


class _Average(_Sum):
    def value(self) -> Scalar:
        total = self._double() if self._count else None
        return None if total is None else total / self._count


FUNCTIONS: Mapping[str, Callable[[], _Accumulator]] = MappingProxyType(
    {
        "count": _Count,
        "countdistinct": _CountDistinct,
        "min": lambda: _Extreme(lambda left, right: min(left, right, key=sort_key)),
        "max": lambda: _Extreme(lambda left, right: max(left, right, key=sort_key)),
        "sum": _Sum,
        "avg": _Average,
    }
)
"""The functions of `stats`, by name."""

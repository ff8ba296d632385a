"""What a stage of the pipeline is.

A stage is parsed from text, may hand some of its work down to the leaf part, and runs at the
root over what is left. One stage, one file: a class that subclasses `Stage` (or
`AggregateStage`) and is listed in `stages/__init__.py`.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from lakebed.model import Scalar, Table, TableRow
from lakebed.query.expression import ColumnRef, Expression
from lakebed.query.functions.base import ROW_COLUMN, RowOrder
from lakebed.query.names import Names
from lakebed.query.record import Record
from lakebed.query.root_aggregate import RootAggregate
from lakebed.query.syntax import Column, Exists

if TYPE_CHECKING:
    from lakebed.query.aggregate import Aggregate, Wanted
    from lakebed.query.context import Notes, RunContext, Scope
    from lakebed.query.cursor import Cursor
    from lakebed.query.parser import Query
    from lakebed.query.syntax import Filter, Span

COUNT_COLUMN = "@q.count"
VALUE_COLUMN = "@q.value"
UNIQUE_COLUMN = "@q.uniq"

ROOT_ORDER = RowOrder(ROW_COLUMN)
"""Rows at the root come in their order."""


Values: TypeAlias = Sequence[Scalar]


class Pushed(enum.Enum):
    """How much of a stage the leaf part has taken over."""

    ALL = enum.auto()
    """Nothing is left to do at the root."""
    PARTLY = enum.auto()
    """The leaf does less work because of it, the stage still runs at the root; the next stage
    may be pushed too."""
    NOTHING = enum.auto()
    """The stage runs at the root, and so do all after it."""


@dataclass
class Leaf:
    """What the leaf part does; stages add to it in order."""

    filters: list[Filter]
    order: RowOrder
    """Of the rows that the leaf finds."""
    names: Names = field(default_factory=Names)
    """What names mean after the stages so far."""
    limit: int | None = None
    is_reversed: bool = False
    """Whether rows are found in the opposite order."""
    instead: Stage | None = None
    """Set by a stage: what runs at the root in its place."""
    aggregate: AggregateStage | None = None
    computes: Aggregate | None = None
    """What that stage computes, over the event's own columns."""

    @property
    def takes_filters(self) -> bool:
        """True while a row that the leaf drops would be dropped by the text as well."""
        return self.limit is None and self.aggregate is None

    def require(self, operands: Iterable[Expression]) -> None:
        """Only rows that have a value for each of these are looked at; at least the leaf need not find others."""
        if not self.takes_filters:
            return
        for operand in operands:
            meaning = self.names.resolve(operand)
            if isinstance(meaning, ColumnRef) and not meaning.name.startswith("@"):
                self.filters.append(Exists(Column((meaning.name,))))


@dataclass(frozen=True, slots=True)
class Nested:
    """What a nested query answers, see `CompiledQuery`."""

    columns: tuple[str, ...] | None
    gives_table: bool


class StageRun(ABC):
    """The state of one stage during one run of a query."""

    @property
    def is_done(self) -> bool:
        """True when nothing that is pushed from now on can change the answer."""
        return False

    @abstractmethod
    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        """Takes records in their final order; gives those that go on to the next stage now."""

    def finish(self) -> Sequence[Record]:
        """Gives what was held back until all records were seen."""
        return ()


@dataclass(frozen=True, slots=True)
class Stage(ABC):
    """One stage as it was written; printing it and parsing that gives an equal stage."""

    name: ClassVar[str]
    gives_table: ClassVar[bool] = False
    """Whether its rows are rows of a table whatever it was given."""
    keeps_each_row: ClassVar[bool] = False
    """Whether it gives exactly one row for each row, in the same order."""
    gives_order: ClassVar[bool] = False
    """Whether its rows stand in an order that their times do not tell."""
    span: Span = field(compare=False)

    @classmethod
    @abstractmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        """Parses the arguments; the name (several stages may share a class) has been taken."""

    @abstractmethod
    def __str__(self) -> str:
        """The stage as query text."""

    @property
    def wants_data_range(self) -> bool:
        """Whether it depends on the times of the events that the lake holds, where the search has no time range."""
        return False

    def bound(self, scope: Scope) -> Stage:
        """The stage for one search, where it depends on the time range."""
        return self

    def nested_queries(self) -> tuple[Query, ...]:
        """The queries between its parentheses."""
        return ()

    def knowing(self, answers: Sequence[Nested]) -> Stage:
        """The stage, knowing what each of its nested queries answers."""
        return self

    def refuses(self, is_table: bool) -> str | None:
        """Why it cannot take rows of a table, or events; None when it can."""
        return None

    def preceded_by(self, stages: Sequence[Stage]) -> Stage:
        """The stage with what it makes of those that come before it, such as the order that they give the rows."""
        return self

    def followed_by(self, stages: Sequence[Stage]) -> Stage:
        """The stage with what it makes of those that come after it, such as that only its first rows are looked at."""
        return self

    def push_down(self, leaf: Leaf) -> Pushed:
        """Hands work to the leaf part, when every stage before this one has been pushed."""
        return Pushed.NOTHING

    def filters(self) -> tuple[Filter, ...]:
        """The filters that it has."""
        return ()

    @abstractmethod
    def reads(self) -> frozenset[str] | None:
        """Columns that the stage looks at; None when that depends on the event."""

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Output columns, given those before; None means whole events."""
        return columns

    def takes_rows(self) -> int | None:
        """How many rows it looks at, the first; None when that depends on the rows."""
        return None

    def columns_left(self) -> tuple[str, ...] | None:
        """The columns of an event that are left after it, in order; None when that depends on the event."""
        return self.columns_after(None)

    @abstractmethod
    def start(self, context: RunContext) -> StageRun:
        """A fresh run of this stage at the root."""


def rows_wanted(stages: Sequence[Stage]) -> int | None:
    """How many of its first rows those look at that come after a stage; None for all."""
    for stage in stages:
        if not stage.keeps_each_row:
            return stage.takes_rows()
    return None


@dataclass(frozen=True, slots=True)
class AggregateStage(Stage):
    """A stage that turns rows into one table. The first in a query becomes the leaf's aggregate."""

    gives_table: ClassVar[bool] = True
    also_known: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Other names that the next stages may call columns of the answer by."""
    is_in_time_order: bool = field(default=True, compare=False, kw_only=True)
    """Whether events come to it in the order of their times; then those at one time have no order at all."""

    @abstractmethod
    def aggregate(self, order: RowOrder) -> Aggregate:
        """What is computed over rows in this order."""

    @property
    @abstractmethod
    def output(self) -> tuple[str, ...]:
        """Names of the columns of the answer, in order."""

    @abstractmethod
    def to_values(self, by: Values, functions: Values, count: int) -> Values:
        """The values of `output`, from one group: its `by` values, its function values and its
        row count."""

    def groups_wanted(self, row_count: int | None) -> Wanted:
        """Which groups give so many first rows, or all where that is None."""
        return row_count

    def to_rows(self, table: Table, notes: Notes) -> list[TableRow]:
        """The answer in its final order: the most frequent group first, equal ones by their
        values."""
        by_count = len(self.aggregate(ROOT_ORDER).by)
        groups = ((row[:by_count], row[by_count:-1], _count_of(row)) for row in table.rows)
        return [dict(zip(self.output, self.to_values(*group), strict=True)) for group in groups]

    def preceded_by(self, stages: Sequence[Stage]) -> Stage:
        return replace(self, is_in_time_order=not any(stage.gives_order for stage in stages))

    def push_down(self, leaf: Leaf) -> Pushed:
        computes = self.aggregate(leaf.order).resolved(leaf.names) if leaf.takes_filters else None
        if computes is None:
            return Pushed.NOTHING
        leaf.aggregate, leaf.computes = self, computes
        return Pushed.ALL

    def reads(self) -> frozenset[str] | None:
        return self.aggregate(ROOT_ORDER).reads()

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self.output

    def start(self, context: RunContext) -> StageRun:
        return _AggregateRun(self, context)


def _count_of(row: Values) -> int:
    count = row[-1]
    assert isinstance(count, int)  # the engine ends a row with its count
    return count


class _AggregateRun(StageRun):
    def __init__(self, stage: AggregateStage, context: RunContext) -> None:
        self._stage, self._notes = stage, context.notes
        order = replace(ROOT_ORDER, seconds=context.scope.seconds)
        self._groups = RootAggregate(stage.aggregate(order), is_in_time_order=stage.is_in_time_order)

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        self._groups.add(records)
        return ()

    def finish(self) -> Sequence[Record]:
        table = self._groups.table(self._stage.groups_wanted(None))
        for note in table.notes:
            self._notes.add(note)
        rows = self._stage.to_rows(table, self._notes)
        return [Record.of_table(row, self._stage.also_known) for row in rows]

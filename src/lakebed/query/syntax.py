"""The tree that a query's filter is parsed into.

Group values (`col: (a b)`), `!=` and `in a..b` are written out as plain terms joined by `Or`,
`Not` and `And` when they are parsed, so that everything after the parser knows few shapes. The
printer puts value groups together again. Nodes compare by meaning: where they stood in the text
(`span`) is left out of the comparison.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lakebed.query.expression import Expression


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of the query text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


class Star(enum.IntEnum):
    """A wildcard. In a value both kinds mean the same; in a column name ONE stays within one
    level."""

    ONE = 1
    MANY = 2


Text: TypeAlias = tuple[str | Star, ...]
"""Literal runs and wildcards, as written; no two literal runs stand next to each other."""


@dataclass(frozen=True, slots=True)
class Column:
    """A pattern over column names, or the name of one column when it has no wildcard."""

    parts: Text
    span: Span = field(default=NOWHERE, compare=False)
    computed: Expression | None = None
    """What stands in place of a column where a stage has computed it; `parts` is empty then. Not part of the text."""

    @property
    def name(self) -> str | None:
        """The one name that is meant; None for a pattern."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    @property
    def is_any(self) -> bool:
        """True for `**`, which stands for every column of the event."""
        return self.parts == (Star.MANY,)


ANY_COLUMN = Column((Star.MANY,))


@dataclass(frozen=True, slots=True)
class Value:
    """What a column is compared with: literal runs between wildcards (`a*b` is `("a", "b")`)."""

    parts: tuple[str, ...]
    exact_case: bool = False
    number: str | None = None
    """The JSON number that was written, when it was written without quotes."""
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def is_empty(self) -> bool:
        """True for an empty text without wildcards."""
        return self.parts == ("",)


class Relation(enum.Enum):
    """How a number or time is compared; the value is the operator as it is written."""

    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Everything:
    """`*`: every event."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FreeText:
    """A bare or quoted word: some column contains it."""

    value: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """`column: value`"""

    column: Column
    value: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Equals:
    """`column = value`"""

    column: Column
    value: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """`column: *`"""

    column: Column
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`column > 5`; `number` is JSON number text, so that nothing is lost."""

    column: Column
    relation: Relation
    number: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class CompareTime:
    """`column >= 2026-01-01T00:00:00Z`; nanoseconds since 1970 UTC."""

    column: Column
    relation: Relation
    time_ns: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """`column ~ /regex/i`"""

    column: Column
    regex: str
    ignore_case: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class InNetwork:
    """`column in 10.0.0.0/8`; `network` is in its shortest standard form, without host bits."""

    column: Column
    network: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IndexReference:
    """One index that is named in the query; `id` is there when it was written `{ id | "name" }`."""

    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class InIndexes:
    """`@index=name`: chooses which indexes are opened; never reaches the engine's filter."""

    indexes: tuple[IndexReference, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two."""

    of: tuple[Filter, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of at least two."""

    of: tuple[Filter, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What the inner filter is false for, missing columns included."""

    of: Filter
    span: Span = field(default=NOWHERE, compare=False)


ColumnTerm: TypeAlias = Contains | Equals | Exists | Compare | CompareTime | Matches | InNetwork
Filter: TypeAlias = Everything | FreeText | ColumnTerm | InIndexes | And | Or | Not

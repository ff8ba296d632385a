"""Expressions: what `eval` computes, and what functions and groups may be taken of.

The engine evaluates them (docs/search-plan.md), in the leaf part and at the root alike; here is only the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lakebed.query.syntax import NOWHERE, Span, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


EXPRESSION_DEPTH_MAX = 32
"""Levels of calls and operators. Nobody writes more, and decoders of JSON commonly stop at 128 levels, two for each."""

EXPRESSION_SIZE_MAX = 10_000
"""Calls in one expression after earlier ones were put in: `x = x + x` a few times over must not fill the memory."""


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """The value of the column with this name; null where it is missing."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ColumnsRef:
    """The values of all columns whose names match, as an array: `tags[*]`."""

    parts: Text
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TextLiteral:
    """`"text"`"""

    value: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """`1.50`: JSON number text, so that nothing is lost."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class BooleanLiteral:
    """`true` or `false`"""

    value: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NullLiteral:
    """`null`"""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator over expressions; operators have names too (`add`, `less`)."""

    name: str
    of: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)
    depth: int = field(init=False, compare=False, repr=False)
    """Levels of calls from here down."""
    size: int = field(init=False, compare=False, repr=False)
    """Calls from here down."""

    def __post_init__(self) -> None:
        calls = [part for part in self.of if isinstance(part, Call)]
        object.__setattr__(self, "depth", 1 + max((call.depth for call in calls), default=0))
        object.__setattr__(self, "size", 1 + sum(call.size for call in calls))


Literal: TypeAlias = TextLiteral | NumberLiteral | BooleanLiteral | NullLiteral
Expression: TypeAlias = ColumnRef | ColumnsRef | Literal | Call

NULL = NullLiteral()


def is_within_limits(expression: Expression) -> bool:
    """Whether a plan can hold the expression."""
    return not isinstance(expression, Call) or (
        expression.depth <= EXPRESSION_DEPTH_MAX and expression.size <= EXPRESSION_SIZE_MAX
    )


def leaves_of(expression: Expression) -> Iterator[ColumnRef | ColumnsRef | Literal]:
    """What stands in the expression besides calls, in order."""
    if isinstance(expression, Call):
        for part in expression.of:
            yield from leaves_of(part)
    else:
        yield expression


def columns_of(expression: Expression) -> frozenset[str] | None:
    """Names of the columns that are read; None when a pattern makes that depend on the event."""
    names: set[str] = set()
    for leaf in leaves_of(expression):
        if isinstance(leaf, ColumnsRef):
            return None
        if isinstance(leaf, ColumnRef):
            names.add(leaf.name)
    return frozenset(names)


def substituted(expression: Expression, meaning: Callable[[str], Expression]) -> Expression:
    """The expression with each column replaced by what its name means."""
    match expression:
        case ColumnRef(name):
            return meaning(name)
        case Call(name, of, span):
            return Call(name, tuple(substituted(part, meaning) for part in of), span)
        case _:
            return expression

"""What the names of columns mean at some place of the pipeline, in terms of the event.

`eval`, `rename` and `table` change what a name means. As long as a name can be traced back to an expression over the
event, later stages still run in the leaf part: the engine computes the expression where the column would stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lakebed.query.expression import NULL, ColumnRef, Expression, NullLiteral, columns_of, is_within_limits, substituted
from lakebed.query.functions.base import ORDER_COLUMN, TIME_COLUMN
from lakebed.query.syntax import And, Column, ColumnTerm, Everything, Filter, FreeText, InIndexes, Not, Or

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Names:
    """Immutable; each change gives another one."""

    meanings: Mapping[str, Expression] = field(default_factory=lambda: MappingProxyType({}))
    kept: frozenset[str] | None = None
    """The only names that are left; None for all of the event's."""

    @property
    def is_plain(self) -> bool:
        """True while every name is the event's own."""
        return not self.meanings and self.kept is None

    def meaning(self, name: str) -> Expression:
        """What a name stands for."""
        if name == ORDER_COLUMN.name:
            return TIME_COLUMN
        if name in self.meanings:
            return self.meanings[name]
        return ColumnRef(name) if self.kept is None or name in self.kept else NULL

    def resolve(self, expression: Expression) -> Expression | None:
        """The expression over the event's own columns; None when it cannot be said, or not at the leaf."""
        if columns_of(expression) is None:
            return None
        resolved = substituted(expression, self.meaning)
        return resolved if is_within_limits(resolved) else None

    def assigned(self, name: str, expression: Expression) -> Names:
        """After `name` was given a value; the expression is over the event's own columns."""
        kept = None if self.kept is None else self.kept | {name}
        return Names(MappingProxyType({**self.meanings, name: expression}), kept)

    def without(self, names: Iterable[str]) -> Names:
        """After these columns were taken away."""
        meanings = {**self.meanings, **dict.fromkeys(names, NULL)}
        return replace(self, meanings=MappingProxyType(meanings))

    def only(self, names: Iterable[str]) -> Names:
        """After only these columns were kept."""
        wanted = frozenset(names)
        kept = wanted if self.kept is None else wanted & self.kept
        return Names(MappingProxyType({name: at for name, at in self.meanings.items() if name in wanted}), kept)

    def filter(self, filter_: Filter) -> Filter | None:
        """The filter over the event's own columns; None when it looks at columns that only the event knows."""
        match filter_:
            case Everything():
                return filter_
            case And(of, span) | Or(of, span):
                parts = [self.filter(part) for part in of]
                known = tuple(part for part in parts if part is not None)
                return type(filter_)(known, span) if len(known) == len(parts) else None
            case Not(of, span):
                inner = self.filter(of)
                return None if inner is None else Not(inner, span)
            case FreeText() | InIndexes():
                return filter_ if self.is_plain else None
            case _:
                return self._term(filter_)

    def _term(self, term: ColumnTerm) -> Filter | None:
        if self.is_plain:
            return term
        if term.column.name is None:
            return None
        span = term.column.span
        match self.meaning(term.column.name):
            case ColumnRef(name):
                return replace(term, column=Column((name,), span))
            case NullLiteral():
                return Or((), term.span)  # no condition on a missing column is true
            case expression:
                return replace(term, column=Column((), span, expression))

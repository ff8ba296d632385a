"""Walks over a filter tree to learn what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.syntax import And, ColumnTerm, Everything, Filter, FreeText, InIndexes, Not, Or

if TYPE_CHECKING:
    from collections.abc import Iterator

Leaf = Everything | FreeText | InIndexes | ColumnTerm


def leaves(filter_: Filter) -> Iterator[Leaf]:
    """The terms of a filter, in the order in which they were written."""
    if isinstance(filter_, (And, Or)):
        for part in filter_.of:
            yield from leaves(part)
    elif isinstance(filter_, Not):
        yield from leaves(filter_.of)
    else:
        yield filter_


def columns_read(filter_: Filter) -> frozenset[str] | None:
    """Names of the columns that a filter looks at; None when free text or a wildcard makes that
    depend on the event."""
    names: set[str] = set()
    for leaf in leaves(filter_):
        if isinstance(leaf, FreeText):
            return None
        if isinstance(leaf, (Everything, InIndexes)):
            continue
        if leaf.column.name is None:
            return None
        names.add(leaf.column.name)
    return frozenset(names)

"""What a query's text mentions: columns that must be there for it to find or show anything, and words.

For people's eyes only: what they asked about is shown first, and a name that no event has is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakebed.query.parser import parse_query
from lakebed.query.stages.base import AggregateStage
from lakebed.query.stages.where import Where
from lakebed.query.syntax import Filter, Value
from lakebed.query.walk import leaves


@dataclass(frozen=True)
class Mentions:
    """`columns` are names without wildcards, in the order of the text; `words`, in lower case, may be in any column."""

    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def mentions(text: str) -> Mentions:
    """What the query mentions up to its first aggregate: after that, names are those of its answer.

    >>> mentions("eventName: Create* admin | where status > 3 | groupbycount(host)")
    Mentions(columns=('eventName', 'status', 'host'), words=('admin',))
    """
    query = parse_query(text)
    columns: dict[str, None] = {}
    words: dict[str, None] = {}

    def look(filter_: Filter) -> None:
        for leaf in leaves(filter_):
            column = getattr(leaf, "column", None)
            value = getattr(leaf, "value", None)
            if column is not None and column.name is not None:
                columns[column.name] = None
            elif isinstance(value, Value):
                words.update((part.lower(), None) for part in value.parts if part)

    look(query.filter)
    for stage in query.stages:
        if isinstance(stage, Where):
            look(stage.filter)
        else:
            columns.update(dict.fromkeys(sorted(stage.reads() or ())))
        if isinstance(stage, AggregateStage):
            break
    return Mentions(tuple(columns), tuple(words))

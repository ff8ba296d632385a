"""Which indexes the text around the cursor is restricted to, so that completion offers what these have.

The text is mostly unfinished there, so it is read token by token: queries between parentheses have indexes of their
own, and a restriction counts wherever it stands in the first filter, before the cursor or after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.execute.index_plan import INDEX_COLUMN
from lakebed.query.complete_place import COMPLETED_CHARACTERS_MAX
from lakebed.query.cursor import Cursor
from lakebed.query.indexes import parse_indexes
from lakebed.query.lexer import Kind, regex_at, token_at
from lakebed.query.stages import STAGES
from lakebed.query.stages.base import Stage
from lakebed.query.syntax import NOWHERE, Column, InIndexes

if TYPE_CHECKING:
    from lakebed.query.lexer import Token


@dataclass
class _Query:
    """One query of the text, the whole or one between parentheses."""

    indexes: tuple[str, ...] | None = None
    stage: str | None = None
    """The stage that was read last; None in the first filter, empty right after a `|`."""
    depth: int = 0
    """Parentheses that were opened in it."""

    @property
    def takes_queries(self) -> bool:
        """Whether a parenthesis begins a query."""
        stage = STAGES.get(self.stage or "")
        return stage is not None and stage.nested_queries is not Stage.nested_queries


def indexes_around(text: str, place: int) -> tuple[str, ...] | None:
    """The names after `@index=` of the query that the place is in; None when it has none.

    >>> indexes_around("@index=(web auth) error and ", 28), indexes_around("@index=web | join x (", 21)
    (('web', 'auth'), None)
    """
    around: _Query | None = None
    open_queries = [_Query()]
    position, before, text = 0, Kind.END, text[:COMPLETED_CHARACTERS_MAX]
    while around is None or around in open_queries:
        try:
            token = regex_at(text, position)[0] if before is Kind.TILDE else token_at(text, position)
        except QueryError:
            break
        if around is None and token.start >= place:
            around = open_queries[-1]
        if token.kind is Kind.END:
            break
        position, before = token.end, token.kind
        query = open_queries[-1]
        if query.stage is None and token.text == (INDEX_COLUMN,):
            position = _take_indexes(query, text, token)
        else:
            _take(token, open_queries)
    return (around or open_queries[-1]).indexes


def _take(token: Token, open_queries: list[_Query]) -> None:
    query = open_queries[-1]
    if token.kind is Kind.PIPE:
        query.stage = ""
    elif token.kind is Kind.OPEN and query.takes_queries:
        open_queries.append(_Query())
    elif token.kind is Kind.OPEN:
        query.depth += 1
    elif token.kind is Kind.CLOSE and query.depth:
        query.depth -= 1
    elif token.kind is Kind.CLOSE and len(open_queries) > 1:
        open_queries.pop()
    elif query.stage == "":
        query.stage = token.source.lower()


def _take_indexes(query: _Query, text: str, name: Token) -> int:
    """Reads what follows `@index`; gives where it ends."""
    cursor = Cursor(text[name.end :])
    try:
        found = parse_indexes(cursor, Column((INDEX_COLUMN,), NOWHERE), cursor.take())
    except QueryError:  # not written to its end
        return name.end
    if isinstance(found, InIndexes):
        query.indexes = tuple(dict.fromkeys(reference.name for reference in found.indexes))
    return name.end + cursor.last.end

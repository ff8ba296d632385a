"""`rename`: other names for columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import close_parenthesis, distinct, parse_name
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun
from lakebed.query.stages.eval import check_assigned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record


@dataclass(frozen=True, slots=True)
class Rename(Stage):
    """`rename a as b, c as d`: the column `a` is called `b` from here on, `c` is called `d`.

    All at once, so that `rename a as b, b as a` swaps them. A column that had the new name is gone.

    Example: `* | rename userIdentity.arn as who | groupbycount(who)`
    """

    name: ClassVar[str] = "rename"
    keeps_each_row: ClassVar[bool] = True
    pairs: tuple[tuple[str, str], ...]
    """Old and new name."""

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        pairs = [_parse_pair(cursor, f'a column name after "{name}"')]
        while cursor.take_if(Kind.COMMA):
            pairs.append(_parse_pair(cursor, 'a column name after ","'))
        if opening is not None:
            close_parenthesis(cursor, '"," or ")" after the new name')
        span = cursor.span_from(start)
        distinct(cursor, [(old, span) for old, _ in pairs])
        distinct(cursor, [(new, span) for _, new in pairs])
        return cls(span, tuple(pairs))

    def __str__(self) -> str:
        return "rename " + ", ".join(f"{print_name(old)} as {print_name(new)}" for old, new in self.pairs)

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.aggregate is not None:
            return Pushed.NOTHING
        meanings = [(new, leaf.names.meaning(old)) for old, new in self.pairs]
        names = leaf.names.without(old for old, _ in self.pairs)
        for new, meaning in meanings:
            names = names.assigned(new, meaning)
        leaf.names = names
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        return frozenset(old for old, _ in self.pairs)

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if columns is None:
            return None
        news = dict(self.pairs)
        replaced = frozenset(news.values()) - frozenset(news)
        kept = [news.get(name, name) for name in columns if name not in replaced]
        return tuple(dict.fromkeys([*kept, *(new for new in news.values() if new not in kept)]))

    def start(self, context: RunContext) -> StageRun:
        return _RenameRun(self.pairs)


def _parse_pair(cursor: Cursor, expected: str) -> tuple[str, str]:
    old, _ = parse_name(cursor, expected)
    if not cursor.take_keyword("as"):
        cursor.fail_expected(f'"as" and the new name of the column `{old}`')
    new, _ = parse_name(cursor, 'a column name after "as"')
    check_assigned(cursor, new)
    return old, new


class _RenameRun(StageRun):
    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self._pairs = pairs

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record.renamed(self._pairs) for record in records]

"""`parse`: new columns from the parts of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.native import Regex, engine_errors
from lakebed.query.evaluate import Evaluator
from lakebed.query.expression import Call, ColumnRef, Expression, NumberLiteral, TextLiteral
from lakebed.query.lexer import Kind
from lakebed.query.operands import take_regex
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import parse_name
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun
from lakebed.query.stages.eval import check_assigned
from lakebed.query.text_pattern import Gap, TextPattern, parse_pattern, print_pattern, to_regex
from lakebed.query.values import MESSAGE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

_QUOTED = (Kind.DOUBLE_QUOTED, Kind.SINGLE_QUOTED)
PARSE_COLUMNS_MAX = 64
"""Columns of one `parse`: each is a search of its own through the text."""


@dataclass(frozen=True, slots=True)
class RegexForm:
    """`/…/` as it was written, and the names of its groups."""

    body: str
    ignores_case: bool
    groups: tuple[str | None, ...]

    def __str__(self) -> str:
        body = self.body.replace("/", "\\/")
        return f"~ /{body}/{'i' if self.ignores_case else ''}"


@dataclass(frozen=True, slots=True)
class Parse(Stage):
    r"""`parse [column] "user=<user> ip=<ip>"` or `parse [column] ~ /regex with (?P<name>…)/[i]`: new columns from
    parts of a text.

    Without a column it is `message`. A pattern is found anywhere in the text, its case counts. `<name>` becomes a
    column: as little text as possible before what follows it in the pattern, and all the rest at the pattern's end.
    `<_>` stands for text that is not wanted. `<name:number>` gives a number, null for a text that is none. `\<` is the
    character `<`, `\"` the quote, `\\` the backslash; `*` is a plain character.

    With a regular expression each group that has a name becomes a column; the first match counts, `i` ignores case.
    Numbers and booleans are taken as their text. A row without a match stays, with null in the new columns; columns of
    that name that it had are gone.

    Example: `sshd | parse "password for <user> from <ip> port <port:number> " | groupbycount(user, ip)`
    """

    name: ClassVar[str] = "parse"
    keeps_each_row: ClassVar[bool] = True
    column: str
    form: TextPattern | RegexForm

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        column = MESSAGE_COLUMN
        if cursor.peek().kind not in (*_QUOTED, Kind.TILDE):
            column, _ = parse_name(cursor, f'a column name or a pattern in quotes after "{name}"')
        if cursor.take_if(Kind.TILDE):
            form: TextPattern | RegexForm = _parse_regex(cursor)
        else:
            if cursor.peek().kind not in _QUOTED:
                cursor.fail_expected(f'a pattern such as "user=<user> " or "~" after the column `{column}`')
            form = parse_pattern(cursor, cursor.take())
        stage = cls(cursor.span_from(start), column, form)
        for output in stage.outputs:
            check_assigned(cursor, output)
        if len(stage.outputs) > PARSE_COLUMNS_MAX:
            cursor.fail(f"one parse makes at most {PARSE_COLUMNS_MAX} columns", cursor.last)
        return stage

    def __str__(self) -> str:
        column = "" if self.column == MESSAGE_COLUMN else f"{print_name(self.column)} "
        return f"parse {column}{self.form if isinstance(self.form, RegexForm) else print_pattern(self.form)}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The new columns, in order."""
        return tuple(name for name, _ in self.assignments())

    def assignments(self) -> list[tuple[str, Expression]]:
        """Each new column as an expression over the row."""
        if isinstance(self.form, RegexForm):
            regex = f"(?i){self.form.body}" if self.form.ignores_case else self.form.body
            groups = [None if name is None else Gap(name) for name in self.form.groups]
        else:
            regex, gaps = to_regex(self.form)
            groups = list(gaps)
        text = Call("string.to_text", (ColumnRef(self.column),))
        made: list[tuple[str, Expression]] = []
        for number, gap in enumerate(groups, 1):
            if gap is not None:
                part: Expression = Call("string.extract", (text, TextLiteral(regex), NumberLiteral(str(number))))
                made.append((gap.name, Call("string.to_number", (part,)) if gap.is_number else part))
        return made

    def push_down(self, leaf: Leaf) -> Pushed:
        if leaf.aggregate is not None:
            return Pushed.NOTHING
        names = leaf.names
        for name, expression in self.assignments():
            resolved = leaf.names.resolve(expression)
            if resolved is None:
                return Pushed.NOTHING
            names = names.assigned(name, resolved)
        leaf.names = names
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        return frozenset({self.column})

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if columns is None else tuple(dict.fromkeys([*columns, *self.outputs]))

    def start(self, context: RunContext) -> StageRun:
        return _ParseRun(self)


def _parse_regex(cursor: Cursor) -> RegexForm:
    token, body, ignores_case = take_regex(cursor)
    with engine_errors():
        groups = tuple(Regex(body, ignores_case).names())
    if not any(groups):
        cursor.fail("the regular expression has no group with a name, such as (?P<user>[a-z]+)", token)
    return RegexForm(body, ignores_case, groups)


class _ParseRun(StageRun):
    def __init__(self, stage: Parse) -> None:
        self._steps = [(column, Evaluator(expression)) for column, expression in stage.assignments()]

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        parsed = [(column, evaluator.values(records)) for column, evaluator in self._steps]
        for column, values in parsed:
            records = [record.with_column(column, value) for record, value in zip(records, values, strict=True)]
        return records

"""`lookup`: columns from a table of the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.errors import UsageError
from lakebed.query.lexer import Kind
from lakebed.query.lookup.limits import LOOKUP_ANSWERS_KEPT
from lakebed.query.lookup.table import place_of
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import distinct, parse_name
from lakebed.query.stages.base import Stage, StageRun
from lakebed.query.stages.eval import METADATA_PREFIXES, check_assigned
from lakebed.query.values import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.lookup.table import Found, Lookup
    from lakebed.query.record import Record
    from lakebed.query.syntax import Span

LOOKUP_KEYS_MAX = 16
"""Keys of one lookup; more than anybody joins by."""


@dataclass(frozen=True, slots=True)
class LookupStage(Stage):
    """`lookup NAME key [= column], … [output a [as b], …] [prefix TEXT]`: columns of a lookup table, by keys.

    The table stands in the lake: `lakebed lookup add NAME FILE` puts it there, from CSV with a header, JSON (an array
    of objects, or one on each line), or MMDB. `key` is its column, `column` the one of the rows; the same name for both
    need not be repeated. Keys match when their texts are equal, case counts. A key column of networks (`10.0.0.0/8`)
    matches the addresses in them, the longest prefix wins. An MMDB table has one key, the address, under any name.

    Without `output` all other columns of the table are added, `prefix` puts a text before their names: `prefix geo.` A
    column of such a name that the row had is replaced. A row without a match stays, with null in these columns. Of
    several rows for the same keys the first counts, and the answer says so.

    Example: `* | lookup assets.csv ip = sourceIPAddress output owner, site as place | groupbycount(owner)`
    """

    name: ClassVar[str] = "lookup"
    keeps_each_row: ClassVar[bool] = True
    table: str
    keys: tuple[tuple[str, str], ...]
    """Column of the table, column of the rows."""
    outputs: tuple[tuple[str, str], ...] = ()
    """Column of the table, its new name; none means all."""
    prefix: str = ""

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        table, _ = parse_name(cursor, f'the name of a lookup table after "{name}"')
        keys = [_parse_key(cursor, f"a column of the lookup table `{table}`")]
        while cursor.take_if(Kind.COMMA):
            if len(keys) == LOOKUP_KEYS_MAX:
                cursor.fail(f"a lookup has at most {LOOKUP_KEYS_MAX} keys", cursor.last)
            keys.append(_parse_key(cursor, 'a column of the lookup table after ","'))
        span = cursor.span_from(start)
        distinct(cursor, [(key, span) for key, _ in keys])
        outputs = _parse_outputs(cursor) if cursor.take_keyword("output") else ()
        prefix = ""
        if cursor.take_keyword("prefix"):
            prefix, _ = parse_name(cursor, 'a text such as geo. after "prefix"')
            check_assigned(cursor, prefix)
        return cls(cursor.span_from(start), table, tuple(keys), outputs, prefix)

    def __str__(self) -> str:
        keys = ", ".join(map(_print_key, self.keys))
        outputs = ", ".join(_print_output(pair) for pair in self.outputs)
        prefix = f" prefix {print_name(self.prefix)}" if self.prefix else ""
        return f"lookup {print_name(self.table)} {keys}{' output ' + outputs if outputs else ''}{prefix}"

    def reads(self) -> frozenset[str] | None:
        return frozenset(column for _, column in self.keys)

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if columns is None or not self.outputs:
            return None
        return tuple(dict.fromkeys([*columns, *(self.prefix + output for _, output in self.outputs)]))

    def start(self, context: RunContext) -> StageRun:
        return _LookupRun(self, context)


def _parse_key(cursor: Cursor, expected: str) -> tuple[str, str]:
    key, _ = parse_name(cursor, expected)
    if cursor.take_if(Kind.EQUAL) is None:
        return key, key
    column, _ = parse_name(cursor, f'a column after "{key} ="')
    return key, column


def _parse_outputs(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    named: list[tuple[str, str, Span]] = [_parse_output(cursor, 'a column of the lookup table after "output"')]
    while cursor.take_if(Kind.COMMA):
        named.append(_parse_output(cursor, 'a column of the lookup table after ","'))
    distinct(cursor, [(output, span) for _, output, span in named])
    return tuple((column, output) for column, output, _ in named)


def _parse_output(cursor: Cursor, expected: str) -> tuple[str, str, Span]:
    column, span = parse_name(cursor, expected)
    output = column
    if cursor.take_keyword("as"):
        output, span = parse_name(cursor, 'a column name after "as"')
    check_assigned(cursor, output)
    return column, output, span


def _print_key(pair: tuple[str, str]) -> str:
    key, column = map(print_name, pair)
    return key if key == column else f"{key} = {column}"


def _print_output(pair: tuple[str, str]) -> str:
    column, output = map(print_name, pair)
    return column if column == output else f"{column} as {output}"


class _LookupRun(StageRun):
    def __init__(self, stage: LookupStage, context: RunContext) -> None:
        self._stage = stage
        self._notes = context.notes
        file = context.lake.lookup_table(stage.table)
        self._table: Lookup = file.by([key for key, _ in stage.keys])
        outputs = stage.outputs or tuple((column, column) for column in self._table.columns)
        if not self._table.is_open:
            for column, _ in outputs:
                place_of(self._table.columns, column, file.name)
        self._outputs = [(column, stage.prefix + output) for column, output in outputs]
        for _, output in self._outputs:
            if output.startswith(METADATA_PREFIXES):
                raise UsageError(f"the lookup table '{file.name}' has a column '{output}': give it another name")
        self._nothing: dict[str, Scalar] = dict.fromkeys(output for _, output in self._outputs)
        self._columns = [column for _, column in stage.keys]
        self._answers: dict[tuple[str, ...], dict[str, Scalar]] = {}

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record.with_columns(self._answer(record)) for record in records]

    def _answer(self, record: Record) -> dict[str, Scalar]:
        values = [record.value(column) for column in self._columns]
        if any(value is None for value in values):
            return self._nothing
        keys = tuple(map(text_of, values))
        known = self._answers.get(keys)
        if known is None:
            if len(self._answers) == LOOKUP_ANSWERS_KEPT:
                self._answers.clear()
            known = self._answers[keys] = self._columns_of(self._table.find(keys))
        return known

    def _columns_of(self, found: Found | None) -> dict[str, Scalar]:
        if found is None:
            return self._nothing
        if found.is_first:
            self._notes.add(f"the lookup table '{self._stage.table}' has several rows for some keys: the first counts")
        return {output: found.row.get(column) for column, output in self._outputs}

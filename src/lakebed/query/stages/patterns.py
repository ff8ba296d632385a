"""`patterns`: templates of log texts, with how often they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed import native
from lakebed.query.json_lines import json_text
from lakebed.query.lexer import Kind
from lakebed.query.mined import event_json, read_answer
from lakebed.query.printer import print_name
from lakebed.query.record import Record
from lakebed.query.stages.arguments import close_parenthesis, parse_count, parse_name
from lakebed.query.stages.base import COUNT_COLUMN, Stage, StageRun
from lakebed.query.values import MESSAGE_COLUMN, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import Notes, RunContext
    from lakebed.query.cursor import Cursor

PATTERN_COLUMN = "@q.pattern"
EXAMPLE_COLUMN = "@q.example"

PATTERNS_SHOWN = 1_000
"""Patterns of an answer without `limit`; nobody reads more."""

PATTERNS_MAX = 20_000
"""The engine tells no more apart."""


@dataclass(frozen=True, slots=True)
class Patterns(Stage):
    """`patterns [column] [limit N]`: templates of texts, the most frequent first.

    The columns of the answer are `@q.pattern`, `@q.count` and `@q.example` (the smallest of the texts). Without a
    column the text is `message`, where there is none the whole event. What looks like a value becomes `<*>`: words with
    a digit, hexadecimal words, and what `.`, `:`, `-`, `/`, `,` or `+` joins of these, such as times and addresses.
    Then texts of the same structure that have 60 % of their words in common become one template, as in Drain, starting
    with the most frequent, so that the answer does not depend on the order of rows. The first 4,096 bytes of a text
    count.

    Without `limit` 1,000 patterns are shown. Beyond 20,000 kinds of text similar ones are put together early and rare
    ones given up; the answer says so.

    Example: `level: error | patterns message limit 20`
    """

    name: ClassVar[str] = "patterns"
    gives_table: ClassVar[bool] = True
    column: str | None = None
    limit: int = PATTERNS_SHOWN

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        column = None
        opening = cursor.take_if(Kind.OPEN)
        is_limit = cursor.peek().source.lower() == "limit" and cursor.peek().kind is Kind.WORD
        if opening is not None or (cursor.peek().kind in (Kind.WORD, Kind.BACKTICK, Kind.IN) and not is_limit):
            column, _ = parse_name(cursor, f'a column name after "{name}"')
        if opening is not None:
            close_parenthesis(cursor, f'")" after the column `{column}`')
        limit = PATTERNS_SHOWN
        if cursor.take_keyword("limit"):
            limit = parse_count(cursor, 'a number of patterns after "limit"', PATTERNS_MAX)
        return cls(cursor.span_from(start), column, limit)

    def __str__(self) -> str:
        column = "" if self.column is None else f"({print_name(self.column)})"
        return f"patterns{column}{'' if self.limit == PATTERNS_SHOWN else f' limit {self.limit}'}"

    def reads(self) -> frozenset[str] | None:
        return None if self.column is None else frozenset({self.column})

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return (PATTERN_COLUMN, COUNT_COLUMN, EXAMPLE_COLUMN)

    def start(self, context: RunContext) -> StageRun:
        return _PatternsRun(self, context.notes)


class _PatternsRun(StageRun):
    def __init__(self, stage: Patterns, notes: Notes) -> None:
        self._stage = stage
        self._notes = notes
        self._patterns = native.Patterns()

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        texts = [self._text(record) for record in records]
        with native.engine_errors():
            self._patterns.push(json_text(texts))
        return ()

    def finish(self) -> Sequence[Record]:
        with native.engine_errors():
            rows, _ = read_answer(self._patterns.finish(self._stage.limit), self._notes)
        names = (PATTERN_COLUMN, COUNT_COLUMN, EXAMPLE_COLUMN)
        return [Record.of_table(dict(zip(names, row, strict=True))) for row in rows]

    def _text(self, record: Record) -> str | None:
        value = record.value(MESSAGE_COLUMN if self._stage.column is None else self._stage.column)
        if value is not None:
            return text_of(value)
        return event_json(record).decode() if self._stage.column is None else None

"""`unroll`: one row for each element of an array."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from lakebed.model import Scalar, decode_json
from lakebed.query.lexer import Kind
from lakebed.query.printer import print_name
from lakebed.query.stages.arguments import close_parenthesis, parse_name
from lakebed.query.stages.base import Stage, StageRun
from lakebed.query.stages.eval import check_assigned
from lakebed.query.values import flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.context import Notes, RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record

UNROLL_ELEMENTS_MAX = 10_000
"""Rows made of one; functions that make arrays stop there, too."""

_Element: TypeAlias = "dict[str, Scalar]"
"""What follows the name in each column of an element, with its value."""


@dataclass(frozen=True, slots=True)
class Unroll(Stage):
    """`unroll tags`: one row for each element of the array `tags`, which is then the column `tags`; `unroll items as
    item` calls it `item`. The fields of an element that is an object are `items.name` or `item.name`.

    Arrays of events, and those that functions such as `values` give. A row where the column is no array stays as it
    is, and so does one where it is missing or empty. Elements that are null make no row. At most 10,000 rows of one.

    Example: `eventName: ConsoleLogin | unroll tags as tag | groupbycount(tag)`
    """

    name: ClassVar[str] = "unroll"
    gives_order: ClassVar[bool] = True
    column: str
    output: str

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        column, _ = parse_name(cursor, f'a column name after "{cursor.last.source}"')
        output = column
        if cursor.take_keyword("as"):
            output, _ = parse_name(cursor, 'a column name after "as"')
        check_assigned(cursor, output)
        if opening is not None:
            close_parenthesis(cursor, f'")" after the column `{output}`')
        return cls(cursor.span_from(start), column, output)

    def __str__(self) -> str:
        new = "" if self.output == self.column else f" as {print_name(self.output)}"
        return f"unroll {print_name(self.column)}{new}"

    def reads(self) -> frozenset[str] | None:
        return None

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if columns is None:
            return None
        return tuple(dict.fromkeys([*columns, self.output]))

    def start(self, context: RunContext) -> StageRun:
        return _UnrollRun(self, context.notes)


class _UnrollRun(StageRun):
    def __init__(self, stage: Unroll, notes: Notes) -> None:
        self._column, self._output = stage.column, stage.output
        self._notes = notes
        self._element = re.compile(re.escape(stage.column) + r"\[([0-9]+)\]((?:[.\[].*)?)", re.DOTALL)

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [row for record in records for row in self._rows(record)]

    def _rows(self, record: Record) -> list[Record]:
        elements, gone = self._elements(record)
        if not elements:
            return [record]
        if len(elements) > UNROLL_ELEMENTS_MAX:
            self._notes.add(f"`unroll {self._column}` made {UNROLL_ELEMENTS_MAX} rows of one, it has more elements")
            elements = elements[:UNROLL_ELEMENTS_MAX]
        rest = record.without(gone)
        return [rest.with_columns({self._output + name: value for name, value in one.items()}) for one in elements]

    def _elements(self, record: Record) -> tuple[list[_Element], list[str]]:
        """The elements, and the columns that they stand in now."""
        by_place: dict[str, _Element] = {}
        gone: dict[str, None] = {}
        for name, value in record.every():
            found = self._element.fullmatch(name)
            if found is not None and value is not None:
                by_place.setdefault(found[1], {}).setdefault(found[2], value)
                gone[name] = None
        if by_place:
            # The digits are text of the log: there may be too many of them for a number.
            places = sorted(by_place, key=lambda digits: (len(digits.lstrip("0")), digits.lstrip("0"), digits))
            return [by_place[place] for place in places], list(gone)
        return _elements_of_text(record.value(self._column)), [self._column]


def _elements_of_text(value: Scalar) -> list[_Element]:
    """The elements of an array that a function has made: those are JSON text."""
    if not isinstance(value, str) or not value.startswith("["):
        return []
    try:
        array = decode_json(value.encode())
    except ValueError:
        return []
    if not isinstance(array, list):
        return []
    elements: list[_Element] = []
    for element in array:
        if isinstance(element, (dict, list)):
            found: _Element = {}
            for name, inner in flatten({"": element}):
                found.setdefault(name, inner)
            elements.append(found)
        elif element is not None:
            elements.append({"": element})
    return [element for element in elements if element]

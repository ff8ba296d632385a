"""`fields` and `drop`: which columns of a row stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lakebed.query.lexer import Kind
from lakebed.query.patterns import names_match
from lakebed.query.printer import print_column
from lakebed.query.record import LEAF_ONLY_METADATA, NAMED_METADATA, ROW_METADATA, SHOWN_METADATA
from lakebed.query.stages.arguments import close_parenthesis, parse_pattern, take_minus
from lakebed.query.stages.base import Leaf, Pushed, Stage, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.record import Record
    from lakebed.query.syntax import Column


@dataclass(frozen=True, slots=True)
class Fields(Stage):
    """`fields a, user.*`: only these columns stay, in this order; `fields - a, b` or `drop a, b`: these go, the others
    stay.

    Names may have wildcards: `user.*` are the columns one level below `user`, `user.**` all below it. A column that a
    row does not have does not appear, unlike with `table`, and an event keeps its time, source object and index. With
    plain names only those columns are read, which makes the search cheaper too.

    Example: `error | fields message, user.** | drop user.agent`
    """

    name: ClassVar[str] = "fields, drop"
    keeps_each_row: ClassVar[bool] = True
    columns: tuple[Column, ...]
    is_drop: bool = False

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        opening = cursor.take_if(Kind.OPEN)
        is_drop = name == "drop" or (opening is None and take_minus(cursor))
        columns = [parse_pattern(cursor, f'a column name after "{cursor.last.source}"')]
        while cursor.take_if(Kind.COMMA):
            columns.append(parse_pattern(cursor, 'a column name after ","'))
        if opening is not None:
            close_parenthesis(cursor, f'"," or ")" after the column {print_column(columns[-1])}')
        stage = cls(cursor.span_from(start), tuple(columns), is_drop)
        _refuse_metadata(cursor, stage)
        return stage

    def __str__(self) -> str:
        return f"{'drop' if self.is_drop else 'fields'} {', '.join(map(print_column, self.columns))}"

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns, None when there are wildcards."""
        names = [column.name for column in self.columns]
        return None if None in names else tuple(name for name in names if name is not None)

    def push_down(self, leaf: Leaf) -> Pushed:
        names = self.names
        if names is None or leaf.aggregate is not None:
            return Pushed.NOTHING
        if self.is_drop:
            leaf.names = leaf.names.without(name for name in names if name not in ROW_METADATA)
        else:
            leaf.names = leaf.names.only([*names, *ROW_METADATA])
        return Pushed.PARTLY

    def reads(self) -> frozenset[str] | None:
        if self.is_drop:
            return frozenset()
        return None if self.names is None else frozenset(self.names)

    def columns_left(self) -> tuple[str, ...] | None:
        return None if self.is_drop else self.names

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if columns is None else tuple(self.chosen([(name, name) for name in columns]))

    def start(self, context: RunContext) -> StageRun:
        return _FieldsRun(self)

    def chosen(self, columns: Sequence[tuple[str, Scalar]]) -> dict[str, list[Scalar]]:
        """Of these columns the ones that stay, in order; an event can have several of one name."""
        found: dict[str, list[Scalar]] = {}
        for name, value in columns:
            found.setdefault(name, []).append(value)
        if self.is_drop:
            gone = {name for column in self.columns for name in _matching(column, found)}
            return {name: values for name, values in found.items() if name not in gone}
        names = dict.fromkeys(name for column in self.columns for name in _matching(column, found))
        return {name: found[name] for name in names}


def _matching(column: Column, found: dict[str, list[Scalar]]) -> list[str]:
    if column.name is not None:
        return [column.name] if column.name in found else []
    return [name for name in found if names_match(column.parts, name)]


def _refuse_metadata(cursor: Cursor, stage: Fields) -> None:
    """The engine is asked for this metadata by name, and only when it is asked for nothing but names."""
    if stage.is_drop or stage.names is not None:
        return
    for column in stage.columns:
        if column.name in LEAF_ONLY_METADATA:
            cursor.fail(f'"{column.name}" works in "fields" only where no column has wildcards', column.span)


class _FieldsRun(StageRun):
    def __init__(self, stage: Fields) -> None:
        self._stage = stage
        names = [column.name for column in stage.columns if column.name is not None]
        self._unnamed = (ROW_METADATA | NAMED_METADATA).difference(names)
        self._named = [name for name in names if name in ROW_METADATA | NAMED_METADATA and name not in SHOWN_METADATA]

    def push(self, records: Sequence[Record]) -> Sequence[Record]:
        return [self._of(record) for record in records]

    def _of(self, record: Record) -> Record:
        columns = list(record.every())
        if record.is_whole_event:
            if not self._stage.is_drop:
                own = [(name, value) for name, value in columns if name not in self._named]
                told = [(name, record.value(name)) for name in self._named]
                columns = own + [(name, value) for name, value in told if value is not None]
            columns = [(name, value) for name, value in columns if name not in SHOWN_METADATA]
        # an event that the plan cut to some columns has metadata among them, which wildcards do not see
        hidden = [pair for pair in columns if record.row is not None and pair[0] in self._unnamed]
        kept = self._stage.chosen([pair for pair in columns if pair not in hidden] if hidden else columns)
        if self._stage.is_drop:
            kept |= {name: [value] for name, value in hidden}
            gone = [name for name in self._named if name in NAMED_METADATA]
        else:
            gone = [name for name in NAMED_METADATA if name not in kept]
        return record.cut_to([(name, value) for name, values in kept.items() for value in values], gone)

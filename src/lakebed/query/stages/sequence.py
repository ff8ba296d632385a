"""`sequence`: events of a key that follow each other in given steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from lakebed.query.filters import parse_filter
from lakebed.query.lexer import Kind
from lakebed.query.match import matches
from lakebed.query.printer import print_filter, print_name, print_names
from lakebed.query.record import Record
from lakebed.query.stages.arguments import distinct, parse_name, parse_names
from lakebed.query.stages.ordered import (
    DURATION_COLUMN,
    END_COLUMN,
    TIME_COLUMN,
    OrderedRun,
    OrderedStage,
    take_span,
    times_of,
)
from lakebed.query.syntax import Filter, Or
from lakebed.query.times import format_time
from lakebed.query.walk import columns_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Row, Scalar, TableRow
    from lakebed.query.context import RunContext
    from lakebed.query.cursor import Cursor
    from lakebed.query.stages.base import Leaf, Pushed
    from lakebed.query.stages.ordered import Key
    from lakebed.query.time_spans import TimeSpan

SEQUENCE_STEPS_MAX = 16
"""Steps of one sequence: each costs a look at every event."""

SEQUENCE_KEYS_MAX = 100_000
"""Keys whose sequences have begun and are still within their time; beyond it the oldest are given up."""


@dataclass(frozen=True, slots=True)
class Step:
    """`name: (filter)`"""

    name: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Sequence_(OrderedStage):  # noqa: N801 - the plain name is the standard library's
    """`sequence [by column, …] within 10m [name:] (filter) [name:] (filter) …`: one row for each time that events with
    equal columns pass the filters one after the other, within that time from the first to the last.

    Other events between them do not matter. A match ends as early as possible, and begins as late as possible for that
    end; each of its steps is the first event after the step before that passes. Then the key begins anew: no event is
    in two matches, and none from before the end of one is in the next. Events of the same time are in the order of
    their places in the logs. Events without one of the columns are left out. Without `by` all events belong together.

    The columns are those after `by`, `@lb.time` (of the first step), `@q.end`, `@q.duration_s`, and for each step
    `NAME.time`, `NAME.object` and `NAME.record`, which say where its event stands. Steps without a name are `step1`,
    `step2` and so on. Rows come in the order of their ends, the oldest first. Up to 100,000 keys can be under way at a
    time; the answer says when there were more.

    Example: `* | sequence by user within 10m login: (eventName: ConsoleLogin) (eventName: DeleteTrail)`
    """

    name: ClassVar[str] = "sequence"
    within: TimeSpan
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, cursor: Cursor, name: str) -> Self:
        start = cursor.last
        by = parse_names(cursor, "by") if cursor.take_keyword("by") else ()
        if not cursor.take_keyword("within"):
            cursor.fail_expected('"within" and a span of time' + ("" if by else ', or "by" and a column name'))
        within = take_span(cursor, 'a span of time after "within"')
        steps: list[Step] = []
        while cursor.peek().kind not in (Kind.END, Kind.PIPE, Kind.CLOSE) or len(steps) < 2:
            if len(steps) == SEQUENCE_STEPS_MAX:
                cursor.fail(f"a sequence has at most {SEQUENCE_STEPS_MAX} steps", cursor.peek())
            steps.append(_parse_step(cursor, len(steps) + 1))
        span = cursor.span_from(start)
        stage = cls(span, by, within, tuple(steps))
        distinct(cursor, [(column, span) for column in stage.output])
        return stage

    def __str__(self) -> str:
        by = f" by {print_names(self.by)}" if self.by else ""
        steps = "".join(f" {_print_step(step, place)}" for place, step in enumerate(self.steps, 1))
        return f"sequence{by} within {self.within.text}{steps}"

    @property
    def output(self) -> tuple[str, ...]:
        """The columns of the answer."""
        places = [f"{step.name}.{part}" for step in self.steps for part in ("time", "object", "record")]
        return (*self.by, TIME_COLUMN, END_COLUMN, DURATION_COLUMN, *places)

    def push_down(self, leaf: Leaf) -> Pushed:
        takes_filters = leaf.takes_filters
        pushed = OrderedStage.push_down(self, leaf)
        any_step = leaf.names.filter(Or(tuple(step.filter for step in self.steps)))
        if takes_filters and any_step is not None:
            leaf.filters.append(any_step)  # an event that is no step does not matter
        return pushed

    def filters(self) -> tuple[Filter, ...]:
        return tuple(step.filter for step in self.steps)

    def reads(self) -> frozenset[str] | None:
        return columns_of_filters(self.by, self.filters())

    def columns_after(self, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self.output

    def run(self, context: RunContext) -> OrderedRun:
        return _SequenceRun(self, context)


def columns_of_filters(names: Sequence[str], filters: Sequence[Filter]) -> frozenset[str] | None:
    """The columns with these names and those that filters look at; None when that depends on the event."""
    known = frozenset(names)
    for filter_ in filters:
        read = columns_read(filter_)
        if read is None:
            return None
        known |= read
    return known


def parse_filter_in_parentheses(cursor: Cursor, expected: str) -> Filter:
    """Takes `(filter)`."""
    opening = cursor.expect(Kind.OPEN, expected)
    with cursor.nested(opening):
        filter_ = parse_filter(cursor)
    cursor.expect(Kind.CLOSE, '")" after the filter')
    return filter_


def _parse_step(cursor: Cursor, number: int) -> Step:
    name = f"step{number}"
    if cursor.peek().kind in (Kind.WORD, Kind.BACKTICK):
        name, _ = parse_name(cursor, "a step")
        cursor.expect(Kind.COLON, f'":" and a filter in parentheses after the name `{name}` of a step')
    filter_ = parse_filter_in_parentheses(cursor, f"step {number}: a filter in parentheses, or its name and one")
    return Step(name, filter_)


def _print_step(step: Step, number: int) -> str:
    name = "" if step.name == f"step{number}" else f"{print_name(step.name)}: "
    return f"{name}({print_filter(step.filter)})"


@dataclass(frozen=True, slots=True)
class _Event:
    row: Row
    values: list[Scalar]

    @property
    def order(self) -> tuple[int, str, int]:
        return self.row.time_ns, self.row.object, self.row.record


_Chain: TypeAlias = tuple[_Event, ...]


class _SequenceRun(OrderedRun):
    """For each key, and each number of steps, the chain of events that begins last."""

    def __init__(self, stage: Sequence_, context: RunContext) -> None:
        super().__init__(stage, context)
        self._stage = stage
        assert stage.within.ns is not None  # a month is refused
        self._within_ns = stage.within.ns
        self._chains: dict[Key, list[_Chain | None]] = {}

    def take(self, key: Key, values: list[Scalar], row: Row, record: Record) -> Sequence[Record]:
        event, steps = _Event(row, values), self._stage.steps
        chains = self._chains.get(key)
        if chains is not None:
            for place in range(len(steps) - 1, 0, -1):
                before, own = chains[place - 1], chains[place]
                if before is None or row.time_ns - before[0].row.time_ns > self._within_ns:
                    continue
                if own is not None and own[0].order >= before[0].order:
                    continue
                if matches(steps[place].filter, record):
                    chains[place] = (*before, event)
        if chains is not None and chains[-1] is not None:
            del self._chains[key]
            return [Record.of_table(self._row_of(chains[-1]))]
        if matches(steps[0].filter, record):
            if chains is not None:
                chains[0] = (event,)
                return ()
            self._chains[key] = [(event,), *[None] * (len(steps) - 1)]
            if len(self._chains) > SEQUENCE_KEYS_MAX:
                self._make_room(row.time_ns)
        return ()

    def _make_room(self, now_ns: int) -> None:
        for key, chains in list(self._chains.items()):
            if all(chain is None or now_ns - chain[0].row.time_ns > self._within_ns for chain in chains):
                del self._chains[key]
        if len(self._chains) > SEQUENCE_KEYS_MAX // 2:
            self.notes.add(f"more than {SEQUENCE_KEYS_MAX // 2} sequences were under way: the oldest were given up")
        while len(self._chains) > SEQUENCE_KEYS_MAX // 2:
            del self._chains[next(iter(self._chains))]

    def _row_of(self, chain: _Chain) -> TableRow:
        columns: TableRow = dict(zip(self._stage.by, chain[0].values, strict=True))
        columns |= times_of(chain[0].row, chain[-1].row)
        for step, event in zip(self._stage.steps, chain, strict=True):
            columns[f"{step.name}.time"] = format_time(event.row.time_ns)
            columns[f"{step.name}.object"] = event.row.object
            columns[f"{step.name}.record"] = event.row.record
        return columns

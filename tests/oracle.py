"""A slow, obvious evaluator of the query language over plain dicts.

It works on the syntax tree, stage after stage in the order they are written, and shares no code
with the plan, the root part or the engine: patterns are regular expressions here, numbers are
fractions. What it says is right by definition (docs/search-plan.md, docs/query-language.md); a
disagreement is a bug in one of the two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lakebed.query.compile import compile_parsed
from lakebed.query.context import Scope
from lakebed.query.expression import ColumnRef, Expression
from lakebed.query.parser import Query, parse_query
from lakebed.query.plan import expression_node
from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.eval import Eval
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.head import Head
from lakebed.query.stages.join import Join
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.sort import Sort
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.table import Table
from lakebed.query.stages.timechart import Timechart
from lakebed.query.stages.union import Union
from lakebed.query.stages.unroll import Unroll
from lakebed.query.stages.value import SingleValue
from lakebed.query.stages.where import Where
from tests.events import INDEX_NAME, Event, Json
from tests.expression_oracle import evaluate as evaluate_expression
from tests.expressions.values import dump
from tests.oracle_filter import holds
from tests.oracle_functions import MISSING, number, one_spelling, order_key
from tests.oracle_measures import measured
from tests.oracle_times import rfc3339

if TYPE_CHECKING:
    from fractions import Fraction

    from lakebed.query.stages.base import Stage


@dataclass
class OracleRow:
    """An event, or a row of a table when `columns` is set."""

    event: Event | None
    columns: dict[str, Json] | None = None
    flat: list[tuple[str, Json]] | None = None
    changes: dict[str, Json] = field(default_factory=dict)
    """Columns of an event that stages have set; MISSING where they took one away."""
    also_known: dict[str, str] = field(default_factory=dict)
    """Other names for columns of a table, for the stages that follow."""

    def every(self) -> list[tuple[str, Json]]:
        if self.columns is not None:
            return [(name, value) for name, value in self.columns.items() if value is not MISSING]
        assert self.event is not None
        if self.flat is None:
            own = [(name, value) for name, value in flatten(self.event.value) if name not in self.changes]
            self.flat = own + [(name, value) for name, value in self.changes.items() if value is not MISSING]
        return self.flat

    def named(self, name: str) -> list[Json]:
        if name == "@index" and self.event is not None:
            return [INDEX_NAME]
        if name in self.changes:
            return [] if self.changes[name] is MISSING else [self.changes[name]]
        own = [value for column, value in self.every() if column == name]
        if not own and name in self.also_known and name not in (self.columns or {}):
            return self.named(self.also_known[name])
        metadata = None
        if self.event is not None and self.columns is None:
            metadata = metadata_of(self.event, name)
        if metadata is None or (name.startswith(("@scnr.", "%ingest.")) and own):
            return own
        return [metadata]

    def value(self, name: str) -> Json:
        return next(iter(self.named(name)), MISSING)

    def answer(self) -> Json:
        if self.columns is not None:
            return self.columns
        assert self.event is not None
        if not self.changes:
            return self.event.value
        added = {name: value for name, value in self.changes.items() if value is not MISSING}
        event = self.event.value if isinstance(self.event.value, dict) else {"message": self.event.value}
        known = {name for name, _ in flatten(event)} | set(event)
        if len(added) == len(self.changes) and not known & set(added):
            return {**event, **added}
        return dict(self.every())


def run(
    text: str,
    events: list[Event],
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    limit: int | None = None,
    newest_first: bool = True,
) -> list[Json]:
    """The rows of the answer, in order."""
    from tests import oracle_mining

    oracle_mining.set_time_range(since_ns, until_ns)
    newest = Events(text, sorted(events, key=lambda event: event.order, reverse=newest_first), since_ns, until_ns)
    return [row.answer() for row in newest.rows(parse_query(text))[:limit]]


@dataclass(frozen=True)
class Events:
    """The events of a search in their order, for the query and those nested in it."""

    text: str
    events: list[Event]
    since_ns: int | None
    until_ns: int | None

    def rows(self, query: Query) -> list[OracleRow]:
        """The rows that a query gives."""
        from tests import oracle_chart, oracle_stages

        scope = compile_parsed(query, self.text, Scope(self.since_ns, self.until_ns)).scope
        in_range = [
            OracleRow(event)
            for event in self.events
            if (self.since_ns is None or event.time_ns >= self.since_ns)
            and (self.until_ns is None or event.time_ns < self.until_ns)
        ]
        rows = [row for row in in_range if holds(query.filter, row)]
        nested = replace(self, since_ns=scope.since_ns, until_ns=scope.until_ns)
        in_time_order = True
        for stage in query.stages:
            if isinstance(stage, Timechart):
                compute = functools.partial(measured, in_time_order=in_time_order)
                rows = oracle_chart.charted(stage, rows, scope.since_ns, scope.until_ns, compute)
            elif isinstance(stage, Union):
                rows = rows + [row for query in stage.nested for row in nested.rows(query)]
            elif isinstance(stage, Join):
                rows = oracle_stages.joined(rows, nested.rows(stage.query), stage.pairs, stage.keeps_all)
            else:
                rows = after(stage, rows, in_time_order, scope.seconds)
            in_time_order = in_time_order and not isinstance(stage, (Sort, Unroll, Union, Join))
        return rows


def after(stage: Stage, rows: list[OracleRow], in_time_order: bool, seconds: Fraction | None) -> list[OracleRow]:
    """The rows that a stage makes of these; `seconds`: length of the time range that is searched."""
    compute = functools.partial(measured, in_time_order=in_time_order, seconds=seconds)
    match stage:
        case Where():
            return [row for row in rows if holds(stage.filter, row)]
        case Head():
            return rows[: stage.row_count]
        case Table():
            return [OracleRow(row.event, {name: row.value(name) for name in stage.columns}) for row in rows]
        case Count():
            return [OracleRow(None, {"@q.count": number(len(rows))})]
        case Eval():
            for assignment in stage.assignments:
                rows = [changed(row, {assignment.column: value_of(assignment.expression, row)}) for row in rows]
            return rows
        case Rename():
            return [renamed(row, stage.pairs) for row in rows]
        case GroupByCount():
            return grouped(rows, [(key.output, key.expression) for key in stage.by], [], value_of, compute)
        case Stats():
            measures: Measures = [(m.output, m.call.name, m.call.operands, m.call.parameters) for m in stage.measures]
            return grouped(rows, [(key.output, key.expression) for key in stage.by], measures, value_of, compute)
        case SingleValue() | CountDistinct():
            measure = ("value", stage.call.name, stage.call.operands, stage.call.parameters)
            (group,) = grouped(rows, [], [measure], value_of, compute)
            assert group.columns is not None
            name = "@q.uniq" if isinstance(stage, CountDistinct) else "@q.value"
            also_known = {"@q.count": "@q.uniq"} if isinstance(stage, CountDistinct) else {}
            return [OracleRow(None, {name: group.columns["value"]}, also_known=also_known)]
        case _:
            from tests import oracle_stages

            return oracle_stages.after(stage, rows)


def changed(row: OracleRow, changes: dict[str, Json]) -> OracleRow:
    """The row with other values in some columns; MISSING takes an event's column away, and stays in a table."""
    if row.columns is not None:
        return OracleRow(row.event, {**row.columns, **changes})
    return OracleRow(row.event, None, None, {**row.changes, **changes})


def renamed(row: OracleRow, pairs: tuple[tuple[str, str], ...]) -> OracleRow:
    values = {new: row.value(old) for old, new in pairs}
    if row.columns is None:
        return changed(row, {**{old: MISSING for old, _ in pairs}, **values})
    news = dict(pairs)
    kept = [(name, value) for name, value in row.columns.items() if name in news or name not in values]
    columns = {news.get(name, name): values.get(news.get(name, name), value) for name, value in kept}
    return OracleRow(row.event, {**columns, **values})


def value_of(expression: Expression, row: OracleRow) -> Json:
    """The value of an expression of the tree."""
    if isinstance(expression, ColumnRef):
        return row.value(expression.name)
    return evaluate(expression_node(expression), row)


def evaluate(node: Any, row: OracleRow) -> Json:
    """The value of an expression as docs/search-plan.md writes it."""
    value = evaluate_expression(node, row.value, lambda column: matching_values(column["parts"], row))
    return dump(value) if isinstance(value, list) else value


def matching_values(parts: list[Any], row: OracleRow) -> list[Json]:
    """The values of the columns that a plan's pattern matches."""
    stars = {1: r"[^.\[\]]*", 2: "(?s:.*)"}
    pattern = "".join(re.escape(part) if isinstance(part, str) else stars[part["star"]] for part in parts)
    return [value for name, value in row.every() if re.fullmatch(pattern, name)]


Measures = list[tuple[str, str, Sequence[Any], Sequence[str]]]
"""Output name, function, operands, parameters."""

Measure = Callable[[str, list[OracleRow], Sequence[Any], Sequence[str], Callable[[Any, OracleRow], Json]], Json]
"""What says the value of a function over the rows of a group."""


def grouped(
    rows: list[OracleRow],
    keys: list[tuple[str, Any]],
    measures: Measures,
    value_of: Callable[[Any, OracleRow], Json],
    compute: Callable[..., Json],
) -> list[OracleRow]:
    """The groups; `compute` is `measured`, or what takes the same."""
    groups: dict[Any, list[OracleRow]] = {} if keys else {(): []}
    for row in rows:
        groups.setdefault(tuple(order_key(value_of(key, row)) for _, key in keys), []).append(row)
    answer = []
    for _, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        columns = {output: one_spelling(value_of(key, members[0])) for output, key in keys}
        columns["@q.count"] = number(len(members))
        for output, name, operands, parameters in measures:
            columns[output] = compute(name, members, operands, parameters, value_of)
        answer.append(OracleRow(None, columns))
    return answer


def flatten(value: Json, name: str = "") -> list[tuple[str, Json]]:
    """Columns of an event; a top-level value that is no object is the column `message`."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, inner) for key, inner in value.items()]
        return [column for key, inner in pairs for column in _flatten_inner(inner, key)]
    return _flatten_inner(value, "message")


def _flatten_inner(value: Json, name: str) -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}", inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{place}]", inner) for place, inner in enumerate(value)]
    elif value is None:
        return []
    else:
        return [(name, value)]
    return [column for key, inner in pairs for column in _flatten_inner(inner, key)]


def metadata_of(event: Event, name: str) -> Json:
    metadata = {
        "@lb.time": rfc3339(event.time_ns),
        "@lb.time_ns": number(event.time_ns),
        "@lb.time_source": event.time_source,
        "@lb.received": rfc3339(event.received_ns),
        "@lb.object": event.object,
        "@lb.record": number(event.record),
        "@lb.source_type": event.source_type,
        "@scnr.datetime": rfc3339(event.time_ns),
        "@scnr.time_ns": number(event.time_ns),
        "@scnr.source_type": event.source_type,
        "%ingest.source_type": event.source_type,
    }
    return metadata.get(name)

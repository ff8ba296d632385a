"""Query text to what a search needs: indexes, the plan of the leaf part, and the root part.

A stage belongs to the leaf while every stage before it does and its work can be done there:
`where` joins the filter, the first aggregate becomes the plan's, `head` its limit, `table` its
columns; what `eval` and `rename` make is computed where it is used (names.py). From the first stage that cannot, all
run at the root.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from lakebed.errors import QueryError
from lakebed.execute.index_plan import INDEX_COLUMN
from lakebed.query.context import Lake, NoLake, RunContext, Scope
from lakebed.query.functions.base import ORDER_COLUMN, RowOrder
from lakebed.query.indexes import lift_indexes, refuse_indexes
from lakebed.query.parser import Query, parse_query
from lakebed.query.plan import PLAN_VERSION, Plan, aggregate_node, depth_of, filter_node
from lakebed.query.record import LEAF_ONLY_METADATA
from lakebed.query.root import Root
from lakebed.query.simplify import NOTHING, simplify
from lakebed.query.stages.base import Leaf, Nested, Pushed, Stage, rows_wanted
from lakebed.query.stages.head import Head
from lakebed.query.stages.where import Where
from lakebed.query.syntax import NOWHERE, And, Everything, Filter, Span
from lakebed.query.time_range import TimeRange, lift_times
from lakebed.query.walk import leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.aggregate import Wanted
    from lakebed.query.stages.base import AggregateStage

PLAN_DEPTH_MAX = 100
"""Levels of JSON in a plan: decoders of JSON commonly stop at 128, and no query written by a
person comes near."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """One query, ready to run any number of times.

    >>> query = compile_query("@index=web status >= 500 | groupbycount(host) | head 3")
    >>> query.indexes, query.columns, query.is_aggregate
    (('web',), ('host', '@q.count'), True)
    """

    text: str
    indexes: tuple[str, ...] | None
    """Names of the indexes to open; None when the query does not restrict them."""
    plan: Plan = field(compare=False)
    """The plan of docs/search-plan.md for the leaf part."""
    columns: tuple[str, ...] | None
    """Output columns in order; None when the answer is whole events, or a table whose columns depend on them."""
    is_aggregate: bool
    """True when the leaf parts give one mergeable partial instead of rows."""
    gives_table: bool
    """True when the answer is rows of a table, from `Root.finish`; False when it is events, from
    `Root.push_rows`."""
    root_stages: tuple[Stage, ...] = ()
    """The stages that run at the root."""
    leaf_aggregate: AggregateStage | None = None
    """The stage whose aggregate the leaf parts compute."""
    scope: Scope = field(default_factory=Scope)
    parsed: Query | None = None
    limit: int | None = None
    """The most rows of the answer, as the caller gave it."""
    only_indexes: tuple[str, ...] | None = None
    """The indexes that the caller allows, to nested queries too; None for all."""
    leaf_filter: Filter = field(default=Everything(), compare=False)
    """The filter of the leaf parts, simplified: what the plan says as a tree."""

    def restricted(self, names: Sequence[str]) -> CompiledQuery:
        """The query over these indexes only, nested queries included."""
        kept = tuple(name for name in names if self.indexes is None or name in self.indexes)
        return replace(self, indexes=kept, only_indexes=tuple(names))

    @property
    def has_whole_events(self) -> bool:
        """Whether the leaf parts deliver events with their metadata, if only those columns that are ever looked at."""
        if self.plan["columns"] is None:
            return True
        cutting = next(stage for stage in self.root_stages if stage.columns_left() is not None)
        return cutting.columns_after(None) is None

    @property
    def copies_events(self) -> bool:
        """Whether the rows of the answer are events as the leaf part finds them, all or the first of them."""
        is_whole = not self.is_aggregate and self.plan["columns"] is None
        return is_whole and all(isinstance(stage, Head) for stage in self.root_stages)

    @property
    def wants_data_range(self) -> bool:
        """Whether the query depends on the times of the events that the lake holds: see `over_data`."""
        is_open = self.scope.since_ns is None or self.scope.until_ns is None
        return is_open and self.parsed is not None and any(stage.wants_data_range for stage in self.parsed.stages)

    def over_data(self, first_ns: int, last_ns: int) -> CompiledQuery:
        """The same query, knowing the times of the first and the last event that there may be for it."""
        assert self.parsed is not None, "compiled from a tree"
        scope = replace(self.scope, data_range=(first_ns, last_ns))
        compiled = compile_parsed(
            self.parsed, self.text, scope, limit=self.limit, use_index=bool(self.plan["use_index"])
        )
        return compiled if self.only_indexes is None else compiled.restricted(self.only_indexes)

    @property
    def groups_wanted(self) -> Wanted:
        """Which groups of the leaf's aggregate are looked at."""
        if self.leaf_aggregate is None:
            return None
        return self.leaf_aggregate.groups_wanted(rows_wanted(self.root_stages))

    def plan_bytes(self) -> bytes:
        """The plan as the engine takes it."""
        return msgspec.json.encode(self.plan)

    def root(self, lake: Lake | None = None) -> Root:
        """A fresh run of the root part; `lake` answers what stages ask of it."""
        context = RunContext(self.scope, lake or NoLake())
        return Root(self.root_stages, self.leaf_aggregate, self.has_whole_events, context)


def compile_query(
    text: str,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    limit: int | None = None,
    newest_first: bool = True,
    use_index: bool = True,
    data_range: tuple[int, int] | None = None,
) -> CompiledQuery:
    """Compiles query text; raises `QueryError` with the place and what was expected there.

    `since_ns` (inclusive) and `until_ns` (exclusive) are event time, nanoseconds since 1970 UTC;
    conditions on `@lb.time` in the query narrow them. `limit` is the most rows of the answer,
    whatever the query says. `data_range` is the times of the first and the last event that there may be, where it is
    known; see `CompiledQuery.wants_data_range`.
    """
    scope = Scope(since_ns, until_ns, newest_first, data_range)
    return compile_parsed(parse_query(text), text, scope, limit=limit, use_index=use_index)


def compile_parsed(
    query: Query, text: str, scope: Scope, *, limit: int | None = None, use_index: bool = True
) -> CompiledQuery:
    """Compiles a query that was parsed from `text`, or from a part of it."""
    indexes, filter_ = lift_indexes(query.filter, text)
    limiting = [] if limit is None else [Head(NOWHERE, limit)]
    for stage in query.stages:
        for stage_filter in stage.filters():
            refuse_indexes(stage_filter, text)
    time_range, filters = lift_times([filter_], TimeRange(scope.since_ns, scope.until_ns))
    scope = replace(scope, since_ns=time_range.since_ns, until_ns=time_range.until_ns)
    written = [_with_nested(stage.bound(scope), text, scope) for stage in (*query.stages, *limiting)]
    _check_inputs(written, text)
    stages = [
        stage.preceded_by(written[:place]).followed_by(written[place + 1 :]) for place, stage in enumerate(written)
    ]
    leaf, root_stages = _split(filters, stages, scope)
    time_range, filters = lift_times(leaf.filters, time_range)
    leaf_filter = NOTHING if time_range.is_empty else simplify(And(tuple(filters)))
    columns = None if leaf.aggregate is not None else _columns_needed(root_stages)
    if leaf.aggregate is None and columns is None:
        _check_metadata(root_stages, text)
    plan: Plan = {
        "version": PLAN_VERSION,
        "filter": filter_node(leaf_filter),
        "since_ns": time_range.since_ns,
        "until_ns": time_range.until_ns,
        "newest_first": scope.newest_first != leaf.is_reversed,
        "limit": leaf.limit,
        "columns": columns,
        "aggregate": _aggregate_of(leaf),
        "use_index": use_index,
    }
    if depth_of(plan) > PLAN_DEPTH_MAX:
        raise QueryError("the filter is nested too deeply to run", text, 0, len(text))
    output: tuple[str, ...] | None = None
    for stage in (*([leaf.aggregate] if leaf.aggregate is not None else []), *root_stages):
        output = stage.columns_after(output)
    gives_table = any(stage.gives_table for stage in stages)
    is_aggregate = leaf.aggregate is not None
    return CompiledQuery(
        text,
        indexes,
        plan,
        output,
        is_aggregate,
        gives_table,
        tuple(root_stages),
        leaf.aggregate,
        scope,
        leaf_filter=leaf_filter,
        parsed=query,
        limit=limit,
    )


def _with_nested(stage: Stage, text: str, scope: Scope) -> Stage:
    """The stage, once its nested queries are known to be right."""
    nested = [compile_parsed(query, text, scope) for query in stage.nested_queries()]
    return stage.knowing([Nested(one.columns, one.gives_table) for one in nested]) if nested else stage


def _check_inputs(stages: Sequence[Stage], text: str) -> None:
    is_table = False
    for stage in stages:
        message = stage.refuses(is_table)
        if message is not None:
            raise QueryError(message, text, stage.span.start, stage.span.end)
        is_table = is_table or stage.gives_table


def _split(filters: list[Filter], stages: Sequence[Stage], scope: Scope) -> tuple[Leaf, list[Stage]]:
    leaf = Leaf(filters, RowOrder(ORDER_COLUMN, is_descending=scope.newest_first, seconds=scope.seconds))
    root_stages: list[Stage] = []
    is_open = True
    for stage in stages:
        pushed = stage.push_down(leaf) if is_open else Pushed.NOTHING
        is_open = pushed is not Pushed.NOTHING
        if leaf.aggregate is stage:
            root_stages.clear()  # the leaf computes from the event what they would have made of it
        if pushed is not Pushed.ALL:
            root_stages.append(leaf.instead or stage)
            leaf.instead = None
    return leaf, root_stages


def _columns_needed(root_stages: Sequence[Stage]) -> list[str] | None:
    """What the leaf has to deliver of each event; None for all of it."""
    needed: dict[str, None] = {}
    for stage in root_stages:
        reads = stage.reads()
        if reads is None:
            return None
        chosen = stage.columns_left()
        in_order = [name for name in chosen or () if name in reads]
        needed.update(dict.fromkeys([*in_order, *sorted(reads)]))
        if chosen is not None:
            needed.pop(INDEX_COLUMN, None)  # the caller knows it, the engine does not
            return list(needed)
    return None


def _check_metadata(root_stages: Sequence[Stage], text: str) -> None:
    """Refuses what a row of whole events cannot tell at the root."""
    for stage in root_stages:
        for name, span in _named_columns(stage):
            if name in LEAF_ONLY_METADATA:
                message = f'"{name}" works only before head, unless table chooses the columns'
                raise QueryError(message, text, span.start, span.end)
        if stage.columns_left() is not None:
            return


def _named_columns(stage: Stage) -> list[tuple[str | None, Span]]:
    if isinstance(stage, Where):
        terms = [leaf for leaf in leaves(stage.filter) if hasattr(leaf, "column")]
        return [(term.column.name, term.span) for term in terms]
    return [(name, stage.span) for name in sorted(stage.reads() or ())]


def _aggregate_of(leaf: Leaf) -> Plan | None:
    if leaf.aggregate is None or leaf.computes is None:
        return None
    return aggregate_node(leaf.computes)

"""Plans with expressions, in filters and in aggregates: the engine over segments against the plan's slow executor."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lakebed.model import Table
from lakebed.query.expression import ColumnRef
from lakebed.query.plan import expression_node
from tests.canonical import canonical
from tests.engine import Layout, build, require_core, search_segment
from tests.events import read_events
from tests.generators.events import event_lines
from tests.generators.expressions import expressions
from tests.plan_oracle import run_rows, run_table

LAYOUTS = (Layout(), Layout(segment_events=2), Layout(builder=(("page_rows", 2),)))


columns = st.sampled_from(["a", "x.y", "@lb.time_ns"]).map(ColumnRef)
computed = expressions(columns, exact=True).map(expression_node)
operands = st.one_of(st.sampled_from(["a", "b"]), computed.map(lambda node: {"expression": node}))
subjects = st.one_of(computed.map(lambda node: {"expression": node}), st.just({"parts": ["a"]}))


def pattern(text: str) -> dict[str, Any]:
    return {"parts": text.split("*"), "exact_case": True}


leaves = st.one_of(
    subjects.map(lambda column: {"op": "is", "column": column, "pattern": pattern("true")}),
    subjects.map(lambda column: {"op": "is", "column": column, "pattern": pattern("*5*"), "number": "2"}),
    subjects.map(lambda column: {"op": "exists", "column": column}),
    subjects.map(lambda column: {"op": "has", "column": column, "pattern": pattern("error")}),
    subjects.map(lambda column: {"op": "compare", "column": column, "relation": ">=", "number": "1"}),
    subjects.map(lambda column: {"op": "compare_time", "column": column, "relation": "<", "time_ns": 2 * 10**18}),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda both: {"op": both[0], "of": both[1]}
        ),
        inner.map(lambda node: {"op": "not", "of": node}),
    ),
    max_leaves=4,
)
functions = st.one_of(
    st.just({"name": "count"}),
    operands.map(lambda operand: {"name": "countdistinct", "columns": [operand]}),
    st.tuples(st.sampled_from(["count", "min", "max"]), operands).map(lambda f: {"name": f[0], "columns": [f[1]]}),
)
aggregates = st.fixed_dictionaries({"by": st.lists(operands, max_size=2), "functions": st.lists(functions, max_size=2)})
everything = {"op": "all", "of": []}
thorough = settings(
    max_examples=400,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
lines = st.lists(event_lines(), max_size=8).map(tuple)


def plan(filter_: dict[str, Any], aggregate: dict[str, Any] | None = None) -> dict[str, Any]:
    changing = {"newest_first": True, "limit": None, "columns": None, "aggregate": aggregate, "use_index": True}
    return {"version": 2, "filter": filter_, "since_ns": None, "until_ns": None, **changing}


@thorough
@given(filters, lines, st.sampled_from(LAYOUTS))
def test_filters_over_expressions(filter_: dict[str, Any], given_lines: tuple[str, ...], layout: Layout) -> None:
    whole = plan(filter_)
    text = msgspec.json.encode(whole)
    note(text.decode())
    found = [row for stored in build(given_lines, layout) for row in search_segment(text, stored)[0]]
    wanted = run_rows(whole, read_events(given_lines))
    assert sorted((row[0], row[2]) for row in found) == sorted((row.time_ns, row.record) for row in wanted)


@thorough
@given(aggregates, lines, st.sampled_from(LAYOUTS))
def test_aggregates_over_expressions(aggregate: dict[str, Any], given_lines: tuple[str, ...], layout: Layout) -> None:
    whole = plan(everything, aggregate)
    text = msgspec.json.encode(whole)
    note(text.decode())
    core = require_core()
    partials = [search_segment(text, stored)[1] for stored in build(given_lines, layout)]
    found = Table.from_json(core.finish_partial(text, core.merge_partials(text, partials)))
    wanted = run_table(whole, read_events(given_lines))
    assert canonical(found.rows) == canonical(wanted.rows)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("lines_", [('{"b":1}',), ('{"a":"X"}', '{"b":1}', '{"a":"x"}', '{"b":2}', '{"a":"X"}')])
def test_rows_without_the_column_are_counted_by_what_becomes_of_null(layout: Layout, lines_: tuple[str, ...]) -> None:
    column = {"column": "a"}
    lower = {"call": "coalesce", "of": [{"call": "string.lower", "of": [column]}, {"text": "none"}]}
    for node in (lower, {"call": "is_null", "of": [column]}, {"call": "string.lower", "of": [column]}):
        whole = plan(everything, {"by": [{"expression": node}], "functions": [{"name": "count"}]})
        text = msgspec.json.encode(whole)
        core = require_core()
        partials = [search_segment(text, stored)[1] for stored in build(lines_, layout)]
        found = Table.from_json(core.finish_partial(text, core.merge_partials(text, partials)))
        assert canonical(found.rows) == canonical(run_table(whole, read_events(lines_)).rows)

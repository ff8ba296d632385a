"""Random stages that make a table of groups, and `eval`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lakebed.query.functions.base import FunctionCall
from lakebed.query.stages import STAGES
from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.eval import Assignment, Eval
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.measures import Measure
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.timechart import Timechart
from lakebed.query.stages.top import Top
from lakebed.query.stages.value import SingleValue
from lakebed.query.syntax import NOWHERE
from lakebed.query.time_spans import parse_span
from tests.generators.filters import names
from tests.generators.functions import calls, computed, frequent_columns, key_lists, measures, operands, plain_keys

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

SINGLE_VALUES = sorted(name for name, stage in STAGES.items() if stage is SingleValue)


@st.composite
def stats_stages(draw: st.DrawFn) -> Stats:
    """`stats` with up to three functions, some under names of their own."""
    by = draw(key_lists(least=0))
    return Stats(NOWHERE, draw(measures({key.output for key in by})), by)


@st.composite
def telling_stats(draw: st.DrawFn) -> Stats:
    """`stats` over columns that most events have, in large groups: several values meet in each."""
    found = draw(st.lists(calls(operands=frequent_columns), min_size=4, max_size=8, unique=True))
    by = draw(st.sampled_from([(), (), plain_keys(["b"]), plain_keys(["x.y"])]))
    return Stats(NOWHERE, tuple(Measure(call, f"m {place}") for place, call in enumerate(found)), by)


@st.composite
def top_stages(draw: st.DrawFn) -> Top:
    """`top` and `rare`, some with `by`."""
    keys = draw(key_lists())
    split = draw(st.integers(0, len(keys) - 1))
    return Top(NOWHERE, keys[split:], keys[:split], draw(st.integers(1, 3)), draw(st.booleans()))


timecharts = st.builds(
    lambda chosen, by, span, limit: Timechart(NOWHERE, chosen, by[0] if by else None, parse_span(span), limit),
    measures((), least=1),
    key_lists(least=0, most=1),
    st.sampled_from(["1h", "5d", "1w", "1mon"]),
    st.integers(1, 3),
)
aggregates: st.SearchStrategy[Stage] = st.one_of(
    stats_stages(),
    stats_stages(),
    stats_stages(),
    key_lists().map(lambda by: GroupByCount(NOWHERE, by)),
    top_stages(),
    timecharts,
    st.just(Count(NOWHERE)),
    st.lists(operands, min_size=1, max_size=2).map(
        lambda found: CountDistinct(NOWHERE, FunctionCall("countdistinct", tuple(found)))
    ),
    calls(SINGLE_VALUES).map(lambda call: SingleValue(NOWHERE, call)),
)
assignments = st.builds(Assignment, names, computed)
evals = st.lists(assignments, min_size=1, max_size=2).map(lambda found: Eval(NOWHERE, tuple(found)))

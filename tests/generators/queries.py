"""Random valid queries. Trees are generated, not text: `str(query)` is its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lakebed.query.parser import Query
from lakebed.query.stages.join import Join
from lakebed.query.stages.union import Union
from lakebed.query.stages.unroll import Unroll
from lakebed.query.syntax import NOWHERE, Everything
from tests.generators.aggregates import aggregates, evals, telling_stats
from tests.generators.filters import filters, names
from tests.generators.stages import lookers, ordering, plain_stages

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

nested = st.builds(Query, filters(with_regex=True), st.lists(plain_stages, max_size=2).map(tuple))
nesting_stages: st.SearchStrategy[Stage] = st.one_of(
    st.lists(nested, min_size=1, max_size=2).map(lambda found: Union(NOWHERE, tuple(found))),
    st.builds(
        lambda pairs, query, keeps_all: Join(NOWHERE, tuple(pairs), query, keeps_all),
        st.lists(st.one_of(names.map(lambda name: (name, name)), st.tuples(names, names)), min_size=1, max_size=2),
        nested,
        st.booleans(),
    ),
    st.builds(lambda name, output: Unroll(NOWHERE, name, output), names, st.sampled_from(["a", "item"])),
)
stages = st.one_of(plain_stages, plain_stages, plain_stages, nesting_stages)

first_filters = st.one_of(st.just(Everything()), filters(with_regex=True))
queries = st.builds(Query, first_filters, st.lists(stages, max_size=3).map(tuple))
"""Queries of all stages."""

over_expressions: st.SearchStrategy[Stage] = st.one_of(evals, evals, aggregates, lookers, lookers)
expression_queries = st.builds(
    lambda filter_, first, others: Query(filter_, (first, *others)),
    first_filters,
    st.one_of(evals, evals, aggregates),
    st.lists(over_expressions, min_size=1, max_size=3).map(tuple),
)
"""Queries of what computes, and of what looks at what was computed."""

function_queries = st.one_of(
    st.builds(
        lambda before, aggregate, after: Query(Everything(), (*before, aggregate, *after)),
        st.lists(ordering, max_size=1),
        telling_stats(),
        st.lists(lookers, max_size=1),
    ),
    st.builds(
        lambda filter_, before, aggregate, after: Query(filter_, (*before, aggregate, *after)),
        first_filters,
        st.lists(st.one_of(ordering, evals), max_size=1),
        aggregates,
        st.lists(st.one_of(lookers, stages), max_size=1),
    ),
)
"""Queries that aggregate, at the leaf or at the root."""

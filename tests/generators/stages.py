"""Random stages besides those of `tests/generators/aggregates.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lakebed.query.stages.dedup import Dedup
from lakebed.query.stages.delta import Delta
from lakebed.query.stages.fields import Fields
from lakebed.query.stages.fieldsummary import FieldSummary
from lakebed.query.stages.head import Head
from lakebed.query.stages.lookup import LookupStage
from lakebed.query.stages.parse import Parse, RegexForm
from lakebed.query.stages.patterns import Patterns
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.sample import Sample
from lakebed.query.stages.sequence import Sequence_, Step
from lakebed.query.stages.sort import Sort, SortColumn
from lakebed.query.stages.table import Table
from lakebed.query.stages.tail import Tail
from lakebed.query.stages.transaction import Transaction
from lakebed.query.stages.where import Where
from lakebed.query.syntax import NOWHERE, Everything
from lakebed.query.text_pattern import Gap, TextPattern
from lakebed.query.time_spans import TimeSpan
from tests.generators.aggregates import aggregates, evals
from tests.generators.filters import columns, filters, names, terms

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

distinct_names = st.lists(names, min_size=1, max_size=2, unique=True).map(tuple)
renames = st.lists(st.tuples(names, names), min_size=1, max_size=2).filter(
    lambda pairs: len({old for old, _ in pairs}) == len({new for _, new in pairs}) == len(pairs)
)

PATTERNS: list[TextPattern] = [
    (Gap("new"), "-", Gap("b")),
    ("a", Gap("name")),
    (Gap("x", is_number=True), "."),
    ('it\\s "', Gap("_"), '" ', Gap("two words")),
    ("fail", Gap("_"), " ", Gap("a"), "in"),
    (Gap("a"), "*b<"),
]
EXTRACTIONS = [RegexForm("(?P<b>[0-9]+)", False, ("b",)), RegexForm("^(e)(?P<new>r*)/?", True, (None, "new"))]
parses = st.builds(
    Parse, st.just(NOWHERE), st.one_of(names, st.just("message")), st.sampled_from([*PATTERNS, *EXTRACTIONS])
)

LOOKUPS = (
    ("texts.csv", "a,name,new\nerror,5,x\n5,true,1e3\nerror,5,second\nfailed login,,\n"),
    (
        "nets.json",
        '[{"net": "10.0.0.0/8", "b": "ten"}, {"net": "2001:db8::1", "b": 5}, {"net": "10.1.0.0/16", "user": "u"}]',
    ),
)
"""The lookup tables that random queries name."""

lookups = st.one_of(
    st.builds(
        LookupStage,
        st.just(NOWHERE),
        st.just("texts.csv"),
        st.one_of(
            names.map(lambda name: (("a", name),)), st.tuples(names, names).map(lambda p: (("a", p[0]), ("name", p[1])))
        ),
        st.sampled_from([(), (("new", "b"),), (("new", "x.y"), ("a", "a"))]),
    ).filter(lambda stage: not {column for column, _ in stage.outputs} & {key for key, _ in stage.keys}),
    st.builds(
        LookupStage,
        st.just(NOWHERE),
        st.just("nets.json"),
        names.map(lambda name: (("net", name),)),
        st.just(()),
        st.sampled_from(["", "geo."]),
    ),
)

summaries: st.SearchStrategy[Stage] = st.one_of(
    st.builds(Patterns, st.just(NOWHERE), names, st.sampled_from([1, 2, 1000])),
    st.builds(FieldSummary, st.just(NOWHERE), st.one_of(st.just(()), distinct_names)),
    st.builds(Delta, st.just(NOWHERE), filters(with_regex=True), st.sampled_from([3, 50])),
)

spans = st.sampled_from([TimeSpan("1ms", 10**6), TimeSpan("500ms", 5 * 10**8), TimeSpan("1h", 3_600 * 10**9)])
step_filters = st.one_of(st.just(Everything()), terms, filters(with_regex=True))
step_lists = st.lists(step_filters, min_size=2, max_size=3).map(
    lambda found: tuple(Step(f"step{place}", one) for place, one in enumerate(found, 1))
)
sessions: st.SearchStrategy[Stage] = st.one_of(
    st.builds(Sequence_, st.just(NOWHERE), st.one_of(st.just(()), distinct_names), spans, step_lists),
    st.builds(
        Transaction,
        st.just(NOWHERE),
        st.sampled_from([("a",), ("b", "name")]),
        st.one_of(st.none(), spans),
        st.one_of(st.none(), spans),
        st.one_of(st.none(), step_filters),
        st.one_of(st.none(), step_filters),
        st.sampled_from([(), ("x.y",), ("user.name", "two words")]),
    ),
)


fields = (
    st.lists(columns, min_size=1, max_size=2, unique=True)
    .map(tuple)
    .filter(lambda found: all(one.name for one in found) or all(one.name != "@lb.source_type" for one in found))
)
"""This metadata and wildcards do not go together."""
sort_columns = st.lists(st.builds(SortColumn, names, st.booleans()), min_size=1, max_size=2).map(tuple)
ordering: st.SearchStrategy[Stage] = st.one_of(
    sort_columns.map(lambda columns: Sort(NOWHERE, columns)),
    st.integers(1, 4).map(lambda count: Tail(NOWHERE, count)),
    st.builds(lambda chosen, count: Dedup(NOWHERE, chosen, count), distinct_names, st.integers(1, 2)),
    st.integers(1, 4).map(lambda count: Sample(NOWHERE, count)),
    st.sampled_from(["0.5", "50", "1e2"]).map(lambda percent: Sample(NOWHERE, None, percent)),
    st.builds(lambda chosen, is_drop: Fields(NOWHERE, chosen, is_drop), fields, st.booleans()),
    st.integers(1, 4).map(lambda count: Head(NOWHERE, count)),
)
lookers: st.SearchStrategy[Stage] = st.one_of(
    filters(with_regex=True).map(lambda filter_: Where(NOWHERE, filter_)),
    filters(with_regex=True).map(lambda filter_: Where(NOWHERE, filter_)),
    distinct_names.map(lambda chosen: Table(NOWHERE, chosen)),
    renames.map(lambda pairs: Rename(NOWHERE, tuple(pairs))),
    sort_columns.map(lambda columns: Sort(NOWHERE, columns)),
)
"""What looks at columns that stages before have made."""

plain_stages: st.SearchStrategy[Stage] = st.one_of(
    lookers,
    aggregates,
    aggregates,
    evals,
    parses,
    summaries,
    sessions,
    lookups,
    ordering,
    ordering,
)

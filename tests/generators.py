"""Random events and valid queries for property tests.

Words, columns and values come from small pools, so that random queries hit random events often
enough to tell right from wrong. Trees are generated, not text: `str(query)` is its text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from lakebed.query.expression import ColumnRef
from lakebed.query.functions.base import FunctionCall
from lakebed.query.literals import parse_network
from lakebed.query.parser import Query
from lakebed.query.stages.arguments import Key
from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.dedup import Dedup
from lakebed.query.stages.delta import Delta
from lakebed.query.stages.fields import Fields
from lakebed.query.stages.fieldsummary import FieldSummary
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.head import Head
from lakebed.query.stages.join import Join
from lakebed.query.stages.lookup import LookupStage
from lakebed.query.stages.measures import Measure
from lakebed.query.stages.parse import Parse, RegexForm
from lakebed.query.stages.patterns import Patterns
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.sample import Sample
from lakebed.query.stages.sequence import Sequence_, Step
from lakebed.query.stages.sort import Sort, SortColumn
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.table import Table
from lakebed.query.stages.tail import Tail
from lakebed.query.stages.timechart import Timechart
from lakebed.query.stages.top import Top
from lakebed.query.stages.transaction import Transaction
from lakebed.query.stages.union import Union
from lakebed.query.stages.unroll import Unroll
from lakebed.query.stages.value import SingleValue
from lakebed.query.stages.where import Where
from lakebed.query.syntax import (
    ANY_COLUMN,
    NOWHERE,
    And,
    Column,
    Compare,
    CompareTime,
    Contains,
    Equals,
    Everything,
    Exists,
    Filter,
    FreeText,
    InNetwork,
    Matches,
    Not,
    Or,
    Relation,
    Star,
    Value,
)
from lakebed.query.text_pattern import Gap, TextPattern
from lakebed.query.time_spans import TimeSpan, parse_span
from tests.events import Num

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.stages.base import Stage

KEYS = ["a", "b", "name", "user", "x.y", "two words", "and"]
TEXTS = [
    "error",
    "Error",
    "failed login",
    "user-admin_1",
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "2001:db8::1",
    "2026-01-01T00:00:00Z",
    "2026-01-01 02:00:00.5+02:00",
    "C:\\Windows\\x.exe",
    "a*b",
    "",
    "5",
    "1e3",
    "true",
    'it\'s "quoted" `so`',
    "ünïcode Ä",
    "/var/log",
    "-x",
]
NUMBERS = ["0", "5", "5.0", "-3", "1e3", "1000", "0.1", "9007199254740993", "1e-7", "2.50"]
LITERALS = [
    "error",
    "ERR",
    "login",
    "admin",
    "10",
    "x",
    "a*",
    "\\",
    "'",
    '"',
    " ",
    "Ä",
    "5",
    "true",
]
NETWORKS = ["10.0.0.0/8", "10.1.2.3/32", "2001:db8::/32", "::/0", "::ffff:10.0.0.0/104"]
REGEXES = ["err", "^a", "[0-9]+$", "user-(admin|root)_\\d", "/var/", "\\.", "x?y*z", "a|5"]
TIMES_NS = [1_767_225_600_000_000_000, 1_767_225_600_500_000_000, 1_767_225_600_000_000_001]
METADATA = ["@lb.time", "@lb.time_ns", "@lb.record", "@lb.source_type", "@scnr.datetime"]

scalars = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS).map(Num), st.booleans(), st.none())
values_of_events = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def event_lines(draw: st.DrawFn) -> str:
    """One event as a JSON line; some have a time of their own."""
    event = draw(st.dictionaries(st.sampled_from(KEYS), values_of_events, max_size=4))
    if draw(st.booleans()):
        event["time"] = draw(st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"]))
    return to_json(event)


def to_json(value: Any) -> str:
    """JSON text in which numbers stand as they were written."""
    if isinstance(value, Num):
        return value.text
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)}: {to_json(inner)}" for key, inner in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return json.dumps(value)


names = st.sampled_from(["a", "b", "name", "user.name", "x.y", "two words", "a[0]", "nothing", "a.b"])
patterns_of_columns = st.sampled_from(
    [
        ("a[", Star.ONE, "]"),
        (Star.ONE, "name"),
        (Star.MANY, "b"),
        ("user.", Star.MANY),
        ("user", Star.MANY, "name"),
        (Star.ONE, ".", Star.ONE),
    ]
)
columns = st.one_of(
    names.map(lambda name: Column((name,))),
    names.map(lambda name: Column((name,))),
    st.sampled_from(METADATA).map(lambda name: Column((name,))),
    patterns_of_columns.map(Column),
    st.just(ANY_COLUMN),
)


@st.composite
def plain_values(draw: st.DrawFn) -> Value:
    """A value of `:`: literal runs, perhaps with wildcards, never wildcards alone."""
    pieces = st.one_of(st.sampled_from(LITERALS), st.sampled_from(TEXTS))
    parts = draw(st.lists(pieces, min_size=1, max_size=2))
    if draw(st.booleans()):
        parts = draw(st.sampled_from([["", *parts], [*parts, ""], ["", *parts, ""]]))
    middle = [part for place, part in enumerate(parts) if part or place in (0, len(parts) - 1)]
    if len(middle) > 1 and not any(middle):
        middle = ["error", ""]
    return Value(tuple(middle), draw(st.booleans()))


equal_values = st.one_of(plain_values(), st.sampled_from(NUMBERS).map(lambda text: Value((text,), False, text)))
relations = st.sampled_from(list(Relation))
terms: st.SearchStrategy[Filter] = st.one_of(
    plain_values().map(FreeText),
    st.builds(Contains, columns, plain_values()),
    st.builds(Equals, columns, equal_values),
    st.builds(Exists, columns),
    st.builds(Compare, columns, relations, st.sampled_from(NUMBERS)),
    st.builds(CompareTime, columns, relations, st.sampled_from(TIMES_NS)),
    st.builds(InNetwork, columns, st.sampled_from([parse_network(n) or "" for n in NETWORKS])),
    st.just(Everything()),
)
regex_terms: st.SearchStrategy[Filter] = st.builds(Matches, columns, st.sampled_from(REGEXES), st.booleans())


def filters(with_regex: bool) -> st.SearchStrategy[Filter]:
    """Filter trees; a regular expression has its place only before the first aggregate."""
    leaves = st.one_of(terms, regex_terms) if with_regex else terms
    return st.recursive(leaves, _joined, max_leaves=6)


def _joined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(And), several.map(Or), inner.map(Not))


def keys_of(chosen: Sequence[str]) -> tuple[Key, ...]:
    """Plain columns as what rows are grouped by."""
    return tuple(Key(ColumnRef(name), name) for name in chosen)


distinct_names = st.lists(names, min_size=1, max_size=2, unique=True).map(tuple)
operands = names.map(lambda name: (ColumnRef(name),))
functions = st.one_of(
    st.just(FunctionCall("count")),
    st.builds(FunctionCall, st.sampled_from(["count", "countdistinct", "min", "max", "sum", "avg"]), operands),
)
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


@st.composite
def stats_stages(draw: st.DrawFn) -> Stats:
    """`stats` with one to three functions, some under names of their own."""
    by = draw(st.one_of(st.just(()), distinct_names))
    chosen = draw(st.lists(functions, max_size=3, unique=True))
    measures = []
    for place, function in enumerate(chosen):
        measures.append(Measure(function, draw(st.sampled_from([function.label, f"m {place}"]))))
    return Stats(NOWHERE, tuple(measures), keys_of(by))


fields = (
    st.lists(columns, min_size=1, max_size=2, unique=True)
    .map(tuple)
    .filter(lambda found: all(one.name for one in found) or all(one.name != "@lb.source_type" for one in found))
)
"""This metadata and wildcards do not go together."""
sort_columns = st.lists(st.builds(SortColumn, names, st.booleans()), min_size=1, max_size=2).map(tuple)
ordering_stages: list[st.SearchStrategy[Stage]] = [
    sort_columns.map(lambda columns: Sort(NOWHERE, columns)),
    st.integers(1, 4).map(lambda count: Tail(NOWHERE, count)),
    st.builds(lambda chosen, count: Dedup(NOWHERE, chosen, count), distinct_names, st.integers(1, 2)),
    st.builds(
        lambda chosen, split, count, is_rare: Top(
            NOWHERE, keys_of(chosen[split:]), keys_of(chosen[:split]), count, is_rare
        ),
        distinct_names,
        st.integers(0, 1),
        st.integers(1, 3),
        st.booleans(),
    ).filter(lambda stage: bool(stage.columns)),
    st.integers(1, 4).map(lambda count: Sample(NOWHERE, count)),
    st.builds(
        lambda chosen, by, span, limit: Timechart(NOWHERE, chosen, by, parse_span(span), limit),
        st.lists(functions, min_size=1, max_size=2, unique=True).map(
            lambda chosen: tuple(Measure(function, function.label) for function in chosen)
        ),
        st.one_of(st.none(), names.map(lambda name: keys_of([name])[0])),
        st.sampled_from(["1h", "5d", "1w", "1mon"]),
        st.integers(1, 3),
    ),
    st.sampled_from(["0.5", "50", "1e2"]).map(lambda percent: Sample(NOWHERE, None, percent)),
    st.builds(lambda chosen, is_drop: Fields(NOWHERE, chosen, is_drop), fields, st.booleans()),
]

plain_stages: st.SearchStrategy[Stage] = st.one_of(
    filters(with_regex=False).map(lambda filter_: Where(NOWHERE, filter_)),
    st.integers(1, 4).map(lambda count: Head(NOWHERE, count)),
    distinct_names.map(lambda chosen: Table(NOWHERE, chosen)),
    st.just(Count(NOWHERE)),
    distinct_names.map(lambda by: GroupByCount(NOWHERE, keys_of(by))),
    stats_stages(),
    distinct_names.map(lambda by: CountDistinct(NOWHERE, FunctionCall("countdistinct", tuple(map(ColumnRef, by))))),
    parses,
    summaries,
    sessions,
    lookups,
    renames.map(lambda pairs: Rename(NOWHERE, tuple(pairs))),
    *ordering_stages,
    st.builds(
        lambda name, column: SingleValue(NOWHERE, FunctionCall(name, column)),
        st.sampled_from(["avg", "sum", "min", "max"]),
        operands,
    ),
)
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
queries = st.builds(Query, filters(with_regex=True), st.lists(stages, max_size=3).map(tuple))

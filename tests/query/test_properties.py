"""Random queries over random events: text, tree and plan agree, whichever way is taken.

The seed is told at the end of every run; `pytest --seed N` repeats the run.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st

from lakebed.errors import QueryError
from lakebed.query.compile import compile_query
from lakebed.query.parser import parse_query
from lakebed.query.stages.where import Where
from lakebed.query.syntax import NOWHERE, And
from tests.canonical import canonical
from tests.engine import Layout
from tests.generators.events import events
from tests.generators.filters import filters
from tests.generators.queries import expression_queries, function_queries, queries
from tests.generators.stages import LOOKUPS
from tests.qtest import Case, Configuration, Options, answer_of, read_configurations

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "800"))
"""Random queries of each kind, each under one configuration; more with LAKEBED_TEST_EXAMPLES. Five times as many
are run in all, with those of two answers that are compared."""

KINDS = {"all": queries, "expressions": expression_queries, "functions": function_queries}

CONFIGURATIONS = [one for one in read_configurations() if one.name not in ("oracle", "processes")]
"""A call of another process takes longer than all others together; the scripts run under it, too."""

ORACLE = Configuration("oracle", "oracle")

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

half_as_thorough = settings(thorough, max_examples=EXAMPLES // 2)

SINCE_NS = 1_767_225_600_000_000_001
"""One nanosecond after the time of some events."""

options = st.fixed_dictionaries(
    {"newest_first": st.booleans()},
    optional={
        "limit": st.integers(1, 3),
        "since_ns": st.sampled_from([SINCE_NS - 1, SINCE_NS - 1, SINCE_NS]),
        "until_ns": st.sampled_from([SINCE_NS + 499_999_999, SINCE_NS + 3_600 * 10**9, SINCE_NS + 5 * 86_400 * 10**9]),
    },
)


@pytest.mark.parametrize("kind", KINDS)
@half_as_thorough
@given(data=st.data())
def test_printing_and_parsing_gives_the_same_query(kind: str, data: st.DataObject) -> None:
    query = data.draw(KINDS[kind])
    text = str(query)
    note(text)
    again = parse_query(text)
    assert again == query
    assert str(again) == text


@pytest.mark.parametrize("kind", KINDS)
@thorough
@given(configuration=st.sampled_from(CONFIGURATIONS), options=options, data=st.data())
def test_every_way_gives_the_oracles_answer(
    kind: str, configuration: Configuration, options: Options, data: st.DataObject
) -> None:
    case = drawn_case(data, str(data.draw(KINDS[kind])), options)
    assert canonical(answer_of(case, configuration)) == canonical(answer_of(case, ORACLE))


@half_as_thorough
@given(configuration=st.sampled_from(CONFIGURATIONS), options=options, data=st.data())
def test_conditions_may_stand_in_one_where_or_in_two(
    configuration: Configuration, options: Options, data: st.DataObject
) -> None:
    before = data.draw(expression_queries)
    first, second = data.draw(filters(with_regex=True)), data.draw(filters(with_regex=True))
    one = replace(before, stages=(*before.stages, Where(NOWHERE, And((first, second)))))
    two = replace(before, stages=(*before.stages, Where(NOWHERE, first), Where(NOWHERE, second)))
    case = drawn_case(data, str(one), options)
    again = replace(case, query=str(two))
    assert canonical(answer_of(case, configuration)) == canonical(answer_of(again, configuration))


@half_as_thorough
@given(
    segment_events=st.integers(1, 5),
    page_rows=st.integers(1, 3),
    is_merged=st.booleans(),
    options=options,
    data=st.data(),
)
def test_cutting_events_into_segments_and_merging_them_changes_no_answer(
    segment_events: int, page_rows: int, is_merged: bool, options: Options, data: st.DataObject
) -> None:
    case = drawn_case(data, str(data.draw(function_queries)), options, most=20)
    layout = Layout(segment_events, (("page_rows", page_rows), ("page_bytes", 64)), is_merged)
    cut = Configuration("cut", "engine", layout=layout)
    assert canonical(answer_of(case, cut)) == canonical(answer_of(case, Configuration("whole", "engine")))


def drawn_case(data: st.DataObject, text: str, options: Options, most: int = 7) -> Case:
    """The query over random events."""
    note(text)
    case = Case("random", 0, data.draw(events(most)), text, options, lookups=LOOKUPS)
    reject_refused(case)
    return case


def reject_refused(case: Case) -> None:
    """Leaves out the few queries that are refused for what they combine, such as metadata after head."""
    try:
        compile_query(case.query, **case.options)
    except QueryError as error:
        known = "works only before", "comes twice", "cannot be mixed"
        if not any(part in error.message for part in known):
            raise
        reject()

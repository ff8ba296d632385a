"""Random queries over random events: text, tree and plan agree, whichever way is taken."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lakebed.errors import QueryError
from lakebed.query.compile import compile_query
from lakebed.query.parser import Query, parse_query
from tests.canonical import canonical
from tests.generators import LOOKUPS, event_lines, queries
from tests.qtest import Case, Configuration, Options, answer_of, read_configurations

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "300"))
"""Random queries in each property; more with LAKEBED_TEST_EXAMPLES."""

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

options = st.fixed_dictionaries(
    {"newest_first": st.booleans()},
    optional={
        "limit": st.integers(1, 3),
        "since_ns": st.just(1_767_225_600_000_000_001),
        "until_ns": st.just(1_767_225_600_500_000_000),
    },
)


@thorough
@given(queries)
def test_printing_and_parsing_gives_the_same_query(query: Query) -> None:
    text = str(query)
    note(text)
    again = parse_query(text)
    assert again == query
    assert str(again) == text


@thorough
@given(queries, st.lists(event_lines(), max_size=6).map(tuple), options)
@pytest.mark.parametrize("configuration", [c for c in read_configurations() if c.name != "processes"], ids=str)
def test_every_way_gives_the_oracles_answer(
    configuration: Configuration, query: Query, lines: tuple[str, ...], given_options: Options
) -> None:
    text = str(query)
    case = Case("random", 0, lines, text, given_options, lookups=LOOKUPS)
    note(text)
    if not _compiles(case):
        return
    expected = canonical(answer_of(case, ORACLE))
    assert canonical(answer_of(case, configuration)) == expected


ORACLE = Configuration("oracle", "oracle")


def _compiles(case: Case) -> bool:
    """False for the few queries that are refused for what they combine, such as metadata after
    head."""
    try:
        compile_query(case.query, **case.options)
    except QueryError as error:
        known = "works only before", "comes twice", "cannot be mixed"
        if not any(part in error.message for part in known):
            raise
        return False
    return True

"""A simplified filter passes the same events, and is smaller."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lakebed.query.parser import parse_query
from lakebed.query.plan import filter_node
from lakebed.query.printer import print_filter
from lakebed.query.simplify import NOTHING, PARTS_COMPARED_MAX, cost, implies, simplify
from lakebed.query.syntax import And, Filter, Not, Or
from lakebed.query.walk import leaves
from tests.events import read_events
from tests.generators.events import event_lines
from tests.generators.filters import filters
from tests.oracle import OracleRow
from tests.oracle_filter import holds

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "300"))

thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

SIMPLER = [
    ("not (not a)", "a"),
    ("not not not a", "not a"),
    ("a a b a", "a and b"),
    ("a or * or b", "*"),
    ("a * b", "a and b"),
    ("not * or b", "b"),
    ("a not *", "not *"),
    ("a not a", "not *"),
    ("a or not a", "*"),
    ("n > 5 and n > 7", "n > 7"),
    ("n > 5 or n > 7", "n > 5"),
    ("n >= 5 n > 5", "n > 5"),
    ("n > 5 n >= 5", "n > 5"),
    ("n < 5 n <= 5", "n < 5"),
    ("n > 5 or n >= 5", "n >= 5"),
    ("n >= 5 or n > 5", "n >= 5"),
    ("n > 5.0 n > 5", "n > 5"),
    ("n < 5 n <= 7", "n < 5"),
    ("n > 5 n < 3", "n > 5 and n < 3"),  # two values of one event may pass
    ("n > 5 not n > 5", "not *"),
    ("n > 7 not n > 5", "not *"),
    ("n > 5 not n > 7", "n > 5 and not n > 7"),
    ("not n > 7 or n > 5", "*"),
    ("n > 5 n:*", "n > 5"),
    ("n > 5 or n:*", "n: *"),
    ("a: x a:*", "a: x"),
    ("a = x a: x", "a = x"),
    ("a = 5 a: 5", "a = 5 and a: 5"),  # 5.0 is equal to 5 too
    ('a = "x" a: X', 'a = "x" and a: X'),
    ('a = "x" a: x', 'a = "x"'),
    ('a = x a: "x"', 'a = x and a: "x"'),  # X is equal, too
    ("ip in 10.0.0.0/8 ip in 10.1.0.0/16", "ip in 10.1.0.0/16"),
    ("ip in (10.0.0.0/8 10.1.0.0/16)", "ip in 10.0.0.0/8"),
    ("t > 2026-01-01 t > 2026-01-02", "t > 2026-01-02T00:00:00Z"),
    ("a (a or b)", "a"),
    ("a or (a b)", "a"),
    ("(a b) or (a b c)", "a and b"),
    ("u ~ /x/ word a: b n > 5 c:*", "c: * and n > 5 and a: b and u ~ /x/ and word"),
    ("u ~ /x/ or c:*", "c: * or u ~ /x/"),
]


@pytest.mark.parametrize(("text", "simple"), SIMPLER)
def test_it_is_simpler(text: str, simple: str) -> None:
    assert print_filter(simplify(parse_query(text).filter)) == simple


@thorough
@given(filters(with_regex=False), st.lists(event_lines(), min_size=1, max_size=6).map(tuple))
def test_the_same_events_pass(filter_: Filter, lines: tuple[str, ...]) -> None:
    simple = simplify(filter_)
    note(print_filter(simple))
    for event in read_events(lines):
        row = OracleRow(event)
        assert holds(simple, row) == holds(filter_, row)


@thorough
@given(filters(with_regex=True))
def test_it_is_not_larger_and_stays_as_it_is(filter_: Filter) -> None:
    simple = simplify(filter_)
    assert len(list(leaves(simple))) <= len(list(leaves(filter_)))
    assert simplify(simple) == simple
    filter_node(simple)


@thorough
@given(filters(with_regex=False), filters(with_regex=False), st.lists(event_lines(), max_size=6).map(tuple))
def test_what_is_implied_passes(strong: Filter, weak: Filter, lines: tuple[str, ...]) -> None:
    for one, other in ((strong, Or((weak, strong))), (And((weak, strong)), weak), (strong, weak)):
        if implies(one, other):
            rows = [OracleRow(event) for event in read_events(lines)]
            assert all(holds(other, row) for row in rows if holds(one, row))


def test_a_long_list_is_not_compared_with_itself() -> None:
    many = " ".join(f"n > {number}" for number in range(PARTS_COMPARED_MAX + 1))
    assert len(list(leaves(simplify(parse_query(many).filter)))) == PARTS_COMPARED_MAX + 1
    assert len(list(leaves(simplify(parse_query(f"{many} {many}").filter)))) == PARTS_COMPARED_MAX + 1


def test_nothing_is_known_as_nothing() -> None:
    assert simplify(parse_query("a not a").filter) == NOTHING
    assert filter_node(simplify(parse_query("a not a").filter)) == {"op": "any", "of": []}
    assert Not(parse_query("a").filter) != NOTHING


def test_cheap_terms_come_first() -> None:
    dear_to_cheap = [
        "*",
        "a: *",
        "a > 5",
        "a = x",
        "a in 10.0.0.0/8",
        "a: x",
        "a: *x",
        "a ~ /x/",
        "a*: x",
        "x",
        "** ~ /x/",
    ]
    costs = [cost(parse_query(text).filter) for text in dear_to_cheap]
    assert costs == sorted(costs)

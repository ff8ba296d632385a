"""Patterns over values and column names agree with the obvious regular expressions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.query.patterns import contains, is_whole, names_match
from lakebed.query.syntax import Column, Exists, Star, Text, Value
from tests import oracle, oracle_filter
from tests.events import Event

letters = st.text(alphabet="aAb_ -.Äé1", max_size=8)
patterns = st.lists(st.text(alphabet="aAb_ -Ä1", max_size=2), min_size=1, max_size=4).map(tuple)


@settings(max_examples=2_000)
@given(letters, patterns, st.booleans())
def test_contains_and_is_whole(text: str, parts: tuple[str, ...], exact_case: bool) -> None:
    value = Value(parts, exact_case)
    if parts != ("",):
        assert contains(text, parts, exact_case) == oracle_filter.contains(text, value)
    assert is_whole(text, parts, exact_case) == oracle_filter.equals(text, value)


@pytest.mark.parametrize(
    ("parts", "name", "expected"),
    [
        (("tags[", Star.ONE, "]"), "tags[0]", True),
        (("tags[", Star.ONE, "]"), "tags[0][1]", False),
        (("tags[", Star.MANY, "]"), "tags[0][1]", True),
        ((Star.ONE, "name"), "fname", True),
        ((Star.ONE, "name"), "name.first", False),
        ((Star.ONE, "name"), "user.name", False),
        ((Star.MANY, "name"), "user.name", True),
        (("a", Star.ONE, "a"), "aa", True),
        (("a", Star.ONE, "a"), "a", False),
        (("A",), "a", False),
    ],
)
def test_names(parts: Text, name: str, expected: bool) -> None:
    assert names_match(parts, name) is expected


pieces = st.one_of(st.text(alphabet="ab.[]", max_size=2), st.sampled_from(Star))


@settings(max_examples=2_000)
@given(st.lists(pieces, min_size=2, max_size=4).map(tuple), st.text(alphabet="ab.[]", max_size=6))
def test_names_as_the_oracle(parts: Text, name: str) -> None:
    event = Event("", {name: "x"}, 0, "object", 0)
    assert names_match(parts, name) == oracle_filter.holds(Exists(Column(parts)), oracle.OracleRow(event))

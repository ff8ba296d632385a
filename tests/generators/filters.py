"""Random filters over the events of `tests/generators/events.py`."""

from __future__ import annotations

from hypothesis import strategies as st

from lakebed.query.literals import parse_network
from lakebed.query.syntax import (
    ANY_COLUMN,
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
from tests.generators.events import HOSTILE, METADATA, NUMBERS, TEXTS

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

NAMES = ["a", "b", "name", "user.name", "x.y", "two words", "a[0]", "nothing", "a.b"]
names = st.sampled_from([*["a", "b", "name", "x.y"] * 8, *NAMES * 3, *HOSTILE])
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

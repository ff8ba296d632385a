"""The engine's expressions against the slow evaluator: random expressions over random values."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine import require_core
from tests.events import Json, Num, load_json
from tests.expression_oracle import FUNCTIONS, LAZY, evaluate
from tests.expressions.values import dump

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("a", "b", "c")
OPERATORS = (
    *("add", "subtract", "multiply", "divide", "remainder"),
    *("equal", "not_equal", "less", "at_most", "greater", "at_least", "and", "or"),
)
REGEXES = ("[a-z]+", r"\d+", "(a)(b)?", "^x|y$", "(?P<key>[a-z]+)=([0-9]*)", "(?i)AB", "", "x*")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%d/%b/%Y %I:%M %p", "%j %y", "%FT%T.%f%z", "%s", "%A %e %B %Y", "%a%L%N%u%w%Z%%")
TEXTS = (
    *("", "a", "abc", "Ab=12;ab=", "  x y\t", "Straße ÉÀ", "a,b,,c", "aaab", "%41%zz+", "x" * 300, "\ud800x", "ſK"),
    *("2026-01-15T10:14:02.5+02:00", "2026-01-15", "2024-02-29 23:59:60", "1970-01-01T00:00:00Z", "2261-12-31"),
    *(
        "15/Jan/2026:10:14:02 +0100",
        "1768471207",
        "1768471207123",
        "15/Jan/2026 10:14 PM",
        "060 26",
        "Thursday  1 May 2025",
    ),
    *(
        "10.1.2.3",
        "192.168.0.1",
        "8.8.8.8",
        "::1",
        "2001:db8::5",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "224.0.0.1",
        "1.2.3",
    ),
    *(
        "https://u:p@WWW.Example.co.uk:8443/a/b%20c?x=1&y=a+b%21&x=2#f",
        "/p?q",
        "mailto:a@b.c",
        "http://[::1]:80/",
        "a.b.example.com",
    ),
    *(
        '{"a":[1,{"b":"x"}],"b":null}',
        "[1,2.0,2,null,true]",
        '["b","a"]',
        "[[1],[1.0]]",
        "{}",
        "[",
        "null",
        '"\\u00e9"',
    ),
    *("aGVsbG8=", "aGk_", "YQ", "ZABpAHIA", "YQ===", "48656c6C6f", "0x41:42", "4"),
    *(
        "12",
        "-0.50",
        "+7",
        ".5",
        "1e3",
        "0x1F",
        "007",
        "1e400",
        "true",
        "1h30m",
        "-2d",
        "15m",
        "1w",
        "+02:00",
        "Z",
        "a[0]",
    ),
)
NUMBERS = (
    *("0", "-0.0", "1", "-1", "2", "2.5", "-2.5", "0.1", "1.50", "1e3", "60", "90", "181", "1000000000", "1e-7"),
    *("9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1768471207123456789"),
    *("170141183460469231731687303715884105727", "1e39", "123456789.987654321", "1e300", "-1e-300", "4294967296"),
)
"""Values that mean something to some function, so that most calls do not just give null."""

values = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS).map(Num),
    st.integers(-(2**70), 2**70).map(lambda number: Num(str(number))),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda number: Num(repr(number))),
    st.text(st.sampled_from("abxé=.,/: -+%0123456789"), max_size=8),
    st.none(),
    st.booleans(),
    st.just([Num("1"), "a", None, [Num("1.0")], True]),
)


@functools.cache
def told() -> dict[str, dict[str, Any]]:
    return {function["name"]: function for function in msgspec.json.decode(require_core().scalar_functions())}


def literal(value: Json) -> dict[str, Any]:
    if value is None:
        return {"null": True}
    if isinstance(value, bool):
        return {"boolean": value}
    return {"number": value.text} if isinstance(value, Num) else {"text": value}


leaves = st.one_of(
    st.sampled_from(COLUMNS).map(lambda name: {"column": name}),
    values.filter(lambda value: not isinstance(value, list) and value != "\ud800x").map(literal),
)


def call(name: str, of: list[dict[str, Any]]) -> dict[str, Any]:
    return {"call": name, "of": of}


@st.composite
def calls(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]], name: str = "") -> dict[str, Any]:
    name = name or draw(st.sampled_from(sorted([*told(), *OPERATORS, "negate", "not"])))
    least, most = (2, 2) if name in OPERATORS else (1, 1)
    if name in told():
        least, most = told()[name]["least"], told()[name]["most"] or 5
    of = draw(st.lists(inner, min_size=least, max_size=most))
    if name in ("string.matches", "string.extract", "string.replace_regex"):
        of[1] = {"text": draw(st.sampled_from(REGEXES))}
    if name == "string.extract" and len(of) == 3:
        of[2] = draw(st.sampled_from([{"text": "key"}, {"number": "0"}, {"number": "2"}, {"column": "a"}]))
    if name in ("time.format", "time.parse") and len(of) > 1:
        of[1] = {"text": draw(st.sampled_from(FORMATS))}
    if name == "ip.in":
        of[1] = {"text": draw(st.sampled_from(["10.0.0.0/8", "::/0", "2001:db8::/32", "192.168.0.1"]))}
        of[2:] = []
    if name == "json.get":
        of[1] = {"text": draw(st.sampled_from(["a", "a[0]", "a[1].b", "", "[0]", "b"]))}
    return call(name, of)


expressions = st.recursive(leaves, calls, max_leaves=8)
rows = st.lists(st.tuples(*(values for _ in COLUMNS)), min_size=1, max_size=8)


def is_near(found: Json, wanted: Json) -> bool:
    """The same value; of roots, logarithms and distances the last digits may differ."""
    if isinstance(found, Num) and isinstance(wanted, Num):
        a, b = Fraction(found.text), Fraction(wanted.text)
        return a == b or (a.denominator * b.denominator > 1 and abs(a - b) <= abs(b) * Fraction(1, 10**12))
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(is_near, found, wanted))
    return type(found) is type(wanted) and bool(found == wanted)


def engine(node: dict[str, Any], table: list[tuple[Json, ...]]) -> list[Json]:
    expression = require_core().Expression(msgspec.json.encode(node))
    places = [COLUMNS.index(name) for name in expression.columns()]
    text = dump([[row[place] for place in places] for row in table])
    found = load_json(expression.evaluate(text.encode()).decode())
    assert isinstance(found, list)
    return found


def disagreements(node: dict[str, Any], table: list[tuple[Json, ...]]) -> Iterator[str]:
    for row, found in zip(table, engine(node, table), strict=True):
        wanted = evaluate(node, dict(zip(COLUMNS, row, strict=True)).__getitem__, lambda _: [])
        if not is_near(found, wanted):
            yield f"{msgspec.json.encode(node).decode()} of {row}: engine {found!r}, oracle {wanted!r}"


def test_the_oracle_knows_every_function() -> None:
    assert set(told()) - set(FUNCTIONS) - set(LAZY) == set()


@settings(max_examples=4000, deadline=None)
@given(expressions, rows)
def test_random_expressions(node: dict[str, Any], table: list[tuple[Json, ...]]) -> None:
    assert list(disagreements(node, table)) == []


@pytest.mark.parametrize("name", ["string.replace_regex", "string.extract", "time.parse", "time.format", "math.round"])
@settings(max_examples=300, deadline=None)
@given(data=st.data(), table=rows)
def test_functions_that_random_expressions_seldom_reach(name: str, data: st.DataObject, table: Any) -> None:
    node = data.draw(calls(leaves, name))
    assert list(disagreements(node, table)) == []

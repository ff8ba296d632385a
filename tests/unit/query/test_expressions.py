"""The engine's expressions against the slow evaluator: random expressions over random values."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.query.expression import ColumnRef
from lakebed.query.plan import expression_node
from tests.engine import require_core
from tests.events import Json, Num, load_json
from tests.expression_oracle import FUNCTIONS, LAZY, evaluate
from tests.expressions.values import dump
from tests.generators.expressions import calls, expressions, literals
from tests.generators.values import values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.query.expression import Expression

COLUMNS = ("a", "b", "c")


@functools.cache
def told() -> dict[str, dict[str, Any]]:
    return {function["name"]: function for function in msgspec.json.decode(require_core().scalar_functions())}


columns = st.sampled_from(COLUMNS).map(ColumnRef)
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
@given(expressions(columns), rows)
def test_random_expressions(expression: Expression, table: list[tuple[Json, ...]]) -> None:
    assert list(disagreements(expression_node(expression), table)) == []


@pytest.mark.parametrize("name", ["string.replace_regex", "string.extract", "time.parse", "time.format", "math.round"])
@settings(max_examples=300, deadline=None)
@given(data=st.data(), table=rows)
def test_functions_that_random_expressions_seldom_reach(name: str, data: st.DataObject, table: Any) -> None:
    expression = data.draw(calls(st.one_of(columns, literals), columns, name))
    assert list(disagreements(expression_node(expression), table)) == []

"""Random expressions: trees as the parser makes them, with arguments that their functions can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lakebed.query.expression import (
    BooleanLiteral,
    Call,
    ColumnRef,
    Expression,
    NullLiteral,
    NumberLiteral,
    TextLiteral,
)
from lakebed.query.scalar_functions import scalar_functions
from tests.events import Json, Num
from tests.generators.values import FORMATS, HALF_A_CHARACTER, NETWORKS, PATHS, REGEXES, TEXTS, values

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATORS = (
    *("add", "subtract", "multiply", "divide", "remainder"),
    *("equal", "not_equal", "less", "at_most", "greater", "at_least", "and", "or"),
)
INEXACT = {f"math.{name}" for name in ("sqrt", "exp", "log", "log10", "pow")}
INEXACT |= {"string.entropy", "string.similarity", "geo.distance_km"}
"""Their last digit is the C library's."""

DECIDING = ("if", "case", "coalesce", "and", "or", "not", "less", "equal")
"""What most expressions are built of; among all functions they would be rare."""

ARGUMENTS_MAX = 5
"""Of a function that takes any number."""


def literal(value: Json) -> Expression:
    """A value as it stands in a query."""
    if value is None:
        return NullLiteral()
    if isinstance(value, bool):
        return BooleanLiteral(value)
    return NumberLiteral(value.text) if isinstance(value, Num) else TextLiteral(value)


literals = values.filter(lambda value: not isinstance(value, list) and value != HALF_A_CHARACTER).map(literal)
small_numbers = st.sampled_from(["0", "1", "2", "-3", "2.5", "1e3"]).map(NumberLiteral)
known_texts = st.sampled_from([text for text in TEXTS if text != HALF_A_CHARACTER]).map(TextLiteral)
texts_of_groups = st.one_of(
    st.just(TextLiteral("key")), st.sampled_from(["0", "2"]).map(NumberLiteral), st.just(ColumnRef("a"))
)


@st.composite
def calls(
    draw: st.DrawFn,
    inner: st.SearchStrategy[Expression],
    columns: st.SearchStrategy[Expression],
    name: str = "",
    exact: bool = False,
) -> Expression:
    """A function or an operator over such expressions; `exact` leaves out those whose last digit is open."""
    known = scalar_functions()
    left_out = INEXACT if exact else set()
    every = st.sampled_from(sorted({*known, *OPERATORS, "negate", "not"} - left_out))
    name = name or draw(st.one_of(every, every, st.sampled_from(DECIDING)))
    least, most = (2, 2) if name in OPERATORS else (1, 1)
    if name in known:
        least, most = known[name].least, known[name].most or ARGUMENTS_MAX
    of = draw(st.lists(inner, min_size=least, max_size=most))
    if draw(st.booleans()):
        of = [one if isinstance(one, Call) else draw(fitting(name, place, columns)) for place, one in enumerate(of)]
    if name == "negate":
        return negated(of[0])
    if name in ("string.matches", "string.extract", "string.replace_regex"):
        of[1] = draw(texts_of(REGEXES))
    if name == "string.extract" and len(of) == 3:
        of[2] = draw(texts_of_groups)
    if name in ("time.format", "time.parse") and len(of) > 1:
        of[1] = draw(texts_of(FORMATS))
    if name == "ip.in":
        of[1:] = [draw(texts_of(NETWORKS))]
    if name == "json.get":
        of[1] = draw(texts_of(PATHS))
    return Call(name, tuple(of))


def fitting(name: str, place: int, columns: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """A column or a literal that the function can work with at this place more often than not."""
    family = name.partition(".")[0]
    is_condition = name in ("and", "or", "not") or (name in ("if", "case") and place % 2 == 0)
    if is_condition:
        return st.builds(
            lambda relation, left, right: Call(relation, (left, right)),
            st.sampled_from(["less", "at_least", "equal", "not_equal"]),
            columns,
            small_numbers,
        )
    return st.one_of(columns, small_numbers if name in OPERATORS or family in ("math", "negate") else known_texts)


def texts_of(known: tuple[str, ...]) -> st.SearchStrategy[Expression]:
    """One of these texts as a constant."""
    return st.sampled_from(known).map(TextLiteral)


def negated(of: Expression) -> Expression:
    """What the parser makes of `-x`: a number with a sign is a number."""
    if isinstance(of, NumberLiteral) and not of.text.startswith("-"):
        return NumberLiteral(f"-{of.text}")
    return Call("negate", (of,))


def expressions(
    columns: st.SearchStrategy[Expression], *, exact: bool = False, max_leaves: int = 8
) -> st.SearchStrategy[Expression]:
    """Expressions over such columns and over literals."""
    leaves = st.one_of(columns, literals)
    return st.recursive(leaves, lambda inner: calls(inner, columns, exact=exact), max_leaves=max_leaves)


def calls_of(expression: Expression) -> Iterator[str]:
    """The names of all functions and operators in it."""
    if isinstance(expression, Call):
        yield expression.name
        for inner in expression.of:
            yield from calls_of(inner)

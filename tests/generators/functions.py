"""Random calls of aggregate functions, and what rows are grouped by: columns and expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lakebed.query.expression import ColumnRef, ColumnsRef, Expression
from lakebed.query.expression_printer import label_of
from lakebed.query.functions import FUNCTIONS
from lakebed.query.functions.base import FunctionCall
from lakebed.query.stages.arguments import Key
from lakebed.query.stages.measures import Measure
from tests.generators.events import METADATA
from tests.generators.expressions import expressions
from tests.generators.filters import names, patterns_of_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PERCENTS = ["0", "5", "50", "95", "99.9", "100", "1e1", "33.3"]

columns: st.SearchStrategy[Expression] = st.one_of(
    names.map(ColumnRef), names.map(ColumnRef), names.map(ColumnRef), st.sampled_from(METADATA).map(ColumnRef)
)
computed = expressions(st.one_of(columns, columns, patterns_of_columns.map(ColumnsRef)), exact=True)
"""What `eval` takes. Functions whose last digit is open are compared with a tolerance elsewhere."""

operands = st.one_of(
    names.map(ColumnRef), names.map(ColumnRef), computed.filter(lambda operand: not isinstance(operand, ColumnsRef))
)


frequent_columns: st.SearchStrategy[Expression] = st.sampled_from(["a", "a", "b", "name"]).map(ColumnRef)
"""Columns that most events have."""


@st.composite
def calls(
    draw: st.DrawFn, known: Collection[str] = FUNCTIONS, operands: st.SearchStrategy[Expression] = operands
) -> FunctionCall:
    """A function of `stats` with as many operands as it takes."""
    name = draw(st.sampled_from(sorted(known)))
    function = FUNCTIONS[name]
    parameters = () if function.parameter is None else (draw(st.sampled_from(PERCENTS)),)
    most = function.least + 1 if function.most is None else function.most
    found = draw(st.lists(operands, min_size=function.least, max_size=most))
    return FunctionCall(name, tuple(found), parameters)


@st.composite
def measures(draw: st.DrawFn, taken: Collection[str], least: int = 0) -> tuple[Measure, ...]:
    """Functions with the names of their columns, none of which is taken; some are bare columns."""
    found: list[Measure] = []
    names_taken = {*taken, "@q.count", "@lb.time"}
    for place in range(draw(st.sampled_from([1, 2, 3, least]))):
        call = draw(calls())
        is_bare = call.name == "min" and draw(st.booleans())
        label = label_of(call.operands[0]) if is_bare else call.label
        output = draw(st.sampled_from([label, f"m {place}"]))
        if output in names_taken or (is_bare and label in taken):
            output = f"m {place}"
        names_taken.add(output)
        found.append(Measure(call, output, is_bare))
    return tuple(found)


@st.composite
def key_lists(draw: st.DrawFn, least: int = 1, most: int = 2) -> tuple[Key, ...]:
    """What rows are grouped by, under names of their own or that of the expression."""
    found: list[Key] = []
    for place in range(draw(st.integers(least, most))):
        operand = draw(operands)
        output = draw(st.sampled_from([label_of(operand), label_of(operand), "a", f"k {place}"]))
        is_taken = output in {key.output for key in found} | {"@q.count", "@q.percent"}
        found.append(Key(operand, f"k {place}" if is_taken else output))
    return tuple(found)


def plain_keys(chosen: Sequence[str]) -> tuple[Key, ...]:
    """Columns as what rows are grouped by."""
    return tuple(Key(ColumnRef(name), name) for name in chosen)

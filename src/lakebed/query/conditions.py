"""What the term index can say of each condition of a filter, and why not where it cannot.

The engine is asked which tokens it would look up; only the reasons are put into words here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed.native import index_terms
from lakebed.query.explanation import Condition
from lakebed.query.plan import filter_node
from lakebed.query.printer import print_filter
from lakebed.query.syntax import (
    And,
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
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.query.plan import Plan

CONDITIONS_MAX = 1_000
"""Conditions that are explained one by one."""

_REASONS: dict[type, str] = {
    Exists: "the index knows words, not columns",
    Compare: "numbers are compared value by value",
    CompareTime: "times are compared value by value",
    InNetwork: "addresses are compared value by value",
    Matches: "a regular expression is tried on the values",
}


def conditions_of(filter_: Filter, plan: Plan) -> tuple[Condition, ...]:
    """The terms of the filter in the order in which they are decided, `CONDITIONS_MAX` at most."""
    found: list[Condition] = []
    for condition in _conditions(filter_, plan, None):
        found.append(condition)
        if len(found) == CONDITIONS_MAX:
            break
    return tuple(found)


def _conditions(filter_: Filter, plan: Plan, blocked: str | None) -> Iterator[Condition]:
    match filter_:
        case And(of):
            for part in of:
                yield from _conditions(part, plan, blocked)
        case Or(of):
            is_answered = all(_terms(part, plan) for part in of)
            for part in of:
                yield from _conditions(part, plan, blocked if is_answered else blocked or _other_side(of, part, plan))
        case Not(of):
            yield from _conditions(of, plan, blocked or "it is negated, and events without its words are wanted")
        case Everything():
            return
        case _:
            terms = _terms(filter_, plan)
            why_not = blocked if terms else _reason(filter_)
            yield Condition(print_filter(filter_), () if why_not else terms, why_not)


def _other_side(of: tuple[Filter, ...], part: Filter, plan: Plan) -> str:
    other = next((side for side in of if side is not part and not _terms(side, plan)), None)
    return "" if other is None else f"the other side of the or, {print_filter(other)}, is not in the index"


def _terms(filter_: Filter, plan: Plan) -> tuple[str, ...]:
    only = {**plan, "filter": filter_node(filter_), "aggregate": None, "columns": None}
    return tuple(index_terms(msgspec.json.encode(only)))


def _reason(term: Filter) -> str:
    if isinstance(term, FreeText | Contains | Equals):
        column = None if isinstance(term, FreeText) else term.column.name
        if column is not None and column.startswith(("@lb.", "@scnr.", "%ingest.")):
            return "metadata is not in the index"
        return _reason_of_value(term.value)
    return _REASONS.get(type(term), "it is computed for each event")


def _reason_of_value(value: Value) -> str:
    text = "".join(value.parts)
    if value.number is not None:
        return "a decimal number has many spellings"
    if not any(character.isascii() and (character.isalnum() or character == "_") for character in text):
        return "it holds no letter or digit" if text else "an empty text has no words"
    if len(value.parts) > 1:
        at_front = "it begins with a wildcard, and " if not value.parts[0] else ""
        return f"{at_front}no whole word stands between its wildcards"
    return "words of this form are left out of the index"

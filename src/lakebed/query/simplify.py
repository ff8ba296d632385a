"""Makes a filter smaller and cheaper to decide, and never changes what passes.

Constants are folded, doubled and implied terms dropped, contradictions seen, and the cheapest term is put first.

A column may hold several values in one event (wildcards; a key with a dot beside a nested one of the same name), and a
term is true when *some* value passes. So `n > 5 n < 3` is no contradiction, and stays. What is sound whatever the
number of values is *implication*: a value above 7 is above 5, a value that is there exists. `and` drops what another
part implies, `or` drops what implies another part.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

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
    Relation,
    Value,
)
from lakebed.query.values import number_from_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

PARTS_COMPARED_MAX = 64
"""Parts of one `and` or `or` of which each is compared with each. A list of thousands of hashes only loses its double
ones: comparing all with all would take longer than the search."""

NOTHING = Not(Everything())
"""The filter that no event passes."""


def simplify(filter_: Filter) -> Filter:
    """An equal filter that is cheaper to decide: `Everything()` or `NOTHING` when it is constant.

    >>> from lakebed.query.parser import parse_query
    >>> from lakebed.query.printer import print_filter
    >>> print_filter(simplify(parse_query("not (not a) n > 5 and n > 7 and a").filter))
    'n > 7 and a'
    >>> print_filter(simplify(parse_query("a or * or b").filter)), print_filter(simplify(parse_query("a not a").filter))
    ('*', 'not *')
    """
    match filter_:
        case And(of):
            return _join([simplify(part) for part in of], And, filter_)
        case Or(of):
            return _join([simplify(part) for part in of], Or, filter_)
        case Not(of):
            inner = simplify(of)
            if isinstance(inner, Not):
                return inner.of
            return Not(inner, filter_.span)
        case _:
            return filter_


def _join(parts: Sequence[Filter], kind: type[And | Or], whole: And | Or) -> Filter:
    neutral, decisive = (Everything(), NOTHING) if kind is And else (NOTHING, Everything())
    kept: dict[Filter, None] = {}
    for part in parts:
        if part == decisive:
            return decisive
        if part != neutral:
            kept.update(dict.fromkeys(part.of if isinstance(part, kind) else (part,)))
    found = list(kept)
    if any(_negated(part) in kept for part in found):
        return decisive
    if len(found) <= PARTS_COMPARED_MAX:
        found = _without_implied(found, kind)
        if _is_decided(found, kind):
            return decisive
    if not found:
        return neutral
    found.sort(key=cost)
    return found[0] if len(found) == 1 else kind(tuple(found), whole.span)


def _negated(part: Filter) -> Filter:
    return part.of if isinstance(part, Not) else Not(part)


def _without_implied(parts: list[Filter], kind: type[And | Or]) -> list[Filter]:
    """`and` keeps the stronger of two parts, `or` the weaker. Of two that imply each other the last stays."""
    gone: set[int] = set()
    for here, part in enumerate(parts):
        for there, other in enumerate(parts):
            if here == there or here in gone or there in gone:
                continue
            if implies(other, part) if kind is And else implies(part, other):
                gone.add(here)
    return [part for place, part in enumerate(parts) if place not in gone]


def _is_decided(parts: Sequence[Filter], kind: type[And | Or]) -> bool:
    """`a and not b` is never true when `a` implies `b`; `not a or b` is always true then."""
    for part in parts:
        if not isinstance(part, Not):
            continue
        for other in parts:
            if other is part:
                continue
            if implies(other, part.of) if kind is And else implies(part.of, other):
                return True
    return False


def implies(strong: Filter, weak: Filter) -> bool:
    """Whether every event that passes `strong` passes `weak`; False also when that is not known.

    >>> from lakebed.query.parser import parse_query
    >>> implies(parse_query("n > 7").filter, parse_query("n >= 5").filter)
    True
    """
    if strong == weak:
        return True
    match strong, weak:
        case _, And(of) if len(of) <= PARTS_COMPARED_MAX:
            return all(implies(strong, part) for part in of)
        case Or(of), _ if len(of) <= PARTS_COMPARED_MAX:
            return all(implies(part, weak) for part in of)
        case And(of), _:
            return any(implies(part, weak) for part in of[:PARTS_COMPARED_MAX])
        case _, Or(of):
            return any(implies(strong, part) for part in of[:PARTS_COMPARED_MAX])
        case Not(inner), Not(outer):
            return implies(outer, inner)
        case ((Contains() | Equals() | Compare() | CompareTime() | Matches() | InNetwork()), Exists(column)):
            return strong.column == column
        case Compare(column, relation, number), Compare(other, weaker, bound) if column == other:
            return _bounds(relation, number_from_text(number), weaker, number_from_text(bound))
        case CompareTime(column, relation, time_ns), CompareTime(other, weaker, bound_ns) if column == other:
            return _bounds(relation, time_ns, weaker, bound_ns)
        case Equals(column, value), Contains(other, contained) if column == other:
            return value.number is None and _same_text(value, contained)
        case InNetwork(column, network), InNetwork(other, wider) if column == other:
            return _lies_in(network, wider)
    return False


def _bounds(strong: Relation, bound: int | Decimal, weak: Relation, weaker: int | Decimal) -> bool:
    is_low = strong in (Relation.GREATER, Relation.AT_LEAST)
    if is_low is not (weak in (Relation.GREATER, Relation.AT_LEAST)):
        return False
    if bound == weaker:
        return weak in (Relation.AT_LEAST, Relation.AT_MOST) or strong in (Relation.GREATER, Relation.LESS)
    return bound > weaker if is_low else bound < weaker


def _same_text(value: Value, other: Value) -> bool:
    """A whole text is also contained, unless case counts only in the second."""
    return value.parts == other.parts and (value.exact_case or not other.exact_case)


def _lies_in(network: str, wider: str) -> bool:
    inner, outer = ip_network(network), ip_network(wider)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # versions are equal


def cost(filter_: Filter) -> int:
    """How dear it is to decide, in ranks: what reads no value, numbers, one column's texts, any column, regexes."""
    match filter_:
        case Everything():
            return 0
        case And(of):
            return min(cost(part) for part in of)
        case Or(of):
            return max(cost(part) for part in of)
        case Not(of):
            return cost(of)
    ranks = {Exists: 1, Compare: 2, CompareTime: 3, Equals: 4, InNetwork: 5, Contains: 6, FreeText: 6, Matches: 9}
    rank = ranks.get(type(filter_), 8)
    value = getattr(filter_, "value", None)
    if isinstance(value, Value) and len(value.parts) > 1:
        rank += 1 if value.parts[0] else 2  # a wildcard at the front can begin anywhere
    column = getattr(filter_, "column", None)
    is_named = column is not None and column.name is not None
    return rank if is_named else rank + 10 if column is not None and not column.is_any else rank + 20

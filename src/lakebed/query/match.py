"""Decides a filter for one record of the root part, by the rules of docs/search-plan.md.

Only stages after the leaf part come here, so it is written to be read, not to be fast. Regular expressions are the
engine's: Python's are another language, and not linear in time.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING, Protocol

from lakebed import native
from lakebed.query.patterns import contains, is_whole, names_match
from lakebed.query.syntax import (
    And,
    Column,
    ColumnTerm,
    Compare,
    CompareTime,
    Contains,
    Equals,
    Everything,
    Exists,
    Filter,
    FreeText,
    InIndexes,
    InNetwork,
    Matches,
    Not,
    Or,
    Relation,
    Value,
)
from lakebed.query.times import parse_time
from lakebed.query.values import Number, number_from_text, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lakebed.model import Scalar


class Columns(Protocol):
    """What a filter needs to know of a record."""

    def named(self, name: str) -> Iterable[Scalar]:
        """Values of the column with this name; metadata too."""

    def every(self) -> Iterable[tuple[str, Scalar]]:
        """All columns without metadata; a value may be None, which counts as missing."""


def matches(filter_: Filter, record: Columns) -> bool:
    """True when the record passes the filter."""
    match filter_:
        case Everything():
            return True
        case And(of):
            return all(matches(part, record) for part in of)
        case Or(of):
            return any(matches(part, record) for part in of)
        case Not(of):
            return not matches(of, record)
        case FreeText(value):
            return any(_contains(found, value) for _, found in record.every() if found is not None)
        case InIndexes():
            raise AssertionError("refused when the query was compiled")
        case _:
            test = _test_of(filter_)
            return any(test(found) for found in _values(filter_.column, record))


def relates(left: Number, relation: Relation, right: Number) -> bool:
    """Compares two numbers exactly."""
    if relation is Relation.LESS:
        return left < right
    if relation is Relation.AT_MOST:
        return left <= right
    if relation is Relation.GREATER:
        return left > right
    return left >= right


def _values(column: Column, record: Columns) -> list[Scalar]:
    if column.name is not None:
        found = record.named(column.name)
    else:
        found = (value for name, value in record.every() if names_match(column.parts, name))
    return [value for value in found if value is not None]


def _test_of(term: ColumnTerm) -> Callable[[Scalar], bool]:
    match term:
        case Exists():
            return lambda _: True
        case Contains(_, value):
            return lambda found: _contains(found, value)
        case Equals(_, value):
            return lambda found: _equals(found, value)
        case Compare(_, relation, number):
            return lambda found: _compares(found, relation, number_from_text(number))
        case CompareTime(_, relation, time_ns):
            return lambda found: _compares_time(found, relation, time_ns)
        case InNetwork(_, network):
            return lambda found: in_network(text_of(found), network)
        case Matches(_, regex, ignore_case):
            return lambda found: _regex(regex, ignore_case).finds(text_of(found))


@functools.lru_cache(maxsize=100)
def _regex(regex: str, ignore_case: bool) -> native.Regex:
    with native.engine_errors():
        return native.Regex(regex, ignore_case)


def _contains(found: Scalar, value: Value) -> bool:
    if value.is_empty:
        return text_of(found) == ""
    return contains(text_of(found), value.parts, value.exact_case)


def _equals(found: Scalar, value: Value) -> bool:
    if is_whole(text_of(found), value.parts, value.exact_case):
        return True
    number = number_of(found)
    return value.number is not None and number is not None and number == number_from_text(value.number)


def _compares(found: Scalar, relation: Relation, number: Number) -> bool:
    left = number_of(found)
    return left is not None and relates(left, relation, number)


def _compares_time(found: Scalar, relation: Relation, time_ns: int) -> bool:
    left = parse_time(found) if isinstance(found, str) else None
    return left is not None and relates(left, relation, time_ns)


def in_network(text: str, network: str) -> bool:
    """True when the text is an address in the network.

    An IPv4-mapped IPv6 address counts as its IPv4 address, and only a network as wide as `::/0`
    holds those; the zone of an IPv6 address is ignored.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    wanted = ipaddress.ip_network(network)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv4Address) and wanted.version == 6:
        address = ipaddress.IPv6Address(f"::ffff:{address}")
    elif isinstance(address, ipaddress.IPv6Address):
        address = ipaddress.IPv6Address(int(address))
    return address in wanted

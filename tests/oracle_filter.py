"""The oracle's filters: whether a row passes, by the slowest and most obvious way."""

from __future__ import annotations

import ipaddress
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lakebed.query.syntax import (
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
    InIndexes,
    InNetwork,
    Matches,
    Not,
    Or,
    Value,
)
from tests.events import Json, Num
from tests.oracle_times import time_of

if TYPE_CHECKING:
    from tests.oracle import OracleRow

TOKEN = "[A-Za-z0-9_]"


def holds(filter_: Filter, row: OracleRow) -> bool:
    match filter_:
        case Everything() | InIndexes():
            return True
        case And(of):
            return all(holds(part, row) for part in of)
        case Or(of):
            return any(holds(part, row) for part in of)
        case Not(of):
            return not holds(of, row)
        case FreeText(value):
            return any(contains(found, value) for _, found in row.every())
        case _:
            return any(term_holds(filter_, found) for found in values(filter_.column, row))


def values(column: Column, row: OracleRow) -> list[Json]:
    if column.name is not None:
        return row.named(column.name)
    return [value for name, value in row.every() if re.fullmatch(name_pattern(column), name)]


def name_pattern(column: Column) -> str:
    """The names that a column pattern means, as a regular expression."""
    return "".join(
        re.escape(part) if isinstance(part, str) else (r"[^.\[\]]*", "(?s:.*)")[part - 1] for part in column.parts
    )


def term_holds(term: Filter, found: Json) -> bool:
    match term:
        case Exists():
            return True
        case Contains(_, value):
            return contains(found, value)
        case Equals(_, value):
            return equals(found, value)
        case Compare(_, relation, wanted):
            if not isinstance(found, Num):
                return False
            return relates(Fraction(found.text), relation.value, Fraction(wanted))
        case CompareTime(_, relation, time_ns):
            found_ns = time_of(found)
            return found_ns is not None and relates(found_ns, relation.value, time_ns)
        case Matches(_, regex, ignore_case):
            return matches(text_of(found), regex, ignore_case)
        case InNetwork(_, network):
            return in_network(text_of(found), network)
        case _:
            raise AssertionError(f"the oracle does not know the term {term}")


def matches(text: str, regex: str, ignore_case: bool) -> bool:
    """Python's expressions, brought to the engine's: `$` is the very end, half a surrogate pair is no character."""
    text = re.sub("[\ud800-\udfff]", "\n", text)  # what "." does not match
    regex = re.sub(r"(?<!\\)\$", r"\\Z", regex)
    return bool(re.search(regex, text, re.IGNORECASE if ignore_case else 0))


def contains(found: Json, value: Value) -> bool:
    text = text_of(found)
    if value.parts == ("",):  # an empty value after ":" means that the column's value is empty
        return text == ""
    first, last = value.parts[0][:1], value.parts[-1][-1:]
    left = f"(?<!{TOKEN})" if re.fullmatch(TOKEN, first) else ""
    right = f"(?!{TOKEN})" if re.fullmatch(TOKEN, last) else ""
    return bool(re.search(left + wildcards(value) + right, text, case_flags(value)))


def equals(found: Json, value: Value) -> bool:
    if re.fullmatch(wildcards(value), text_of(found), case_flags(value)):
        return True
    is_number = isinstance(found, Num) and value.number is not None
    return is_number and Fraction(found.text) == Fraction(value.number or 0)


def wildcards(value: Value) -> str:
    return "(?s:.*)".join(re.escape(part) for part in value.parts)


def case_flags(value: Value) -> re.RegexFlag:
    return re.ASCII if value.exact_case else re.ASCII | re.IGNORECASE


def relates(left: Any, relation: str, right: Any) -> bool:
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[relation])


def text_of(value: Json) -> str:
    if isinstance(value, Num):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def in_network(text: str, network: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    base = ipaddress.ip_network(network)
    prefix = base.prefixlen + (96 if base.version == 4 else 0)
    return as_ipv6(address) >> (128 - prefix) == as_ipv6(base.network_address) >> (128 - prefix)


def as_ipv6(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    """Bits of the address, an IPv4 address as the IPv6 address that it is mapped to."""
    return int(address) + (0xFFFF << 32 if address.version == 4 else 0)

"""A slow, obvious evaluator of the query language over plain dicts.

It works on the syntax tree, stage after stage in the order they are written, and shares no code
with the plan, the root part or the engine: patterns are regular expressions here, numbers are
fractions. What it says is right by definition (docs/search-plan.md, docs/query-language.md); a
disagreement is a bug in one of the two.
"""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lakebed.query.expression import ColumnRef, Expression
from lakebed.query.parser import parse_query
from lakebed.query.plan import expression_node
from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.eval import Eval
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.head import Head
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.table import Table
from lakebed.query.stages.value import SingleValue
from lakebed.query.stages.where import Where
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
from tests import mining_oracle
from tests.events import INDEX_NAME, Event, Json, Num

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

TOKEN = "[A-Za-z0-9_]"
MISSING = None
INTEGER_MAX = 2**127
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass
class OracleRow:
    """An event, or a row of a table when `columns` is set."""

    event: Event | None
    columns: dict[str, Json] | None = None
    flat: list[tuple[str, Json]] | None = None
    changes: dict[str, Json] = field(default_factory=dict)
    """Columns of an event that stages have set; MISSING where they took one away."""

    def every(self) -> list[tuple[str, Json]]:
        if self.columns is not None:
            return [(name, value) for name, value in self.columns.items() if value is not MISSING]
        assert self.event is not None
        if self.flat is None:
            own = [(name, value) for name, value in flatten(self.event.value) if name not in self.changes]
            self.flat = own + [(name, value) for name, value in self.changes.items() if value is not MISSING]
        return self.flat

    def named(self, name: str) -> list[Json]:
        if name in self.changes:
            return [] if self.changes[name] is MISSING else [self.changes[name]]
        own = [value for column, value in self.every() if column == name]
        metadata = None
        if self.event is not None and self.columns is None:
            metadata = metadata_of(self.event, name)
        if metadata is None or (name.startswith("@scnr.") and own):
            return own
        return [metadata]

    def value(self, name: str) -> Json:
        return next(iter(self.named(name)), MISSING)

    def answer(self) -> Json:
        if self.columns is not None:
            return self.columns
        assert self.event is not None
        if not self.changes:
            return self.event.value
        added = {name: value for name, value in self.changes.items() if value is not MISSING}
        event = self.event.value if isinstance(self.event.value, dict) else {"message": self.event.value}
        known = {name for name, _ in flatten(event)} | set(event)
        if len(added) == len(self.changes) and not known & set(added):
            return {**event, **added}
        return dict(self.every())


def run(
    text: str,
    events: list[Event],
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    limit: int | None = None,
    newest_first: bool = True,
) -> list[Json]:
    """The rows of the answer, in order."""
    query = parse_query(text)
    ordered = sorted(events, key=lambda event: event.order, reverse=newest_first)
    in_range = [
        OracleRow(event)
        for event in ordered
        if (since_ns is None or event.time_ns >= since_ns) and (until_ns is None or event.time_ns < until_ns)
    ]
    rows = [row for row in in_range if holds(query.filter, row)]
    for stage in query.stages:
        rows = after(stage, rows)
    return [row.answer() for row in rows[:limit]]


def after(stage: Stage, rows: list[OracleRow]) -> list[OracleRow]:
    """The rows that a stage makes of these."""
    match stage:
        case Where():
            return [row for row in rows if holds(stage.filter, row)]
        case Head():
            return rows[: stage.row_count]
        case Table():
            return [OracleRow(row.event, {name: _table_value(row, name) for name in stage.columns}) for row in rows]
        case Count():
            return [OracleRow(None, {"@q.count": number(len(rows))})]
        case Eval():
            for assignment in stage.assignments:
                rows = [changed(row, {assignment.column: value_of(assignment.expression, row)}) for row in rows]
            return rows
        case Rename():
            return [renamed(row, stage.pairs) for row in rows]
        case GroupByCount():
            return grouped(rows, [(key.output, key.expression) for key in stage.by], [], value_of)
        case Stats():
            measures = [(m.output, m.call.name, m.call.operands, m.call.parameters) for m in stage.measures]
            return grouped(rows, [(key.output, key.expression) for key in stage.by], measures, value_of)
        case SingleValue() | CountDistinct():
            measure = ("value", stage.call.name, stage.call.operands, stage.call.parameters)
            (group,) = grouped(rows, [], [measure], value_of)
            assert group.columns is not None
            name = "@q.uniq" if isinstance(stage, CountDistinct) else "@q.value"
            return [OracleRow(None, {name: group.columns["value"]})]
        case _:
            return mining_oracle.after(stage, rows)


def _table_value(row: OracleRow, name: str) -> Json:
    return INDEX_NAME if name == "@index" and row.event is not None else row.value(name)


def changed(row: OracleRow, changes: dict[str, Json]) -> OracleRow:
    """The row with other values in some columns; MISSING takes an event's column away, and stays in a table."""
    if row.columns is not None:
        return OracleRow(row.event, {**row.columns, **changes})
    return OracleRow(row.event, None, None, {**row.changes, **changes})


def renamed(row: OracleRow, pairs: tuple[tuple[str, str], ...]) -> OracleRow:
    values = {new: row.value(old) for old, new in pairs}
    if row.columns is None:
        return changed(row, {**{old: MISSING for old, _ in pairs}, **values})
    news = dict(pairs)
    kept = [(name, value) for name, value in row.columns.items() if name in news or name not in values]
    columns = {news.get(name, name): values.get(news.get(name, name), value) for name, value in kept}
    return OracleRow(row.event, {**columns, **values})


def value_of(expression: Expression, row: OracleRow) -> Json:
    """The value of an expression of the tree."""
    if isinstance(expression, ColumnRef):
        return row.value(expression.name)
    return evaluate(expression_node(expression), row)


def evaluate(node: Any, row: OracleRow) -> Json:
    """The value of an expression as docs/search-plan.md writes it."""
    raise AssertionError(f"the oracle does not know the expression {node}")


Measures = list[tuple[str, str, Sequence[Any], Sequence[str]]]
"""Output name, function, operands, parameters."""


def grouped(
    rows: list[OracleRow],
    keys: list[tuple[str, Any]],
    measures: Measures,
    value_of: Callable[[Any, OracleRow], Json],
) -> list[OracleRow]:
    groups: dict[Any, list[OracleRow]] = {} if keys else {(): []}
    for row in rows:
        groups.setdefault(tuple(order_key(value_of(key, row)) for _, key in keys), []).append(row)
    answer = []
    for _, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        columns = {output: value_of(key, members[0]) for output, key in keys}
        columns["@q.count"] = number(len(members))
        for output, name, operands, parameters in measures:
            tuples = [tuple(value_of(operand, row) for operand in operands) for row in members]
            columns[output] = function(name, tuples, parameters)
        answer.append(OracleRow(None, columns))
    return answer


def function(name: str, tuples: list[tuple[Json, ...]], parameters: Sequence[str]) -> Json:
    """A function over the rows of one group: for each row the values of its operands."""
    present = [found for found in tuples if MISSING not in found]
    if name == "countdistinct":
        return number(len({tuple(map(order_key, found)) for found in present}))
    values: list[Json] = [found[-1] if found else True for found in present]
    if name == "count":
        return number(len(values))
    if name in ("min", "max"):
        return (min if name == "min" else max)(values, key=order_key, default=MISSING)
    numbers = [addend(value) for value in values if isinstance(value, Num)]
    if not numbers or None in numbers:
        return MISSING
    total = sum((Fraction(value) for value in numbers if value is not None), Fraction(0))
    is_exact = all(isinstance(value, int) for value in numbers) and -INTEGER_MAX < total < INTEGER_MAX
    if name == "sum":
        return number(int(total)) if is_exact else double(total)
    rounded = double(total)
    return MISSING if rounded is MISSING else Num(repr(float(rounded.text) / len(numbers)))


def addend(value: Num) -> int | Fraction | None:
    """What `sum` adds: an integer of up to 38 digits exactly, else the nearest double.

    None for what is beyond doubles: then there is no sum.
    """
    exact = Fraction(value.text)
    if exact.denominator == 1 and -INTEGER_MAX < exact < INTEGER_MAX:
        return int(exact)
    nearest = float(value.text)
    return Fraction(nearest) if math.isfinite(nearest) else None


def double(exact: Fraction) -> Json:
    try:
        return Num(repr(float(exact)))
    except OverflowError:
        return MISSING


def number(whole: int) -> Num:
    return Num(str(whole))


def order_key(value: Json) -> tuple[int, Any]:
    """Nothing, then numbers by value, strings by bytes, booleans."""
    if value is MISSING:
        return (0, 0)
    if isinstance(value, Num):
        return (1, Fraction(value.text))
    if isinstance(value, bool):
        return (3, value)
    return (2, value.encode("utf-8", "surrogatepass"))


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
    pattern = "".join(
        re.escape(part) if isinstance(part, str) else (r"[^.\[\]]*", "(?s:.*)")[part - 1] for part in column.parts
    )
    return [value for name, value in row.every() if re.fullmatch(pattern, name)]


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


def time_of(value: Json) -> int | None:
    """Nanoseconds of a time with a date, None when the value is none."""
    if not isinstance(value, str):
        return None
    shape = r"([0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?(.*)"
    match = re.fullmatch(shape, value)
    if match is None or (match[5] and not match[2]):
        return None
    clock = (match[2] or " 00:00")[1:].replace(match[4] or "\0", "")
    is_leap_second = len(clock) == 8 and clock.endswith(":60")
    zone = match[5].strip() if re.fullmatch(" ?[^ ]+", match[5]) else match[5]
    try:
        clock = clock[:-2] + "59" if is_leap_second else clock
        moment = datetime.datetime.fromisoformat(f"{match[1]}T{clock}+00:00")
        offset = zone_offset(zone)
    except ValueError:
        return None
    seconds = (moment - EPOCH) // datetime.timedelta(seconds=1) - offset
    fraction = 999_999_999 if is_leap_second else int((match[4] or ".0")[1:10].ljust(9, "0"))
    time_ns = seconds * 10**9 + fraction
    return time_ns if -(2**63) <= time_ns < 2**63 else None


def zone_offset(zone: str) -> int:
    if zone in ("", "Z", "z"):
        return 0
    match = re.fullmatch("([+-])([0-9]{2}):?([0-9]{2})?", zone)
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59 or zone.endswith(":"):
        raise ValueError(zone)
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds


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


def flatten(value: Json, name: str = "") -> list[tuple[str, Json]]:
    """Columns of an event; a top-level value that is no object is the column `message`."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, inner) for key, inner in value.items()]
        return [column for key, inner in pairs for column in _flatten_inner(inner, key)]
    return _flatten_inner(value, "message")


def _flatten_inner(value: Json, name: str) -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}", inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{place}]", inner) for place, inner in enumerate(value)]
    elif value is None:
        return []
    else:
        return [(name, value)]
    return [column for key, inner in pairs for column in _flatten_inner(inner, key)]


def metadata_of(event: Event, name: str) -> Json:
    metadata = {
        "@lb.time": rfc3339(event.time_ns),
        "@lb.time_ns": number(event.time_ns),
        "@lb.time_source": event.time_source,
        "@lb.received": rfc3339(event.received_ns),
        "@lb.object": event.object,
        "@lb.record": number(event.record),
        "@lb.source_type": event.source_type,
        "@scnr.datetime": rfc3339(event.time_ns),
        "@scnr.time_ns": number(event.time_ns),
        "@scnr.source_type": event.source_type,
    }
    return metadata.get(name)


def rfc3339(time_ns: int) -> str:
    moment = EPOCH + datetime.timedelta(seconds=time_ns // 10**9)
    fraction = f"{time_ns % 10**9:09}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"

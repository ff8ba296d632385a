"""Executes a plan over plain dicts, as the engine does over segments.

With this the way from the tree to the plan is tested without an engine: `tests/oracle.py` has to
give the same answer. Leaves are judged by the oracle's own functions, so only the translation
differs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lakebed.model import Row, Table, decode_json
from lakebed.query.aggregate import Ranking
from lakebed.query.syntax import Relation, Value
from lakebed.query.values import sort_key
from tests import oracle, oracle_filter
from tests.events import Event, Json, Num, load_json
from tests.oracle_functions import function, one_spelling
from tests.oracle_times import time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.query.aggregate import Wanted


def run_rows(plan: dict[str, Any], events: list[Event]) -> list[Row]:
    """The rows of a plan without an aggregate."""
    found = matching(plan, events)
    found.sort(key=lambda event: event.order, reverse=plan["newest_first"])
    limit = plan["limit"]
    return [_row(event, plan["columns"]) for event in found[:limit]]


def run_table(plan: dict[str, Any], events: list[Event], wanted: Wanted = None) -> Table:
    """The finished aggregate of a plan; `head` takes the rows that it wants itself."""
    aggregate = plan["aggregate"]
    rows = [oracle.OracleRow(event) for event in matching(plan, events)]
    keys = [(f"by {place}", operand) for place, operand in enumerate(aggregate["by"])]
    measures = [
        (f"function {place}", function["name"], function.get("columns", []), function.get("parameters", []))
        for place, function in enumerate(aggregate["functions"])
    ]
    table = []
    for group in oracle.grouped(rows, keys, measures, _operand, _kernel):
        assert group.columns is not None
        values = [_python(group.columns[output]) for output, _ in keys]
        values += [_python(group.columns[output]) for output, *_ in measures]
        table.append([*values, _python(group.columns["@q.count"])])
    return Table(ranked(table, len(keys), wanted) if isinstance(wanted, Ranking) else table)


def ranked(table: list[list[Any]], by: int, ranking: Ranking) -> list[list[Any]]:
    """The most or the least frequent groups of each part, with the rows of their part."""
    whole = [row for row in table if None not in row[:by]]
    answer = []
    for part in sorted({tuple(map(sort_key, row[: ranking.part])) for row in whole}):
        members = [row for row in whole if tuple(map(sort_key, row[: ranking.part])) == part]
        sign = 1 if ranking.least_first else -1
        members.sort(key=lambda row: (sign * row[-1], list(map(sort_key, row[:by]))))
        total = sum(row[-1] for row in members)
        answer += [[*row[:-1], total, row[-1]] for row in members[: ranking.limit]]
    return answer


def _kernel(
    name: str,
    rows: list[oracle.OracleRow],
    operands: Sequence[Any],
    parameters: Sequence[str],
    value_of: Callable[[Any, oracle.OracleRow], Json],
) -> Json:
    """The value of a function of the plan."""
    tuples = [tuple(value_of(operand, row) for operand in operands) for row in rows]
    return one_spelling(function(name, tuples, parameters), name)


def _operand(operand: Any, row: oracle.OracleRow) -> Json:
    """The value of an operand X of the plan."""
    if isinstance(operand, str):
        return row.value(operand)
    return oracle.evaluate(operand["expression"], row)


def matching(plan: dict[str, Any], events: list[Event]) -> list[Event]:
    keys = "version filter since_ns until_ns newest_first limit columns aggregate use_index"
    assert list(plan) == keys.split()
    assert plan["version"] == 2
    since_ns, until_ns = plan["since_ns"], plan["until_ns"]
    return [
        event
        for event in events
        if (since_ns is None or event.time_ns >= since_ns)
        and (until_ns is None or event.time_ns < until_ns)
        and holds(plan["filter"], oracle.OracleRow(event))
    ]


def holds(node: dict[str, Any], row: oracle.OracleRow) -> bool:
    operator = node["op"]
    if operator == "all":
        return all(holds(inner, row) for inner in node["of"])
    if operator == "any":
        return any(holds(inner, row) for inner in node["of"])
    if operator == "not":
        return not holds(node["of"], row)
    return any(leaf_holds(node, value) for value in _values(node["column"], row))


def leaf_holds(node: dict[str, Any], found: Json) -> bool:
    match node["op"]:
        case "has":
            value = _value(node)
            return value.is_empty or oracle_filter.contains(found, value)
        case "is":
            return oracle_filter.equals(found, _value(node))
        case "exists":
            return True
        case "compare":
            if not isinstance(found, Num):
                return False
            left, right = Fraction(found.text), Fraction(node["number"])
            return oracle_filter.relates(left, Relation(node["relation"]).value, right)
        case "compare_time":
            found_ns = time_of(found)
            return found_ns is not None and oracle_filter.relates(found_ns, node["relation"], node["time_ns"])
        case "regex":
            return oracle_filter.matches(oracle_filter.text_of(found), node["regex"], node["ignore_case"])
        case "cidr":
            return oracle_filter.in_network(oracle_filter.text_of(found), node["network"])
    raise AssertionError(f"unknown leaf {node}")


def _value(node: dict[str, Any]) -> Value:
    pattern = node["pattern"]
    return Value(tuple(pattern["parts"]), pattern["exact_case"], node.get("number"))


def _values(column: dict[str, Any] | None, row: oracle.OracleRow) -> list[Json]:
    if column is None:
        return [value for _, value in row.every()]
    if "expression" in column:
        value = oracle.evaluate(column["expression"], row)
        return [] if value is None else [value]
    parts = column["parts"]
    if len(parts) == 1 and isinstance(parts[0], str):
        return row.named(parts[0])
    return oracle.matching_values(parts, row)


def _row(event: Event, columns: list[str] | None) -> Row:
    if columns is None:
        whole = _python(load_json(event.line))
        shown = whole if isinstance(whole, dict) else {"message": whole}
    else:
        row = oracle.OracleRow(event)
        named = [(name, row.value(name)) for name in columns]
        shown = {name: _python(value) for name, value in named if value is not None}
    return Row(event.time_ns, event.object, event.record, shown)


def _python(value: Json) -> Any:
    """JSON with `Num` as the product's own JSON values."""
    if isinstance(value, Num):
        return decode_json(value.text.encode())
    if isinstance(value, dict):
        return {key: _python(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_python(inner) for inner in value]
    return value

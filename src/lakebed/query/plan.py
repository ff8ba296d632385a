"""Tree to plan: the JSON of docs/search-plan.md that the engine executes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from lakebed.query.expression import (
    BooleanLiteral,
    Call,
    ColumnRef,
    ColumnsRef,
    Expression,
    NullLiteral,
    NumberLiteral,
    TextLiteral,
)
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
    Star,
    Text,
    Value,
)

if TYPE_CHECKING:
    from lakebed.query.aggregate import Aggregate

PLAN_VERSION = 2

PlanValue: TypeAlias = str | int | bool | Sequence["PlanValue"] | dict[str, "PlanValue"] | None
Plan: TypeAlias = dict[str, PlanValue]
Node: TypeAlias = dict[str, PlanValue]

EVERYTHING: Node = {"op": "all", "of": []}
NOTHING: Node = {"op": "any", "of": []}


def filter_node(filter_: Filter) -> Node:
    """The filter as a plan node; nested lists of one kind are one list, and constants are gone."""
    match filter_:
        case Everything():
            return EVERYTHING
        case And(of):
            return _joined("all", [filter_node(part) for part in of])
        case Or(of):
            return _joined("any", [filter_node(part) for part in of])
        case Not(of):
            return _negated(filter_node(of))
        case FreeText(value):
            return _value_node("has", None, value)
        case InIndexes():
            raise AssertionError("indexes are lifted out of the filter before it becomes a plan")
        case _:
            return _term_node(filter_)


def aggregate_node(aggregate: Aggregate) -> Node:
    """The aggregate part of a plan."""
    functions: list[PlanValue] = []
    for function in aggregate.functions:
        columns = {"columns": list(map(_operand, function.columns))} if function.columns else {}
        parameters = {"parameters": list(function.parameters)} if function.parameters else {}
        functions.append({"name": function.name, **columns, **parameters})
    return {"by": list(map(_operand, aggregate.by)), "functions": functions}


def aggregate_plan(aggregate: Aggregate) -> Plan:
    """The plan of an aggregate over rows that are at hand."""
    return {
        "version": PLAN_VERSION,
        "filter": EVERYTHING,
        "since_ns": None,
        "until_ns": None,
        "newest_first": False,
        "limit": None,
        "columns": None,
        "aggregate": aggregate_node(aggregate),
        "use_index": False,
    }


def expression_node(expression: Expression) -> Node:
    """An expression as a plan node."""
    match expression:
        case ColumnRef(name):
            return {"column": name}
        case ColumnsRef(parts):
            return {"pattern": _column_parts(parts)}
        case TextLiteral(value):
            return {"text": value}
        case NumberLiteral(text):
            return {"number": text}
        case BooleanLiteral(truth):
            return {"boolean": truth}
        case NullLiteral():
            return {"null": True}
        case Call(name, of):
            return {"call": name, "of": list(map(expression_node, of))}


def _operand(operand: Expression) -> PlanValue:
    return operand.name if isinstance(operand, ColumnRef) else {"expression": expression_node(operand)}


def depth_of(node: PlanValue) -> int:
    """Levels of lists and objects in a piece of JSON."""
    deepest = 0
    waiting = [(node, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
        else:
            continue
        deepest = max(deepest, depth)
    return deepest


def _joined(operator: str, nodes: list[Node]) -> Node:
    neutral, decisive = (EVERYTHING, NOTHING) if operator == "all" else (NOTHING, EVERYTHING)
    flat: list[PlanValue] = []
    for node in nodes:
        if node == decisive:
            return decisive
        if node["op"] == operator:
            flat.extend(cast("list[PlanValue]", node["of"]))
        else:
            flat.append(node)
    if not flat:
        return neutral
    return cast("Node", flat[0]) if len(flat) == 1 else {"op": operator, "of": flat}


def _negated(node: Node) -> Node:
    if node == EVERYTHING:
        return NOTHING
    if node == NOTHING:
        return EVERYTHING
    if node["op"] == "not":
        return cast("Node", node["of"])
    return {"op": "not", "of": node}


def _term_node(
    term: Contains | Equals | Exists | Compare | CompareTime | Matches | InNetwork,
) -> Node:
    column = _column_node(term.column)
    match term:
        case Contains(_, value):
            return _value_node("has", column, value)
        case Equals(_, value):
            return _value_node("is", column, value)
        case Exists():
            return {"op": "exists", "column": column}
        case Compare(_, relation, number):
            relation_text = relation.value
            return {"op": "compare", "column": column, "relation": relation_text, "number": number}
        case CompareTime(_, relation, time_ns):
            time: Node = {"op": "compare_time", "column": column}
            return {**time, "relation": relation.value, "time_ns": time_ns}
        case Matches(_, regex, ignore_case):
            return {"op": "regex", "column": column, "regex": regex, "ignore_case": ignore_case}
        case InNetwork(_, network):
            return {"op": "cidr", "column": column, "network": network}


def _value_node(operator: str, column: Node | None, value: Value) -> Node:
    """`has` of an empty value would be true everywhere; in the query language it means that the
    value is empty."""
    pattern: Node = {"parts": list(value.parts), "exact_case": value.exact_case}
    node: Node = {"op": "is" if value.is_empty else operator, "column": column, "pattern": pattern}
    if operator == "is" and value.number is not None:
        node["number"] = value.number
    return node


def _column_node(column: Column) -> Node | None:
    if column.computed is not None:
        return {"expression": expression_node(column.computed)}
    return None if column.is_any else _column_parts(column.parts)


def _column_parts(parts: Text) -> Node:
    return {"parts": [{"star": int(part)} if isinstance(part, Star) else part for part in parts]}

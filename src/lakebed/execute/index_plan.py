"""The plan for the segments of one index: the engine does not know which index a segment belongs to, the catalog does.

Where a plan computes with `@index`, the name stands in it as a text.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

INDEX_COLUMN = "@index"

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def plan_for_index(plan: bytes, index: str) -> bytes:
    """The plan with the name of the index where it computes with that.

    >>> plan_for_index(b'{"aggregate":{"by":["@index","a"],"functions":[]}}', "web")
    b'{"aggregate":{"by":[{"expression":{"text":"web"}},"a"],"functions":[]}}'
    """
    if b'"@index"' not in plan:
        return plan
    decoded: dict[str, Json] = msgspec.json.decode(plan)
    aggregate = decoded["aggregate"]
    if isinstance(aggregate, dict):
        decoded["aggregate"] = _with_operands(aggregate, index)
    return msgspec.json.encode(_with_text(decoded, index))


def _with_operands(node: Json, index: str) -> Json:
    """Names of columns in lists are operands here."""
    if isinstance(node, dict):
        return {name: _with_operands(value, index) for name, value in node.items()}
    if isinstance(node, list):
        return [{"expression": {"text": index}} if one == INDEX_COLUMN else _with_operands(one, index) for one in node]
    return node


def _with_text(node: Json, index: str) -> Json:
    if node == {"column": INDEX_COLUMN}:
        return {"text": index}
    if node == {"parts": [INDEX_COLUMN]}:  # a condition on another name for it
        return {"expression": {"text": index}}
    if isinstance(node, dict):
        return {name: _with_text(value, index) for name, value in node.items()}
    return [_with_text(one, index) for one in node] if isinstance(node, list) else node

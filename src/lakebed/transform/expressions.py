"""Expressions of the query language in a transform; an error shows where in the file, and where in the expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed import native
from lakebed.errors import QueryError
from lakebed.query.cursor import Cursor
from lakebed.query.expression import ColumnRef, leaves_of
from lakebed.query.expression_lexer import operator_token
from lakebed.query.expression_parser import parse_expression
from lakebed.query.lexer import Kind
from lakebed.query.plan import expression_node
from lakebed.query.stages.eval import METADATA_PREFIXES

if TYPE_CHECKING:
    from lakebed.query.plan import Node
    from lakebed.transform.place import Place


KNOWN = ("@lb.source_type",)
"""Metadata that events have before they are indexed."""


def read_expression(text: str, place: Place) -> Node:
    """The expression as the engine takes it. Raises `QueryError`, or `UsageError` for what is wrong with all of it."""
    try:
        cursor = Cursor(text)
        expression = parse_expression(cursor)
        after = cursor.peek_as(operator_token)
        if after.kind is not Kind.END:
            cursor.fail(f"unexpected {after.describe()} after the expression", after)
        for leaf in leaves_of(expression):
            if isinstance(leaf, ColumnRef) and leaf.name.startswith(METADATA_PREFIXES) and leaf.name not in KNOWN:
                cursor.fail(f'"{leaf.name}" is not known before the event is indexed', leaf.span)
    except QueryError as error:
        message = error.message.replace("the end of the query", "the end of the expression")
        raise QueryError(f"{place}: {message}", error.text, error.start, error.end) from error
    node = expression_node(expression)
    with native.engine_errors(str(place)):
        native.Expression(msgspec.json.encode(node))
    return node


def call(name: str, *of: Node) -> Node:
    """A call of a function or an operator."""
    return {"call": name, "of": list(of)}


def column(name: str) -> Node:
    """The value of a field."""
    return {"column": name}

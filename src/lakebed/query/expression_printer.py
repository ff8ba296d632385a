"""Prints an expression; parsing that text gives the same tree again."""

from __future__ import annotations

import re

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
from lakebed.query.printer import print_name, quoted_text

_BARE_NAME = re.compile(r"[A-Za-z_@%$](?:[A-Za-z0-9._@%$]|\[[0-9]+\])*")
_WORDS = frozenset({"and", "or", "not", "true", "false", "null", "as", "by"})

_NOT_OF_AN_OPERAND = ('"', "-")
"""What an operand cannot begin with outside parentheses."""

_OPERATORS = {
    "or": ("or", 1),
    "and": ("and", 2),
    "equal": ("==", 4),
    "not_equal": ("!=", 4),
    "less": ("<", 4),
    "at_most": ("<=", 4),
    "greater": (">", 4),
    "at_least": (">=", 4),
    "add": ("+", 5),
    "subtract": ("-", 5),
    "multiply": ("*", 6),
    "divide": ("/", 6),
    "remainder": ("%", 6),
}
"""Sign and level of the operators with two operands; a higher level binds tighter."""

_NOT_LEVEL, _COMPARISON_LEVEL, _NEGATE_LEVEL, _ATOM_LEVEL = 3, 4, 7, 8


def print_expression(expression: Expression) -> str:
    """The expression as query text."""
    return _printed(expression)[0]


def print_operand(operand: Expression) -> str:
    """The expression as an operand of a stage, where a name may hold more characters without backticks: `5`, `true` and
    `-a` alone are names there, and what begins with a quote is taken for a name in the wrong quotes."""
    if isinstance(operand, ColumnRef):
        return print_name(operand.name)
    text = print_expression(operand)
    return f"({text})" if not isinstance(operand, Call) or text[0] in _NOT_OF_AN_OPERAND else text


def label_of(operand: Expression) -> str:
    """The name of a column that holds an operand."""
    return operand.name if isinstance(operand, ColumnRef) else print_expression(operand)


def _printed(expression: Expression) -> tuple[str, int]:
    """The text, and the level of its outermost operator."""
    match expression:
        case ColumnRef(name):
            is_bare = _BARE_NAME.fullmatch(name) and name.lower() not in _WORDS
            return (name if is_bare else quoted_text((name,), "`")), _ATOM_LEVEL
        case ColumnsRef(parts):
            return quoted_text(parts, "`"), _ATOM_LEVEL
        case TextLiteral(value):
            return quoted_text((value,), '"'), _ATOM_LEVEL
        case NumberLiteral(text):
            return text, _ATOM_LEVEL
        case BooleanLiteral(value):
            return ("true" if value else "false"), _ATOM_LEVEL
        case NullLiteral():
            return "null", _ATOM_LEVEL
        case Call(name, of) if name in _OPERATORS:
            sign, level = _OPERATORS[name]
            left = _at_least(of[0], level + (level == _COMPARISON_LEVEL))
            return f"{left} {sign} {_at_least(of[1], level + 1)}", level
        case Call("not", (inner,)):
            return f"not {_at_least(inner, _NOT_LEVEL)}", _NOT_LEVEL
        case Call("negate", (inner,)):
            text = _at_least(inner, _NEGATE_LEVEL)
            # -5 is a number and --5 its negation; "- 5" would be read as the number
            return (f"-({text})" if isinstance(inner, NumberLiteral) else f"-{text}"), _NEGATE_LEVEL
        case Call(name, of):
            return f"{name}({', '.join(map(print_expression, of))})", _ATOM_LEVEL


def _at_least(expression: Expression, level: int) -> str:
    text, own = _printed(expression)
    return text if own >= level else f"({text})"

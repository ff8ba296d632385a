"""Prints a tree as query text; parsing that text gives the same tree again.

Value groups are put together again, and parentheses stand wherever a reader might ask which
operator comes first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakebed.query.literals import parse_number
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
    IndexReference,
    InIndexes,
    InNetwork,
    Matches,
    Not,
    Or,
    Star,
    Text,
    Value,
)
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARE_WORD = re.compile(r"[A-Za-z0-9_@%/.*][A-Za-z0-9_@%/.*\[\]$+-]*")
_KEYWORDS = frozenset({"and", "or", "not", "in", "by", "as"})
_SPECIAL = {"'": re.compile(r"[\\*']"), '"': re.compile(r'[\\*"]'), "`": re.compile(r"[\\*`]")}


def print_filter(filter_: Filter) -> str:
    """The filter as query text."""
    match filter_:
        case And(of):
            return " and ".join(_print_operand(part) for part in of)
        case Or(of):
            group = _print_group(of)
            return group or " or ".join(_print_operand(part) for part in of)
        case Not(of):
            return f"not {_print_operand(of)}"
        case _:
            return _print_leaf(filter_)


def print_column(column: Column) -> str:
    """A column pattern, in backticks where it has to be."""
    return _print_text(column.parts, "`")


def print_name(name: str) -> str:
    """A column name without wildcards, in backticks where it has to be."""
    return _print_text((name,), "`")


def print_names(names: Sequence[str]) -> str:
    """Column names separated by commas."""
    return ", ".join(print_name(name) for name in names)


def _print_operand(filter_: Filter) -> str:
    text = print_filter(filter_)
    needs_parentheses = isinstance(filter_, And) or (isinstance(filter_, Or) and not _print_group(filter_.of))
    return f"({text})" if needs_parentheses else text


def _print_leaf(filter_: Filter) -> str:
    match filter_:
        case Everything():
            return "*"
        case FreeText(value):
            return _print_value(value)
        case Contains(column, value):
            return f"{print_column(column)}: {_print_value(value)}"
        case Equals(column, value):
            return f"{print_column(column)} = {_print_equal_value(value)}"
        case Exists(column):
            return f"{print_column(column)}: *"
        case Compare(column, relation, number):
            return f"{print_column(column)} {relation.value} {number}"
        case CompareTime(column, relation, time_ns):
            return f"{print_column(column)} {relation.value} {format_time(time_ns)}"
        case Matches(column, regex, ignore_case):
            body = regex.replace("/", "\\/")
            return f"{print_column(column)} ~ /{body}/{'i' if ignore_case else ''}"
        case InNetwork(column, network):
            return f"{print_column(column)} in {network}"
        case InIndexes(indexes):
            return _print_indexes(indexes)
        case And() | Or() | Not():
            raise AssertionError("not a leaf")


def _print_group(of: Sequence[Filter]) -> str | None:
    """`column: (a b)` when all are plain terms of one column, else None."""
    first = of[0]
    if isinstance(first, Contains):
        operator = ": "
    elif isinstance(first, Equals):
        operator = " = "
    else:
        return None
    values = []
    for part in of:
        if not isinstance(part, type(first)) or part.column != first.column:
            return None
        is_equality = isinstance(part, Equals)
        values.append((_print_equal_value if is_equality else _print_value)(part.value))
    return f"{print_column(first.column)}{operator}({' '.join(values)})"


def _print_equal_value(value: Value) -> str:
    """A value of `=`, where a bare number means more than its text."""
    if value.number is not None:
        return value.number
    text = _print_value(value)
    return f"'{text}'" if parse_number(text) is not None else text


def _print_value(value: Value) -> str:
    parts: list[str | Star] = []
    for place, literal in enumerate(value.parts):
        parts.extend([Star.ONE, literal] if place else [literal])
    text = tuple(part for part in parts if part != "") or ("",)
    if value.exact_case:
        return quoted_text(text, '"')
    return _print_text(text, "'")


def _print_indexes(indexes: Sequence[IndexReference]) -> str:
    references = [_print_reference(index) for index in indexes]
    return f"@index={references[0]}" if len(references) == 1 else f"@index=({' '.join(references)})"


def _print_reference(index: IndexReference) -> str:
    name = _print_text((index.name,), "'")
    if index.id is None:
        return name
    return f"{{ {_print_text((index.id,), chr(39))} | {name} }}"


def _print_text(text: Text, quote: str) -> str:
    plain = "".join("*" * part if isinstance(part, Star) else part for part in text)
    has_literal_star = any(isinstance(part, str) and "*" in part for part in text)
    is_bare = _BARE_WORD.fullmatch(plain) and not has_literal_star
    return plain if is_bare and plain.lower() not in _KEYWORDS else quoted_text(text, quote)


def quoted_text(text: Text, quote: str) -> str:
    """The text between quotes of this kind, with escapes where they have to be."""
    special = _SPECIAL[quote]
    pieces = ["*" * part if isinstance(part, Star) else special.sub(r"\\\g<0>", part) for part in text]
    return quote + "".join(pieces) + quote

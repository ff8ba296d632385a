"""What the values of an event mean: flattening, text forms, exact numbers, order.

The engine does the same in the leaf part; this is what the root part uses on the few rows that
reach it.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from lakebed.model import JsonValue, Scalar

Number: TypeAlias = int | Decimal

MESSAGE_COLUMN = "message"
"""Column of a top-level value that is not an object."""


def flatten(event: JsonValue) -> Iterator[tuple[str, Scalar]]:
    """The columns of an event. A name can come twice: `{"a.b": 1, "a": {"b": 2}}` has two columns
    `a.b`.

    >>> list(flatten({"user": {"name": "eve"}, "tags": ["x", None], "none": {}}))
    [('user.name', 'eve'), ('tags[0]', 'x')]
    """
    waiting: list[tuple[str, JsonValue]] = [("", event if isinstance(event, dict) else {MESSAGE_COLUMN: event})]
    is_top = True
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            prefix = "" if is_top else f"{name}."
            waiting.extend([(f"{prefix}{key}", inner) for key, inner in value.items()][::-1])
        elif isinstance(value, list):
            waiting.extend([(f"{name}[{place}]", inner) for place, inner in enumerate(value)][::-1])
        elif value is not None:
            yield name, value
        is_top = False


def text_of(value: Scalar) -> str:
    """The text form that patterns, networks and regular expressions see."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def number_of(value: Scalar) -> Number | None:
    """The exact number, None for what is not a JSON number."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else value


def number_from_text(text: str) -> Number:
    """The exact value of JSON number text."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return Decimal(text)
    except InvalidOperation:
        raise AssertionError(f"not a number within the limits of the query language: {text!r}") from None


SortKey: TypeAlias = tuple[int, Number | str | bool]


def sort_key(value: Scalar) -> SortKey:
    """Orders values of any type: nothing, numbers, strings (as UTF-8 bytes), booleans."""
    if value is None:
        return (0, 0)
    number = number_of(value)
    if number is not None:
        return (1, number)
    if isinstance(value, bool):
        return (3, value)
    return (2, text_of(value))


def group_key(value: Scalar) -> SortKey:
    """Equal for values that belong in one group: `1` and `1.0` do, `1`, `"1"` and `true` do not."""
    return sort_key(value)


def number_text(value: Fraction) -> str:
    """JSON number text of a positive amount: exact for integers, else the nearest double."""
    return str(value.numerator) if value.denominator == 1 else repr(float(value))

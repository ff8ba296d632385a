"""What the layers hand to each other: rows, tables, and JSON values that lose nothing.

A number keeps what its JSON text says: `int` for integers of any size, `float` where Python
prints the same text again (`0.1`), `Decimal` for everything else (`1.10`, twenty digits). The
price is that a caller meets three number types.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Self, TypeAlias, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Scalar: TypeAlias = str | int | float | Decimal | bool | None
"""A typed value of a column; None means that it is not there."""

JsonValue: TypeAlias = Scalar | list["JsonValue"] | dict[str, "JsonValue"]

TableRow: TypeAlias = dict[str, Scalar]
"""One row of an aggregated answer: column name to value, in output order."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event of an answer, with the place that it came from.

    `event` is the event as it stood in the source, or, when the query chose columns, a flat
    `{column: value}`. `index` is the name of the index that it was found in; the engine does not
    know it, the caller fills it in.
    """

    time_ns: int
    object: str
    record: int
    event: Mapping[str, JsonValue]
    index: str | None = None

    @classmethod
    def from_json(cls, time_ns: int, url: str, record: int, data: bytes, index: str | None = None) -> Row:
        """The row that the engine has found; a top-level value that is no object is the column `message`."""
        event = decode_json(data)
        return cls(time_ns, url, record, event if isinstance(event, dict) else {"message": event}, index)


@dataclass(frozen=True, slots=True)
class Table:
    """A finished aggregate: each row is `[by values…, function values…, row count]`.

    The most frequent group stands first, equal ones by their values.
    """

    rows: Sequence[Sequence[Scalar]]
    notes: Sequence[str] = ()
    """Where the answer is approximate, and the bound."""

    @classmethod
    def from_json(cls, data: bytes) -> Table:
        """Reads what `_core.finish_partial` returns.

        >>> Table.from_json(b'{"rows": [["alice", 0.5, 2]]}').rows
        [['alice', 0.5, 2]]
        """
        decoded = decode_json(data)
        assert isinstance(decoded, dict)  # the engine answers an object
        notes = cast("list[str]", decoded.get("notes", []))
        return cls(cast("list[list[Scalar]]", decoded["rows"]), notes=notes)


class SpelledDecimal(Decimal):
    """A number whose text Python would write otherwise, such as `1e3`.

    >>> str(SpelledDecimal("1e3")), SpelledDecimal("1e3") == 1000
    ('1e3', True)
    """

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, text: str) -> Self:
        """The number that JSON number text says."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[type[SpelledDecimal], tuple[str]]:
        return SpelledDecimal, (self._text,)


def decode_json(data: bytes) -> JsonValue:
    """Reads JSON with exact numbers, as described at the top of this module.

    >>> decode_json(b'{"a": [1.10, 0.1, 123456789012345678901234567890]}')
    {'a': [Decimal('1.10'), 0.1, 123456789012345678901234567890]}
    """
    value: JsonValue
    try:
        value = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # half a surrogate pair, or an integer of thousands of digits: logs have them, msgspec does not
        value = json.loads(data, parse_float=_exact_number, parse_int=_exact_integer)
    return value


def _exact_number(text: str) -> float | Decimal:
    """The smallest type that prints the number as the source wrote it."""
    number = float(text)
    if repr(number) == text:
        return number
    try:
        exact = Decimal(text)
        return exact if str(exact) == text else SpelledDecimal(text)
    except InvalidOperation:  # beyond even Decimal's exponents: infinity or zero is all that is left
        return number


def _exact_integer(text: str) -> int | Decimal:
    """An integer; beyond `sys.get_int_max_str_digits()` Python has no quick way to read one."""
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


_DECODER = msgspec.json.Decoder(float_hook=_exact_number)

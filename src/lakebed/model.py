"""What the layers hand to each other: rows, tables, and JSON values that lose nothing.

A number keeps what its JSON text says: `int` for integers of any size, `float` where Python
prints the same text again (`0.1`), `Decimal` for everything else (`1.10`, twenty digits). The
price is that a caller meets three number types.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Table:
    """A finished aggregate: each row is `[by values…, function values…, row count]`."""

    rows: Sequence[Sequence[Scalar]]

    @classmethod
    def from_json(cls, data: bytes) -> Table:
        """Reads what `_core.finish_partial` returns.

        >>> Table.from_json(b'{"rows": [["alice", 0.5, 2]]}').rows
        [['alice', 0.5, 2]]
        """
        return cls(_TABLE_DECODER.decode(data).rows)


def decode_json(data: bytes) -> JsonValue:
    """Reads JSON with exact numbers, as described at the top of this module.

    >>> decode_json(b'{"a": [1.10, 0.1, 123456789012345678901234567890]}')
    {'a': [Decimal('1.10'), 0.1, 123456789012345678901234567890]}
    """
    value: JsonValue = _VALUE_DECODER.decode(data)
    return value


def _exact_number(text: str) -> float | Decimal:
    """The smallest type that prints the number as the source wrote it."""
    number = float(text)
    if repr(number) == text:
        return number
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond even Decimal's limits: infinity or zero is all that is left to say
        return number


class _TableWire(msgspec.Struct):
    rows: list[list[Any]]  # Any: a typed decoder refuses numbers beyond 64 bits


_VALUE_DECODER = msgspec.json.Decoder(float_hook=_exact_number)
_TABLE_DECODER = msgspec.json.Decoder(_TableWire, float_hook=_exact_number)

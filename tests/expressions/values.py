"""Values of expressions in the slow evaluator: None, bool, `Num`, str, list; and how functions take them apart."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.events import Json, Num

INTEGER_MAX = 2**127
TEXT_MAX = 1 << 20
ARRAY_MAX = 10_000


class Unknown(Exception):  # noqa: N818 - it is no error, but the answer null
    """The value of the call is null."""


def check(condition: object) -> None:
    if not condition:
        raise Unknown


def text(value: Json) -> str:
    check(isinstance(value, str))
    return str(value)


def characters(value: Json) -> str:
    """A lone surrogate is no character."""
    return lossy(raw(text(value)))


def raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def lossy(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def exact(value: Json) -> Fraction:
    check(isinstance(value, Num))
    return Fraction(value.text)


def is_integer(value: Json) -> bool:
    return isinstance(value, Num) and exact(value).denominator == 1 and -INTEGER_MAX <= exact(value) < INTEGER_MAX


def double(value: Json) -> float:
    check(isinstance(value, Num))
    return float(value.text)


def small(value: Json) -> int:
    """An integer within 64 bits."""
    check(is_integer(value) and -(2**63) <= exact(value) < 2**63)
    return int(exact(value))


def whole(value: int) -> Num:
    return Num(str(value))


def of_float(value: float) -> Num:
    check(math.isfinite(value))
    return Num(canonical(repr(value)))


def canonical(number: str) -> str:
    """Plain digits, unless more than 40 zeros would be needed."""
    sign, digit_tuple, exponent = Decimal(number).as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, digit_tuple)).lstrip("0")
    while digits.endswith("0"):
        digits, exponent = digits[:-1], exponent + 1
    minus = "-" if sign else ""
    if not digits:
        return "0"
    if abs(exponent) > 40:
        return f"{minus}{digits}e{exponent}"
    if exponent >= 0:
        return minus + digits + "0" * exponent
    digits = digits.rjust(1 - exponent, "0")
    return f"{minus}{digits[:exponent]}.{digits[exponent:]}"


def of_fraction(value: Fraction) -> Num:
    """A fraction that has an end as a decimal."""
    places = next(places for places in range(400) if (value * 10**places).denominator == 1)
    return Num(canonical(f"{(value * 10**places).numerator}e-{places}"))


def scalar_text(value: Json) -> str:
    if isinstance(value, Num):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value)


def bounded(value: str) -> str:
    check(len(raw(value)) <= TEXT_MAX)
    return value


def key(value: Json) -> tuple[int, Any]:
    """Equal for equal values, and in their order: null, numbers, texts by bytes, booleans, arrays."""
    if value is None:
        return (0, 0)
    if isinstance(value, Num):
        return (1, exact(value))
    if isinstance(value, str):
        return (2, raw(value))
    if isinstance(value, bool):
        return (3, value)
    return (4, [key(inner) for inner in value])


def dump(value: Json) -> str:
    """Compact JSON; numbers as they were written."""
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(name)}:{dump(inner)}" for name, inner in value.items()) + "}"
    return "null" if value is None else quoted(value) if isinstance(value, str) else scalar_text(value)


def quoted(value: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

    def one(letter: str) -> str:
        if letter in escapes:
            return escapes[letter]
        return f"\\u{ord(letter):04x}" if letter < " " or "\ud800" <= letter <= "\udfff" else letter

    return '"' + "".join(map(one, value)) + '"'

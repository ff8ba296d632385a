"""The oracle's aggregate functions over the values of one group."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.events import Json, Num

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MISSING = None
INTEGER_MAX = 2**127
VALUES_MAX = 1000
LIST_MAX = 100
LARGE = Fraction(2) ** 432
"""Numbers beyond it have no variance, and those nearer to zero than its inverse count as zero."""

ZEROS_MAX = 40

Tuples = list[tuple[Json, ...]]


def function(name: str, tuples: list[tuple[Json, ...]], parameters: Sequence[str]) -> Json:
    """A function over the rows of one group: for each row the values of its operands."""
    present = [found for found in tuples if MISSING not in found]
    if name == "countdistinct":
        return number(len({tuple(map(order_key, found)) for found in present}))
    values: list[Json] = [found[-1] if found else True for found in present]
    if name == "count":
        return number(len(values))
    if name in ("min", "max"):
        return (min if name == "min" else max)(values, key=order_key, default=MISSING)
    if name in KERNELS:
        return KERNELS[name](present, parameters)
    assert name in ("sum", "avg"), f"the oracle does not know the function {name}"
    numbers = [addend(value) for value in values if isinstance(value, Num)]
    if not numbers or None in numbers:
        return MISSING
    total = sum((Fraction(value) for value in numbers if value is not None), Fraction(0))
    is_exact = all(isinstance(value, int) for value in numbers)
    if name == "sum":
        return number(int(total)) if is_exact else double(total)
    return double(total / len(numbers))


def addend(value: Num) -> int | Fraction | None:
    """What `sum` adds: an integer of up to 38 digits exactly, else the nearest double.

    None for what is beyond doubles: then there is no sum.
    """
    exact = Fraction(value.text)
    if exact.denominator == 1 and -INTEGER_MAX < exact < INTEGER_MAX:
        return int(exact)
    nearest = float(value.text)
    return Fraction(nearest) if math.isfinite(nearest) else None


def double(exact: Fraction) -> Json:
    try:
        return Num(repr(float(exact)))
    except OverflowError:
        return MISSING


def number(whole: int) -> Num:
    return Num(str(whole))


def order_key(value: Json) -> tuple[int, Any]:
    """Nothing, then numbers by value, strings by bytes, booleans."""
    if value is MISSING:
        return (0, 0)
    if isinstance(value, Num):
        return (1, Fraction(value.text))
    if isinstance(value, bool):
        return (3, value)
    return (2, value.encode("utf-8", "surrogatepass"))


def percentile(tuples: Tuples, parameters: Sequence[str]) -> Json:
    """The number at the nearest rank, as it is spelled, or the first of its spellings."""
    numbers = sorted((found[0] for found in tuples if isinstance(found[0], Num)), key=order_key)
    rank = math.ceil(Fraction(parameters[0]) * len(numbers) / 100)
    return numbers[max(rank, 1) - 1] if numbers else MISSING


def variance(tuples: Tuples, parameters: Sequence[str]) -> Json:
    """Over the nearest doubles, exactly, with the squares and the division rounded once each."""
    doubles = [float(found[0].text) for found in tuples if isinstance(found[0], Num)]
    if len(doubles) < 2 or any(not math.isfinite(value) or abs(Fraction(value)) > LARGE for value in doubles):
        return MISSING
    exact = [Fraction(value) if abs(Fraction(value)) >= 1 / LARGE else Fraction(0) for value in doubles]
    count = len(exact)
    above = count * sum(value * value for value in exact) - sum(exact) ** 2
    return Num(repr(float(above) / float(count * (count - 1))))


def deviation(tuples: Tuples, parameters: Sequence[str]) -> Json:
    found = variance(tuples, parameters)
    return Num(repr(math.sqrt(float(found.text)))) if isinstance(found, Num) else MISSING


def mode(tuples: Tuples, parameters: Sequence[str]) -> Json:
    counts = Counter(order_key(found[0]) for found in tuples)
    first = {order_key(found[0]): found[0] for found in tuples}
    return first[min(counts, key=lambda key: (-counts[key], key))] if counts else MISSING


def values(tuples: Tuples, parameters: Sequence[str]) -> Json:
    different = {order_key(found[0]): found[0] for found in tuples}
    return array_text([different[key] for key in sorted(different)][:VALUES_MAX])


def listed(tuples: Tuples, parameters: Sequence[str]) -> Json:
    ordered = sorted(tuples, key=lambda found: (order_key(found[0]), order_key(found[1])))
    return array_text([value for _, value in ordered][:LIST_MAX])


def earliest(tuples: Tuples, parameters: Sequence[str]) -> Json:
    ordered = sorted(tuples, key=lambda found: (order_key(found[0]), order_key(found[1])))
    return ordered[0][1] if ordered else MISSING


def latest(tuples: Tuples, parameters: Sequence[str]) -> Json:
    last = max((order_key(key) for key, _ in tuples), default=None)
    return min((value for key, value in tuples if order_key(key) == last), key=order_key, default=MISSING)


def rate(tuples: Tuples, parameters: Sequence[str]) -> Json:
    """Rows per second; times are whole nanoseconds within 64 bits."""
    numbers = [Fraction(found[0].text) for found in tuples if isinstance(found[0], Num)]
    times = [int(time) for time in numbers if time.denominator == 1 and -(2**63) <= time < 2**63]
    if parameters:
        return Num(repr(len(times) / float(parameters[0])))
    span_ns = max(times) - min(times) if times else 0
    return Num(repr(len(times) / (float(span_ns) / 1e9))) if span_ns > 0 else MISSING


KERNELS: Mapping[str, Callable[[Tuples, Sequence[str]], Json]] = {
    "percentile": percentile,
    "median": lambda tuples, _: percentile(tuples, ["50"]),
    "var": variance,
    "stdev": deviation,
    "mode": mode,
    "values": values,
    "list": listed,
    "earliest": earliest,
    "latest": latest,
    "rate": rate,
}


def array_text(found: list[Json]) -> str:
    """The text of a JSON array."""
    return f"[{','.join(map(json_text, found))}]"


def json_text(value: Json) -> str:
    if isinstance(value, Num):
        return canonical(value.text)
    if isinstance(value, bool):
        return "true" if value else "false"
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

    def escaped(character: str) -> str:
        is_escaped = character < " " or "\ud800" <= character <= "\udfff"
        return short.get(character) or (f"\\u{ord(character):04x}" if is_escaped else character)

    return f'"{"".join(map(escaped, str(value)))}"'


def one_spelling(value: Json, of: str = "") -> Json:
    """A value as groups and functions of this name give it: of the spellings of a number the one that all share."""
    is_computed = of in ("sum", "avg", "var", "stdev", "rate")
    return Num(canonical(value.text)) if isinstance(value, Num) and not is_computed else value


def canonical(text: str) -> str:
    """The one spelling of a number."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(map(str, digits)).lstrip("0")
    kept = figures.rstrip("0")
    exponent += len(figures) - len(kept)
    minus = "-" if sign else ""
    if not kept:
        return "0"
    if abs(exponent) > ZEROS_MAX:
        return f"{minus}{kept}e{exponent}"
    if exponent >= 0:
        return minus + kept + "0" * exponent
    padded = kept.rjust(1 - exponent, "0")
    return f"{minus}{padded[:exponent]}.{padded[exponent:]}"

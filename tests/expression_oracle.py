"""A slow, obvious evaluator of the plan's expressions (docs/search-plan.md), without a line of the engine's.

Numbers are fractions here, texts are Python's, times are datetimes. Every function that the engine tells
(`_core.scalar_functions()`) must be in the table below; what cannot be worked with raises `Unknown`, which is null.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from tests.events import Json, Num
from tests.expressions import formats, lists, numbers, texts, times
from tests.expressions.values import (
    Unknown,
    bounded,
    characters,
    check,
    key,
    lossy,
    raw,
    scalar_text,
    small,
    text,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Columns = Callable[[str], Json]
    Patterns = Callable[[dict[str, Any]], list[Json]]


def evaluate(node: dict[str, Any], column: Columns, pattern: Patterns) -> Json:
    """The value for a row: `column` gives the value of a named column, `pattern` those of all that match."""
    if "column" in node:
        return column(node["column"])
    if "pattern" in node:
        return pattern(node["pattern"])
    if "call" not in node:
        (kind, value) = next(iter(node.items()))
        return None if kind == "null" else Num(value) if kind == "number" else value
    lazy = LAZY.get(node["call"])
    of = [functools.partial(evaluate, inner, column, pattern) for inner in node.get("of", [])]
    try:
        return lazy(of) if lazy else FUNCTIONS[node["call"]](*(one() for one in of))
    except Unknown:
        return None


def case(of: Sequence[Callable[[], Json]]) -> Json:
    while len(of) > 1:
        if of[0]() is True:
            return of[1]()
        of = of[2:]
    return of[0]() if of else None


def match(of: Sequence[Callable[[], Json]]) -> Json:
    value, of = of[0](), of[1:]
    while len(of) > 1:
        wanted = of[0]()
        if isinstance(wanted, str) and value is not None and not isinstance(value, list):
            pattern = "(?s:.*)".join(map(re.escape, wanted.split("*")))
            found = re.fullmatch(pattern, scalar_text(value)) is not None
        else:
            found = wanted is not None and key(wanted) == key(value)
        if found:
            return of[1]()
        of = of[2:]
    return of[0]() if of else None


def decided(decisive: bool, of: Sequence[Callable[[], Json]]) -> Json:
    values = [one() for one in of]
    if decisive in [value for value in values if isinstance(value, bool)]:
        return decisive
    check(all(isinstance(value, bool) for value in values))
    return not decisive


def type_of(value: Json) -> str:
    kinds = {bool: "boolean", Num: "number", str: "text", list: "array"}
    return kinds.get(type(value), "null")


def negated(value: Json) -> bool:
    check(isinstance(value, bool))
    return not value


LAZY: dict[str, Callable[[Sequence[Callable[[], Json]]], Json]] = {
    "if": case,
    "case": case,
    "match": match,
    "coalesce": lambda of: next((value for value in (one() for one in of) if value is not None), None),
    "and": functools.partial(decided, False),
    "or": functools.partial(decided, True),
}

FUNCTIONS: dict[str, Callable[..., Json]] = {
    "type": type_of,
    "is_null": lambda value: value is None,
    "add": numbers.add,
    "subtract": numbers.subtract,
    "multiply": numbers.multiply,
    "divide": numbers.divide,
    "remainder": numbers.remainder,
    "negate": numbers.negate,
    "equal": numbers.equal,
    "not_equal": lambda a, b: not numbers.equal(a, b),
    "less": lambda a, b: numbers.order(a, b) < 0,
    "at_most": lambda a, b: numbers.order(a, b) <= 0,
    "greater": lambda a, b: numbers.order(a, b) > 0,
    "at_least": lambda a, b: numbers.order(a, b) >= 0,
    "not": negated,
    "math.abs": numbers.absolute,
    "math.round": functools.partial(numbers.rounded, "ROUND_HALF_UP"),
    "math.floor": functools.partial(numbers.rounded, "ROUND_FLOOR"),
    "math.ceil": functools.partial(numbers.rounded, "ROUND_CEILING"),
    "math.sign": numbers.sign,
    "math.sqrt": numbers.root,
    "math.exp": numbers.exponential,
    "math.log": numbers.logarithm,
    "math.log10": numbers.logarithm10,
    "math.pow": numbers.power,
    "math.mod": numbers.remainder,
    "math.min": functools.partial(numbers.best, min),
    "math.max": functools.partial(numbers.best, max),
    "string.length": lambda x: whole(len(characters(x))),
    "string.lower": lambda x: characters(x).lower() if not text(x).isascii() else x.lower(),
    "string.upper": lambda x: characters(x).upper() if not text(x).isascii() else x.upper(),
    "string.trim": functools.partial(texts.trim, True, True),
    "string.trim_left": functools.partial(texts.trim, True, False),
    "string.trim_right": functools.partial(texts.trim, False, True),
    "string.substring": texts.substring,
    "string.split": texts.split,
    "string.join": lists.join,
    "string.concat": lambda *of: bounded("".join(map(scalar_text, of))),
    "string.reverse": lambda x: characters(x)[::-1],
    "string.pad_left": functools.partial(texts.pad, True),
    "string.pad_right": functools.partial(texts.pad, False),
    "string.repeat": texts.repeat,
    "string.to_number": texts.to_number,
    "string.to_text": texts.to_text,
    "string.is_number": texts.is_number,
    "string.contains": lambda x, part: text(part) in text(x),
    "string.starts_with": lambda x, part: text(x).startswith(text(part)),
    "string.ends_with": lambda x, part: text(x).endswith(text(part)),
    "string.index_of": texts.index_of,
    "string.matches": lambda x, regex: re.search(texts.pythonic(regex), text(x)) is not None,
    "string.extract": texts.extract,
    "string.replace": texts.replace,
    "string.replace_regex": texts.replace_regex,
    "string.entropy": texts.entropy,
    "string.levenshtein": texts.levenshtein,
    "string.similarity": texts.similarity,
    "time.parse": times.parse,
    "time.format": times.print_time,
    "time.floor": times.floor,
    "time.add": lambda x, span: whole(times.within(times.given(x) + times.duration(span))),
    "time.difference": times.difference,
    **{
        f"time.{name}": functools.partial(times.field, name)
        for name in ("year", "month", "day", "hour", "minute", "second", "weekday")
    },
    "time.from_unix": times.from_unix,
    "time.to_unix": times.to_unix,
    "ip.in": formats.ip_in,
    "ip.is_valid": formats.is_address,
    "ip.is_private": formats.is_private,
    "ip.is_public": lambda x: formats.address(x).is_global and not formats.address(x).is_multicast,
    "ip.is_loopback": lambda x: formats.address(x).is_loopback,
    "ip.version": formats.version,
    "ip.network": formats.ip_network,
    "ip.to_number": lambda x: whole(int(formats.address(x))),
    "ip.from_number": formats.from_number,
    **{
        f"hash.{name}": functools.partial(formats.digest, name) for name in ("md5", "sha1", "sha256", "sha512", "crc32")
    },
    "base64.encode": formats.base64_encode,
    "base64.decode": lambda x: lossy(formats.base64_bytes(x)),
    "base64.decode_utf16": formats.base64_utf16,
    "hex.encode": lambda x: bounded(raw(text(x)).hex()),
    "hex.decode": formats.hex_decode,
    "url.encode": formats.encoded,
    "url.decode": lambda x: lossy(formats.unquoted(text(x))),
    "url.scheme": functools.partial(formats.url_part, 0),
    "url.host": formats.url_host,
    "url.port": formats.url_port,
    "url.path": functools.partial(formats.url_part, 2),
    "url.query": functools.partial(formats.url_part, 3),
    "url.parameter": formats.url_parameter,
    "url.domain": formats.url_domain,
    "json.get": lists.json_get,
    "json.valid": lists.is_json,
    "json.length": lists.json_length,
    "json.keys": lists.json_keys,
    "array.of": lambda *of: [one for one in of if one is not None],
    "array.length": lambda x: whole(len(lists.elements(x))),
    "array.contains": lists.contains,
    "array.get": lambda x, place: lists.element(x, small(place)),
    "array.join": lists.join,
    "array.first": lambda x: lists.element(x, 0),
    "array.last": lambda x: lists.element(x, -1),
    "array.distinct": lists.distinct,
    "array.sort": lambda x: sorted(lists.elements(x), key=key),
    "geo.distance_km": texts.distance_km,
}

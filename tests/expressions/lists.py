"""The array and json functions in the slow evaluator."""

from __future__ import annotations

import json
import re

from tests.events import Json, Num
from tests.expressions.values import ARRAY_MAX, Unknown, bounded, check, dump, key, scalar_text, text, whole


def read_json(value: Json) -> Json:
    def no_constant(_: str) -> None:
        raise ValueError

    try:
        return json.loads(text(value).strip(" \t\r\n"), parse_int=Num, parse_float=Num, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Unknown from None


def is_json(value: Json) -> bool:
    check(isinstance(value, str))
    try:
        read_json(value)
    except Unknown:
        return False
    return True


def as_value(found: Json) -> Json:
    """An object is its text."""
    if isinstance(found, dict):
        return dump(found)
    return [as_value(inner) for inner in found] if isinstance(found, list) else found


def json_get(value: Json, path: Json) -> Json:
    check(isinstance(path, str))
    shape = r"(?:[^.\[]+|\[[0-9]+\])?(?:\.?[^.\[]+|\[[0-9]+\])*"
    check(re.fullmatch(shape, path) and not path.startswith(".") and not path.endswith("."))
    found = read_json(value)
    for name, position in re.findall(r"([^.\[]+)|\[([0-9]+)\]", path):
        if position:
            check(isinstance(found, list) and int(position) < len(found))
            found = found[int(position)]
        else:
            check(isinstance(found, dict) and name in found)
            found = found[name]
    return as_value(found)


def json_length(value: Json) -> Num:
    found = read_json(value)
    check(isinstance(found, list | dict))
    return whole(len(found))


def json_keys(value: Json) -> list[Json]:
    found = read_json(value)
    check(isinstance(found, dict) and len(found) <= ARRAY_MAX)
    return list(found)


def elements(value: Json) -> list[Json]:
    found = value if isinstance(value, list) else as_value(read_json(value))
    check(isinstance(found, list))
    return list(found)


def element(value: Json, place: int) -> Json:
    found = elements(value)
    check(-len(found) <= place < len(found))
    return found[place]


def contains(value: Json, wanted: Json) -> bool:
    check(wanted is not None)
    return key(wanted) in map(key, elements(value))


def distinct(value: Json) -> list[Json]:
    found = elements(value)
    return [one for place, one in enumerate(found) if key(one) not in map(key, found[:place])]


def join(array: Json, separator: Json) -> str:
    texts = [scalar_text(one) for one in elements(array) if one is not None and not isinstance(one, list)]
    return bounded(text(separator).join(texts))

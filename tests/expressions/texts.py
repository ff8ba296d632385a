"""The string and geo functions in the slow evaluator."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from typing import Any

from tests.events import Json, Num
from tests.expressions.values import (
    ARRAY_MAX,
    TEXT_MAX,
    Unknown,
    bounded,
    canonical,
    characters,
    check,
    double,
    dump,
    of_float,
    raw,
    scalar_text,
    small,
    text,
    whole,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def trim(left: bool, right: bool, value: Json, *letters: Json) -> str:
    cut = (
        characters(letters[0])
        if letters
        else "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    )
    found = characters(value)
    found = found.lstrip(cut) if left else found
    return found.rstrip(cut) if right else found


def substring(value: Json, start: Json, *length: Json) -> str:
    found, first = characters(value), small(start)
    rest = found[first:] if first >= 0 else found[max(len(found) + first, 0) :]
    count = small(length[0]) if length else len(rest)
    check(count >= 0)
    return rest[:count]


def split(value: Json, separator: Json) -> list[Json]:
    check(text(value) == value and text(separator))
    parts = value.split(separator)
    check(len(parts) <= ARRAY_MAX)
    return list(parts)


def pad(in_front: bool, value: Json, length: Json, with_: Json = " ") -> str:
    found, count, letter = characters(value), small(length), characters(with_)
    check(0 <= count <= TEXT_MAX and len(letter) == 1)
    padding = letter * (count - len(found))
    return bounded(padding + found if in_front else found + padding)


def repeat(value: Json, count: Json) -> str:
    check(small(count) >= 0 and len(raw(text(value))) * small(count) <= TEXT_MAX)
    return text(value) * small(count) if value else ""


def to_number(value: Json) -> Num:
    if isinstance(value, Num):
        return value
    found = trim(True, True, value)
    if re.fullmatch("[+-]?0[xX][0-9a-fA-F]+", found):
        number = int(found, 16)
        check(abs(number) < 2**127)
        return whole(number)
    check(re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", found))
    return Num(canonical(found))


def is_number(value: Json) -> bool:
    check(value is not None)
    if not isinstance(value, str):
        return isinstance(value, Num)
    try:
        to_number(value)
    except Unknown:
        return False
    return True


def to_text(value: Json) -> str:
    return dump(value) if isinstance(value, list) else scalar_text(value)


def index_of(value: Json, part: Json) -> Num:
    place = characters(value).find(characters(part))
    check(place >= 0)
    return whole(place)


def replace(value: Json, part: Json, other: Json) -> str:
    check(text(value) == value and text(part) and text(other) == other)
    return bounded(value.replace(part, other))


def pythonic(regex: str) -> str:
    return re.sub(r"(?<!\\)\$", r"\\Z", regex)


def extract(value: Json, regex: str, *group: Json) -> str:
    match = re.search(pythonic(regex), text(value))
    if match is None:
        raise Unknown
    which: Any = (1 if match.re.groups else 0) if not group else group[0]
    if isinstance(which, Num):
        which = small(which)
        check(0 <= which <= match.re.groups)
    is_number = isinstance(which, int) and not isinstance(which, bool)
    check(is_number or (isinstance(which, str) and which in match.re.groupindex))
    check(match[which] is not None)
    return str(match[which])


def replace_regex(value: Json, regex: str, other: Json) -> str:
    check(len(raw(text(value))) <= 65_536)
    template = text(other)

    def one(match: re.Match[str]) -> str:
        def group(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            name: Any = found[1] if found[1] is not None else found[2]
            name = int(name) if re.fullmatch(r"\+?[0-9]+", name) else name
            try:
                return match[name] or ""
            except IndexError:
                return ""

        return re.sub(r"\$\$|\$\{([^}]*)\}|\$([A-Za-z0-9_]+)", group, template)

    # Where an empty match stands right behind another, the engine skips it and Python does not.
    out, start, end_before = [], 0, -1
    for match in re.finditer(pythonic(regex), value):
        if match.start() == match.end() == end_before:
            continue
        out += [value[start : match.start()], one(match)]
        start = end_before = match.end()
    return bounded("".join([*out, value[start:]]))


def entropy(value: Json) -> Num:
    counts = Counter(characters(value))
    shares = [count / counts.total() for count in counts.values()]
    return of_float(abs(sum(share * math.log2(share) for share in shares)))


def levenshtein(value: Json, other: Json) -> Num:
    a, b = characters(value), characters(other)
    check(len(a) <= 256 and len(b) <= 256)
    row = list(range(len(b) + 1))
    for place, letter in enumerate(a):
        new = [place + 1]
        for at, wanted in enumerate(b):
            new.append(min(row[at] + (letter != wanted), row[at + 1] + 1, new[at] + 1))
        row = new
    return whole(row[-1])


def similarity(value: Json, other: Json) -> Num:
    distance, longest = int(levenshtein(value, other).text), max(len(characters(value)), len(characters(other)))
    return of_float(1 - distance / longest if longest else 1.0)


def distance_km(*places: Json) -> Num:
    values = [double(place) for place in places]
    check(all(abs(value) <= most for value, most in zip(values, (90, 180, 90, 180), strict=True)))
    a, b, c, d = map(math.radians, values)
    chord = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return of_float(2 * 6371.0088 * math.asin(math.sqrt(min(chord, 1))))

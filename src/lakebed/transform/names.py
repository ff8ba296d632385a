"""Names of fields in a transform: plain ones, patterns with wildcards, and names that steps may write to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakebed.query.stages.eval import METADATA_PREFIXES
from lakebed.query.syntax import Star, Text
from lakebed.transform.limits import NAME_KEYS_MAX

if TYPE_CHECKING:
    from lakebed.query.plan import Node
    from lakebed.transform.place import Place

_PIECE = re.compile(r"\\([*\\])|(\*+)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_name(text: str, place: Place) -> str:
    """The name of one field; wildcards are refused."""
    _check(text, place)
    if "*" in text:
        place.fail(f'wanted the name of one field, found the pattern "{text}"')
    return text


def read_target(text: str, place: Place) -> str:
    """The name of a field that a step makes."""
    read_name(text, place)
    if "[" in text or "]" in text:
        place.fail(f'"{text}" is an element of an array; arrays are made as a whole')
    keys = text.split(".")
    if not all(keys):
        place.fail(f'"{text}" has an empty part between its dots')
    if len(keys) > NAME_KEYS_MAX:
        place.fail(f"the name has {len(keys)} parts, the most is {NAME_KEYS_MAX}")
    return text


def read_pattern(text: str, place: Place) -> Node:
    """A pattern over names of fields, as the engine takes it."""
    _check(text, place)
    return pattern_node(pattern_of(text))


def pattern_of(text: str) -> Text:
    """`*` stands within a level, `**` across levels, `\\*` is a star; a lone `*` is any field, as in queries.

    >>> pattern_of("user.*"), pattern_of("*"), pattern_of("a\\\\*b")
    (('user.', <Star.ONE: 1>), (<Star.MANY: 2>,), ('a*b',))
    """
    if text == "*":
        return (Star.MANY,)
    parts: list[str | Star] = []
    literal, position = "", 0
    for found in _PIECE.finditer(text):
        literal += text[position : found.start()] + (found[1] or "")
        position = found.end()
        if found[2]:
            parts += [literal] if literal else []
            parts.append(Star.ONE if len(found[2]) == 1 else Star.MANY)
            literal = ""
    literal += text[position:]
    return (*parts, literal) if literal or not parts else tuple(parts)


def pattern_node(parts: Text) -> Node:
    """Parts as the engine takes them."""
    return {"parts": [{"star": int(part)} if isinstance(part, Star) else part for part in parts]}


def name_node(name: str) -> Node:
    """The pattern of one field, wildcards and all being plain characters."""
    return {"parts": [name]}


def _check(text: str, place: Place) -> None:
    if not text:
        place.fail("wanted the name of a field, found an empty text")
    if _LONE_SURROGATE.search(text):
        place.fail("the name holds half a character: a surrogate without its pair")
    if text.startswith(METADATA_PREFIXES):
        place.fail(f'"{text}" is no field of the event: it tells where the event is from')

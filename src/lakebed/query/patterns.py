"""Patterns with wildcards, over values and over column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.syntax import Star, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FOLD = str.maketrans(_UPPER, _UPPER.lower())
_TOKEN_CHARACTERS = frozenset(_UPPER + _UPPER.lower() + "0123456789_")
_LEVEL_MARKS = frozenset(".[]")


def contains(text: str, parts: tuple[str, ...], exact_case: bool) -> bool:
    """True when the pattern matches somewhere in the text, ending at token boundaries.

    >>> contains("user-admin-backup", ("admin",), False), contains("user_admin", ("admin",), False)
    (True, False)
    """
    text, parts = (text, parts) if exact_case else _folded(text, parts)
    if len(parts) == 1:
        return any(_is_right_bounded(text, end, parts[0]) for _, end in _starts(text, parts[0]))
    first = next(_starts(text, parts[0]), None)  # the earliest leaves most room for the rest
    if first is None:
        return False
    position = first[1]
    for literal in parts[1:-1]:
        found = text.find(literal, position)
        if found < 0:
            return False
        position = found + len(literal)
    last = parts[-1]
    return any(_is_right_bounded(text, end, last) for _, end in _occurrences(text, last, position))


def is_whole(text: str, parts: tuple[str, ...], exact_case: bool) -> bool:
    """True when the whole text matches the pattern."""
    text, parts = (text, parts) if exact_case else _folded(text, parts)
    if len(parts) == 1:
        return text == parts[0]
    first, last = parts[0], parts[-1]
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position = len(first)
    for literal in parts[1:-1]:
        found = text.find(literal, position, len(text) - len(last))
        if found < 0:
            return False
        position = found + len(literal)
    return True


def names_match(parts: Text, name: str) -> bool:
    """True when a whole column name matches: ONE stays within a level, MANY does not."""
    reached = {0}  # how much of the name the parts so far can have used up
    for part in parts:
        if isinstance(part, str):
            reached = {place + len(part) for place in reached if name.startswith(part, place)}
        elif part is Star.MANY:
            reached = set(range(min(reached), len(name) + 1)) if reached else set()
        else:
            reached = {end for place in reached for end in _within_level(name, place)}
    return len(name) in reached


def _folded(text: str, parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return text.translate(_FOLD), tuple(part.translate(_FOLD) for part in parts)


def _within_level(name: str, start: int) -> range:
    end = start
    while end < len(name) and name[end] not in _LEVEL_MARKS:
        end += 1
    return range(start, end + 1)


def _starts(text: str, literal: str) -> Iterator[tuple[int, int]]:
    for start, end in _occurrences(text, literal, 0):
        is_token = bool(literal) and literal[0] in _TOKEN_CHARACTERS
        if not is_token or start == 0 or text[start - 1] not in _TOKEN_CHARACTERS:
            yield start, end


def _is_right_bounded(text: str, end: int, literal: str) -> bool:
    is_token = bool(literal) and literal[-1] in _TOKEN_CHARACTERS
    return not is_token or end == len(text) or text[end] not in _TOKEN_CHARACTERS


def _occurrences(text: str, literal: str, position: int) -> Iterator[tuple[int, int]]:
    found = text.find(literal, position)
    while found >= 0:
        yield found, found + len(literal)
        found = text.find(literal, found + 1)

"""Patterns that take a text apart: `user=<user> ip=<ip>`.

Everyone can write one; a regular expression does the work, so that the engine needs to know only those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lakebed.query.lexer import Token, decoded_text
from lakebed.query.syntax import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakebed.query.cursor import Cursor

SKIPPED = "_"
"""The name of a gap that becomes no column."""

NUMBER_SUFFIX = "number"

_SPECIAL = re.compile(r'[\\"<]')
_REGEX_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$#&\-~]")


@dataclass(frozen=True, slots=True)
class Gap:
    """`<name>` or `<name:number>`: the text between what stands around it."""

    name: str
    is_number: bool = False

    def __str__(self) -> str:
        return f"<{self.name}:{NUMBER_SUFFIX}>" if self.is_number else f"<{self.name}>"


TextPattern: TypeAlias = tuple[str | Gap, ...]
"""Texts and gaps in turn; no two gaps, and no two texts, stand next to each other."""


def print_pattern(pattern: TextPattern) -> str:
    """The pattern in quotes."""
    pieces = [part if isinstance(part, Gap) else _SPECIAL.sub(r"\\\g<0>", part) for part in pattern]
    return '"' + "".join(map(str, pieces)) + '"'


def to_regex(pattern: TextPattern) -> tuple[str, list[Gap]]:
    """The regular expression, and what its groups are, from the first on.

    A gap holds as little as possible; at the end of the pattern all the rest.

    >>> to_regex(("user=", Gap("user"), " ", Gap("_"), "."))
    ('user=((?s:.*?)) (?s:.*?)\\\\.', [Gap(name='user', is_number=False)])
    """
    pieces: list[str] = []
    gaps: list[Gap] = []
    for place, part in enumerate(pattern):
        if isinstance(part, str):
            pieces.append(_REGEX_SPECIAL.sub(r"\\\g<0>", part))
            continue
        anything = "(?s:.*)" if place == len(pattern) - 1 else "(?s:.*?)"
        pieces.append(anything if part.name == SKIPPED else f"({anything})")
        if part.name != SKIPPED:
            gaps.append(part)
    return "".join(pieces), gaps


def parse_pattern(cursor: Cursor, token: Token) -> TextPattern:
    """Reads the pattern in a quoted token. `\\<` is the character; `*` has no meaning here."""
    parts: list[str | Gap] = []
    for start, end, is_gap in _pieces(cursor, token):
        if not is_gap:
            parts.append(decoded_text(cursor.text, start, end))
            continue
        if parts and isinstance(parts[-1], Gap):
            cursor.fail("two gaps of a pattern need a text between them", Span(start, end))
        parts.append(_gap(cursor, Span(start, end)))
    _check(cursor, token, parts)
    return tuple(parts)


def _pieces(cursor: Cursor, token: Token) -> Iterator[tuple[int, int, bool]]:
    """Where texts and gaps start and end, and which it is."""
    text, position, end = cursor.text, token.start + 1, token.end - 1
    start = position
    while position < end:
        if text[position] == "\\":
            position += 2
        elif text[position] != "<":
            position += 1
        else:
            if start < position:
                yield start, position, False
            close = text.find(">", position, end)
            if close < 0:
                cursor.fail('this "<" is never closed: write "\\<" for the character', Span(position, position + 1))
            yield position, close + 1, True
            position = start = close + 1
    if start < end:
        yield start, end, False


def _gap(cursor: Cursor, span: Span) -> Gap:
    inner = cursor.text[span.start + 1 : span.end - 1]
    name, colon, suffix = inner.partition(":")
    if colon and suffix != NUMBER_SUFFIX:
        cursor.fail(f'expected "<name>" or "<name:{NUMBER_SUFFIX}>", found "<{inner}>"', span)
    if not name.strip() or name != name.strip() or "<" in name or "\\" in name:
        cursor.fail(f'"{name}" cannot be the name of a column: write "\\<" for the character "<"', span)
    return Gap(name, bool(colon))


def _check(cursor: Cursor, token: Token, parts: Sequence[str | Gap]) -> None:
    names = [part.name for part in parts if isinstance(part, Gap) and part.name != SKIPPED]
    if not names:
        cursor.fail('the pattern has no gap that becomes a column, such as "<user>"', token)
    for place, name in enumerate(names):
        if name in names[:place]:
            cursor.fail(f'the column "{name}" comes twice in the pattern', token)

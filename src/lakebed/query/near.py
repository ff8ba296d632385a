"""The field that is meant by a name that no event has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTERS_MIN = 3
"""Shorter names are in too many others by chance."""

NAMES_MAX = 20_000
"""Names that one is compared with; comparing takes microseconds for each."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The column that is meant by a name that does not exist; empty when none is like it.

    >>> nearest("eventname", ["eventName", "eventTime"]), nearest("resources.ARN", ["resources[*].ARN"])
    ('eventName', 'resources[*].ARN')
    >>> nearest("bytes", ["body_bytes_sent", "request"]), nearest("zzz", ["request"])
    ('body_bytes_sent', '')
    """
    names = sorted(known, reverse=True)[:NAMES_MAX]
    by_plain = {_plain(column): column for column in names if not column.startswith("@")}
    plain = _plain(name)
    inside = [one for one in by_plain if one.endswith(f".{plain}")]
    if len(plain) >= LETTERS_MIN:
        inside = inside or [one for one in by_plain if plain in one]
    found = [plain] if plain in by_plain else sorted(inside, key=len)
    found = found or difflib.get_close_matches(plain, by_plain, n=1, cutoff=0.75)
    return by_plain[found[0]] if found else ""


def _plain(name: str) -> str:
    return name.lower().replace("[*]", "").replace("_", "")

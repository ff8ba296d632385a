"""The "did you mean" of error messages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


KNOWN_SHOWN_MAX = 40
"""More names than that are no help in an error message."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest name, or all known ones when none is near.

    >>> did_you_mean("cuont", ["count", "head"])
    ': did you mean "count"?'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f': did you mean "{near[0]}"?'
    if len(names) > KNOWN_SHOWN_MAX:
        return ", and none is near it; docs/query-language.md lists them"
    return ": known are " + ", ".join(f'"{name}"' for name in names)

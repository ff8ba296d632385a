"""Writes records as they stand in their files: untouched into a pipe, harmless and coloured on a terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Literal

from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Color = Literal["auto", "always", "never"]

_MATCH = ("\x1b[1;31m", "\x1b[0m")
_NAME = ("\x1b[35m", "\x1b[0m")

WORDS_MARKED_MAX = 1_000
"""Words of a query that are looked for to mark them; a longer list of indicators is not marked."""


class LineWriter:
    """Takes records, a line each. `words`, in lower case, are marked where there is colour."""

    def __init__(self, *, has_names: bool, has_color: bool, words: Sequence[str]) -> None:
        self._has_names = has_names
        self._has_color = has_color
        self._words = _pattern(words) if has_color else None
        self._is_plain = not has_color and not sys.stdout.isatty()
        self._out = sys.stdout.buffer

    def write(self, name: str, lines: bytes) -> None:
        """Writes lines of one source, and lets them out: whoever reads the pipe sees them as they are found."""
        if not self._is_plain:
            lines = b"".join(self._shown(name, line) for line in lines.split(b"\n")[:-1])
        elif self._has_names:
            prefix = os.fsencode(name) + b":"
            lines = b"".join(prefix + line for line in lines.splitlines(keepends=True))
        self._out.write(lines)
        self._out.flush()

    def _shown(self, name: str, line: bytes) -> bytes:
        text = safe_text(line.decode(errors="backslashreplace"))
        if self._words is not None:
            text = self._words.sub(lambda found: found[0].join(_MATCH), text)
        head = f"{shown_name(name, has_color=self._has_color)}:" if self._has_names else ""
        return f"{head}{text}\n".encode(errors="backslashreplace")


def shown_name(name: str, *, has_color: bool) -> str:
    """The name of a source as it is shown on a terminal."""
    safe = safe_text(name)
    return safe.join(_NAME) if has_color else safe


def wants_color(asked: Color) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set or the terminal cannot."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    chosen = sorted({safe_text(word) for word in words if word.strip()}, key=len, reverse=True)
    if not chosen or len(chosen) > WORDS_MARKED_MAX:
        return None
    return re.compile("|".join(map(re.escape, chosen)), re.IGNORECASE)

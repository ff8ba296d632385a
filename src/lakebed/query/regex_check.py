"""What is wrong with a regular expression, and where in it. The engine decides; its message is taken apart here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakebed.errors import LakebedError
from lakebed.native import Regex, engine_errors

_INDENT = 4
"""The engine shows the expression and the marks below it moved to the right by so much."""

_MARKED = re.compile(r"\n( *)(\^+)[ ^]*\nerror: (.*)$")


@dataclass(frozen=True)
class RegexFault:
    """What is wrong; `start` and `end` are character offsets into the expression, None where it is the whole."""

    message: str
    start: int | None = None
    end: int | None = None


def regex_fault(body: str, *, ignore_case: bool) -> RegexFault | None:
    """What the engine refuses an expression for; None when it takes it.

    >>> regex_fault("x[z-a]", ignore_case=False)
    RegexFault(message='invalid character class range, the start must be <= the end', start=2, end=5)
    """
    try:
        with engine_errors():
            Regex(body, ignore_case)
    except LakebedError as error:
        return taken_apart(str(error).removeprefix("regular expression: "))
    return None


def taken_apart(text: str) -> RegexFault:
    """The engine's message as what is wrong, and where."""
    marked = _MARKED.search(text)
    if marked is None:
        return RegexFault(text[:1].lower() + text[1:].rstrip("."))
    start = len(marked[1]) - _INDENT
    return RegexFault(marked[3], start, start + len(marked[2]))

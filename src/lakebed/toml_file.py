"""TOML with the lines that its values stand in, which `tomllib` does not tell.

`tomllib` reads the text and judges it. The second look, over a text that is known to be right, only has to find keys
and brackets, so it is short: strings are skipped, not read, and all else is a bare value.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

TomlPath = tuple[str | int, ...]
"""Of a value: keys of tables, and numbers of elements of arrays, counted from 0."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""("{0,2})' + r"|'''.*?'''('{0,2})" + r"|\"(?:[^\"\\]|\\.)*\"|'[^']*'", re.DOTALL
)
_BARE = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")
"""A number, a word or a time; a date and its time may stand apart."""


@dataclass(frozen=True)
class Toml:
    """What a text says, and the line of every value by its path. That of a table which dotted keys make is the line
    of the first of them.
    """

    values: dict[str, object]
    lines: dict[TomlPath, int]

    def line(self, path: TomlPath) -> int:
        """The line of a value; of one that is not there, that of the table it is missing in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(frozen=True)
class TomlFault:
    """Why a text is no TOML. `column` is None where the library does not tell one."""

    line: int
    column: int | None
    message: str


def parse_toml(text: str) -> Toml | TomlFault:
    """Reads a text.

    >>> parse_toml("a = 1\\n[b]\\nc.d = [\\n  2,\\n]").lines
    {('a',): 1, ('b',): 2, ('b', 'c'): 3, ('b', 'c', 'd'): 3, ('b', 'c', 'd', 0): 4}
    >>> parse_toml("a = 1\\na = ?")
    TomlFault(line=2, column=5, message='invalid value')
    """
    try:
        return Toml(tomllib.loads(text), _Scanner(text).scan())
    except tomllib.TOMLDecodeError as error:
        return _fault(str(error), text)
    except RecursionError:
        return TomlFault(1, None, "nested too deeply")


def _fault(message: str, text: str) -> TomlFault:
    found = _AT.search(message)
    what = (message[: found.start()] if found else message).rstrip(".")
    what = what[:1].lower() + what[1:]
    if found is not None and found[1]:
        return TomlFault(int(found[1]), int(found[2]), what)
    return TomlFault(text.rstrip().count("\n") + 1, None, what)


class _Scanner:
    """Walks over a text that is TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[TomlPath, int] = {}
        self._arrays: dict[TomlPath, int] = {}
        """Arrays of tables, with the number of their last one."""

    def scan(self) -> dict[TomlPath, int]:
        table: TomlPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> TomlPath:
        is_array = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if is_array else 1
        *parents, last = self._keys()
        self._at += 2 if is_array else 1
        path: TomlPath = ()
        for key in parents:
            path = self._newest((*path, key))
            self._note(path, start)
        path = (*path, last)
        self._note(path, start)
        if is_array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = self._newest(path)
            self._note(path, start)
        return path

    def _newest(self, path: TomlPath) -> TomlPath:
        """What a header means by the name of an array of tables is its last table."""
        return (*path, self._arrays[path]) if path in self._arrays else path

    def _pair(self, table: TomlPath) -> None:
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._at += 1  # =
        self._value(path)

    def _keys(self) -> list[str]:
        """The parts of a dotted key, and where it ends: at `=` or `]`."""
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            found = self._skip(_KEY)
            keys.append(next(iter(tomllib.loads(f"{found} = 0"))) if found[0] in "\"'" else found)
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, path: TomlPath) -> None:
        self._skip(_BLANK)
        sign = self._text[self._at]
        if sign in "[{":
            self._inside(path, "]" if sign == "[" else "}")
        else:
            self._skip(_TEXT if sign in "\"'" else _BARE)

    def _inside(self, path: TomlPath, end: str) -> None:
        """Elements of an array, or pairs of a table in braces."""
        self._at += 1
        count = 0
        while True:
            self._skip(_BLANK)
            if self._text[self._at] == end:
                self._at += 1
                return
            if end == "}":
                self._pair(path)
            else:
                self._note((*path, count), self._at)
                self._value((*path, count))
                count += 1
            self._skip(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1

    def _note(self, path: TomlPath, offset: int) -> None:
        self._lines.setdefault(path, bisect_right(self._line_ends, offset - 1) + 1)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        assert found is not None, f"a text that tomllib has read has no {pattern.pattern} at {self._at}"
        self._at = found.end()
        return found[0]

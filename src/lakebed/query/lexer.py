"""Cuts query text into tokens, one at a time, where the parser says which kind of text may stand
next.

Three places have words of their own: everywhere (`token_at`), after `<`, `>` and `in`
(`operand_at`: `:` belongs to the word, so that times and IPv6 networks need no quotes), and
after `~` (`regex_at`). The parser asks lazily, because the same characters cut differently in
each.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from lakebed.errors import QueryError
from lakebed.query.syntax import Star, Text

QUOTED_TEXT_SHOWN_MAX = 40
"""Characters of the query that an error message repeats; the marker under the text shows the
rest."""


class Kind(enum.Enum):
    """Kinds of token."""

    END = enum.auto()
    WORD = enum.auto()
    SINGLE_QUOTED = enum.auto()
    DOUBLE_QUOTED = enum.auto()
    BACKTICK = enum.auto()
    OPERAND = enum.auto()
    REGEX = enum.auto()
    OPEN = enum.auto()
    CLOSE = enum.auto()
    PIPE = enum.auto()
    COMMA = enum.auto()
    COLON = enum.auto()
    EQUAL = enum.auto()
    NOT_EQUAL = enum.auto()
    LESS = enum.auto()
    AT_MOST = enum.auto()
    GREATER = enum.auto()
    AT_LEAST = enum.auto()
    TILDE = enum.auto()
    NUMBER = enum.auto()
    SAME = enum.auto()
    PLUS = enum.auto()
    MINUS = enum.auto()
    TIMES = enum.auto()
    DIVIDE = enum.auto()
    REMAINDER = enum.auto()
    BRACE_OPEN = enum.auto()
    BRACE_CLOSE = enum.auto()
    AND = enum.auto()
    OR = enum.auto()
    NOT = enum.auto()
    IN = enum.auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is decoded: escapes are gone and wildcards are `Star`; `source` is what
    was written."""

    kind: Kind
    start: int
    end: int
    source: str
    text: Text = ("",)

    def describe(self) -> str:
        """The token as an error message names it."""
        if self.kind is Kind.END:
            return "the end of the query"
        if len(self.source) <= QUOTED_TEXT_SHOWN_MAX:
            return quoted(self.source)
        return quoted(self.source[:QUOTED_TEXT_SHOWN_MAX] + "…")


def quoted(text: str) -> str:
    """A piece of the query between quotes for an error message, whichever quotes it has itself."""
    return f"'{text}'" if '"' in text and "'" not in text else f'"{text}"'


RESERVED = ":()\"'<>=|,~{}!#`"
"""Characters that end a bare word; a value that holds one of them is quoted."""

_SKIPPED = re.compile(r"(?:\A\ufeff)?(?:\s+|#[^\n]*)*")  # editors put U+FEFF before the text of a file
_WORD_RUN = re.compile(rf"[^\s*\\{re.escape(RESERVED)}]+")
_OPERAND = re.compile(r"[^\s()|,\"'`#<>=!~{}]+")
_QUOTED_RUNS = {quote: re.compile(rf"[^\\*{quote}]+") for quote in "'\"`"}
_QUOTED_KINDS = {"'": Kind.SINGLE_QUOTED, '"': Kind.DOUBLE_QUOTED, "`": Kind.BACKTICK}
_REGEX_BODY = re.compile(r"/((?:[^/\\\n]|\\[^\n])*)/([A-Za-z]*)")
_STARS = re.compile(r"\*+")
_ESCAPE = re.compile(
    r"\\(?:([!-/:-@\[-`{-~ ])"
    r"|u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})"  # one character, two escapes
    r"|u([0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}))"
)
_SYMBOLS = {
    "(": Kind.OPEN,
    ")": Kind.CLOSE,
    "|": Kind.PIPE,
    ",": Kind.COMMA,
    ":": Kind.COLON,
    "=": Kind.EQUAL,
    "!=": Kind.NOT_EQUAL,
    "<": Kind.LESS,
    "<=": Kind.AT_MOST,
    ">": Kind.GREATER,
    ">=": Kind.AT_LEAST,
    "~": Kind.TILDE,
    "{": Kind.BRACE_OPEN,
    "}": Kind.BRACE_CLOSE,
}
_KEYWORDS = {"and": Kind.AND, "or": Kind.OR, "not": Kind.NOT}

_AFTER_IN = re.compile(
    r"\s*\(?\s*['\"]?"  # quotes are a mistake there, but one to be told of
    r"(?:-?[0-9]|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)"
)
"""What makes `in` the operator instead of the word: a number, an address or a time follows."""


def token_at(text: str, position: int) -> Token:
    """The token that begins at or after `position`."""
    start = skip_blank(text, position)
    if start == len(text):
        return Token(Kind.END, start, start, "")
    first = text[start]
    if first in _QUOTED_KINDS:
        return _quoted_token(text, start)
    symbol = text[start : start + 2] if text[start : start + 2] in _SYMBOLS else first
    if symbol in _SYMBOLS:
        return Token(_SYMBOLS[symbol], start, start + len(symbol), symbol)
    if first == "!":
        raise QueryError(_bang_message(text, start), text, start, start + 1)
    return _word_token(text, start)


def operand_at(text: str, position: int) -> Token:
    """Like `token_at`, where a number, a time, a network or a range may stand."""
    start = skip_blank(text, position)
    match = _OPERAND.match(text, start)
    if match is None:
        return token_at(text, start)
    return Token(Kind.OPERAND, start, match.end(), match[0], (match[0],))


def regex_at(text: str, position: int) -> tuple[Token, str]:
    """The regular expression `/…/` that begins at or after `position`, and the letters that follow
    it.

    Only `\\/` is taken out of its escape; the engine reads everything else.
    """
    start = skip_blank(text, position)
    if not text.startswith("/", start):
        found = token_at(text, start)
        expected = 'expected a regular expression such as /admin-[0-9]+/ after "~"'
        message = f"{expected}, found {found.describe()}"
        raise QueryError(message, text, found.start, found.end)
    match = _REGEX_BODY.match(text, start)
    if match is None:
        raise QueryError('this regular expression is never closed: expected "/"', text, start, start + 1)
    body = re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], match[1])
    return Token(Kind.REGEX, start, match.end(), match[0], (body,)), match[2]


def decoded_text(text: str, start: int, end: int) -> str:
    """Characters `start` to `end` of the query without their escapes; a `*` is a plain character."""
    pieces: list[str] = []
    while start < end:
        match = _ESCAPE.match(text, start)
        if match is None:
            pieces.append(text[start])
            start += 1
        else:
            pieces.append(match[1] or _character(match[2] or "", match[3] or match[4]))
            start = match.end()
    return "".join(pieces)


def skip_blank(text: str, position: int) -> int:
    """Where the next token begins: after white space and `# comments`."""
    match = _SKIPPED.match(text, position)
    assert match is not None  # the pattern matches the empty string
    return match.end()


def _quoted_token(text: str, start: int) -> Token:
    quote = text[start]
    builder = _TextBuilder(text)
    position = start + 1
    while position < len(text):
        if text[position] == quote:
            kind = _QUOTED_KINDS[quote]
            return Token(kind, start, position + 1, text[start : position + 1], builder.build())
        position = builder.take(position, _QUOTED_RUNS[quote])
    raise QueryError(f"this quote is never closed: expected {quote}", text, start, start + 1)


def _word_token(text: str, start: int) -> Token:
    builder = _TextBuilder(text)
    position = start
    while position < len(text) and (text[position] not in RESERVED and not text[position].isspace()):
        position = builder.take(position, _WORD_RUN)
    source = text[start:position]
    kind = _KEYWORDS.get(source.lower(), Kind.WORD)
    if source.lower() == "in" and _AFTER_IN.match(text, position):
        kind = Kind.IN
    return Token(kind, start, position, source, builder.build())


def _bang_message(text: str, start: int) -> str:
    if text.startswith("!~", start):
        return 'unexpected "!~": write "not column ~ /…/"'
    return 'unexpected "!": write "not" before the term, or "column != value"'


def _character(high: str, low: str) -> str:
    """The character of `\\uXXXX`, or of two such escapes that are halves of one character."""
    code = int(low, 16)
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + code - 0xDC00) if high else chr(code)


class _TextBuilder:
    """Decodes one word or quoted text, piece by piece."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str | Star] = []
        self._literal: list[str] = []

    def take(self, position: int, run: re.Pattern[str]) -> int:
        """Takes the piece at `position`: a run of wildcards, an escape, or plain characters;
        gives where it ends."""
        if self._source[position] == "*":
            return self._take_stars(position)
        if self._source[position] == "\\":
            return self._take_escape(position)
        match = run.match(self._source, position)
        assert match is not None  # the caller has seen that the character belongs to the word
        self._literal.append(match[0])
        return match.end()

    def build(self) -> Text:
        self._end_literal()
        return tuple(self._parts) or ("",)

    def _take_stars(self, position: int) -> int:
        match = _STARS.match(self._source, position)
        assert match is not None
        self._end_literal()
        self._parts.append(Star.ONE if len(match[0]) == 1 else Star.MANY)
        return match.end()

    def _take_escape(self, position: int) -> int:
        match = _ESCAPE.match(self._source, position)
        if match is None:
            shown = quoted(self._source[position : position + 2])
            message = f'unknown escape {shown}: write "\\\\" for a backslash'
            raise QueryError(message, self._source, position, min(position + 2, len(self._source)))
        self._literal.append(match[1] or _character(match[2] or "", match[3] or match[4]))
        return match.end()

    def _end_literal(self) -> None:
        if self._literal:
            self._parts.append("".join(self._literal))
            self._literal = []

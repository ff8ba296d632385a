"""Cuts the text of an expression into tokens. Another lexer than the filter's, since the same characters mean other
things: `a - 1` is a difference here, `-` belongs to a word there."""

from __future__ import annotations

import re

from lakebed.errors import QueryError
from lakebed.query.lexer import Kind, Token, decoded_text, quoted, regex_at, skip_blank, token_at
from lakebed.query.syntax import Star, Text

_NAME = re.compile(r"[A-Za-z_@%$](?:[A-Za-z0-9._@%$]|\[(?:[0-9]+|\*{1,2})\]|(?<=\.)\*{1,2})*|\*{1,2}(?=[A-Za-z_.\[])")
_PATTERN_TAIL = re.compile(r"(?:[A-Za-z0-9._@%$*]|\[(?:[0-9]+|\*{1,2})\])*")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FRACTION = re.compile(r"\.[0-9]{1,40}")
_STUCK = re.compile(r"[A-Za-z0-9_@%$*/-]")
_STARS = re.compile(r"(\*+)")

_OPERATORS = {
    "==": Kind.SAME,
    "!=": Kind.NOT_EQUAL,
    "<=": Kind.AT_MOST,
    ">=": Kind.AT_LEAST,
    "=": Kind.EQUAL,
    "<": Kind.LESS,
    ">": Kind.GREATER,
    "+": Kind.PLUS,
    "-": Kind.MINUS,
    "*": Kind.TIMES,
    "/": Kind.DIVIDE,
    "%": Kind.REMAINDER,
    "(": Kind.OPEN,
    ")": Kind.CLOSE,
    ",": Kind.COMMA,
    "|": Kind.PIPE,
}

_HABITS = {"&&": '"and"', "||": '"or"', "<>": '"!="', "===": '"=="', "!": '"not"'}
"""What other languages write, and what is written here."""


def operand_token(text: str, position: int) -> Token:
    """The token at or after `position`, where an operand may begin."""
    start = skip_blank(text, position)
    first = text[start : start + 1]
    if first in ("'", '"'):
        token = token_at(text, start)
        return Token(token.kind, start, token.end, token.source, (decoded_text(text, start + 1, token.end - 1),))
    if first == "`":
        return token_at(text, start)
    if first == "/":
        token, flags = regex_at(text, start)
        if flags not in ("", "i"):
            raise QueryError(
                f"unknown flags {quoted(flags)} of a regular expression: known is i", text, start, token.end
            )
        return Token(Kind.REGEX, start, token.end, token.source, (f"(?i){token.text[0]}" if flags else token.text[0],))
    number = _NUMBER.match(text, start)
    if number is not None:
        return _number_token(text, number)
    fraction = _FRACTION.match(text, start)
    if fraction is not None:
        message = f"a number begins with a digit: write 0{fraction[0]}, or the column in backticks"
        raise QueryError(message, text, start, fraction.end())
    if first == "[":
        raise QueryError('unexpected "[": an array is written array.of(1, 2)', text, start, start + 1)
    name = _NAME.match(text, start)
    if name is not None:
        return _name_token(text, start, name.end())
    return operator_token(text, start)


def operator_token(text: str, position: int) -> Token:
    """The token at or after `position`, where an operator, a comma or a parenthesis may stand; else a word."""
    start = skip_blank(text, position)
    if start == len(text):
        return Token(Kind.END, start, start, "")
    for habit, ours in _HABITS.items():
        if text.startswith(habit, start) and not text.startswith("!=", start):
            raise QueryError(f"unexpected {quoted(habit)}: write {ours}", text, start, start + len(habit))
    for length in (2, 1):
        symbol = text[start : start + length]
        if symbol in _OPERATORS:
            return Token(_OPERATORS[symbol], start, start + len(symbol), symbol)
    return token_at(text, start)


def _number_token(text: str, match: re.Match[str]) -> Token:
    end = match.end()
    if end < len(text) and (_STUCK.match(text, end) or text[end] == "."):
        message = (
            "a column name that begins with a digit stands in backticks; between operands and operators are spaces"
        )
        raise QueryError(f"unexpected {quoted(text[end])} after a number: {message}", text, match.start(), end + 1)
    return Token(Kind.NUMBER, match.start(), end, match[0], (match[0],))


def _name_token(text: str, start: int, end: int) -> Token:
    has_star = "*" in text[start:end]
    if has_star:
        tail = _PATTERN_TAIL.match(text, end)
        assert tail is not None  # the pattern matches the empty string
        end = tail.end()
    source = text[start:end]
    if end < len(text) and text[end] in "-*/[" and text[end : end + 2] != "*)":
        named = _run_at(text, start)
        message = f"operators stand between spaces, a name with other characters in backticks, as in `{named}`"
        raise QueryError(f"unexpected {quoted(text[end])} after {quoted(source)}: {message}", text, start, end + 1)
    return Token(Kind.WORD, start, end, source, _pattern(source) if has_star else (source,))


def _run_at(text: str, start: int) -> str:
    run = re.compile(r"[^\s|,()`]{1,40}").match(text, start)
    assert run is not None  # a name stands there
    return run[0]


def _pattern(source: str) -> Text:
    pieces = [piece for piece in _STARS.split(source) if piece]
    return tuple((Star.ONE if len(piece) == 1 else Star.MANY) if piece[0] == "*" else piece for piece in pieces)

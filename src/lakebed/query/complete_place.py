"""What may stand at a place of a query, as the parser itself says it.

The text before the word at the cursor is parsed with a cursor that notes what the parser asks for where the text ends.
So completion knows every stage and every form that the parser knows, and there is no second grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from lakebed.errors import QueryError
from lakebed.query.cursor import Cursor
from lakebed.query.expression_lexer import operand_token
from lakebed.query.lexer import Kind, Token, regex_at, token_at
from lakebed.query.operands import COLUMN_OPERATORS
from lakebed.query.parser import parse_tokens

if TYPE_CHECKING:
    from lakebed.query.cursor import TokenReader
    from lakebed.query.syntax import Span

COMPLETED_CHARACTERS_MAX = 20_000
"""Text before the cursor that is parsed at each key; a longer query is edited elsewhere."""

_EXPRESSION_WORD = re.compile(r"[A-Za-z0-9_.@%$\[\]]*\Z")
_COLUMN_KINDS = (Kind.WORD, Kind.BACKTICK, Kind.IN)
_QUOTES = "'\"`"


@dataclass
class Place:
    """`start` to `end` is what a suggestion replaces; `prefix` is what was typed of it before the cursor."""

    start: int
    end: int
    prefix: str = ""
    quote: str = ""
    """The quote that was opened before the prefix."""
    expected: list[str] = field(default_factory=list)
    """In the words of the parser's errors: `a column name after ","`, `a value after ":"`."""
    kinds: set[Kind] = field(default_factory=set)
    """Tokens that the parser would have taken."""
    words: set[str] = field(default_factory=set)
    """Keywords of stages that it would have taken."""
    takes_operand: bool = False
    """An expression may go on with an operand."""
    taken: list[Token] = field(default_factory=list)
    """The tokens before the place."""
    problem: str = ""
    """Why the parser did not come as far as the place."""

    def expects(self, *parts: str) -> bool:
        """Whether one of these is in what the parser expects."""
        return any(part in expected for expected in self.expected for part in parts)

    @property
    def column(self) -> Token | None:
        """The column whose value is to stand here."""
        for at in range(len(self.taken) - 1, 0, -1):
            if self.taken[at].kind in COLUMN_OPERATORS:
                before = self.taken[at - 1]
                return before if before.kind in _COLUMN_KINDS else None
        return None

    @property
    def is_in_value_group(self) -> bool:
        """Whether the place is inside `column: (…`."""
        depth = 0
        for at in range(len(self.taken) - 1, 0, -1):
            kind = self.taken[at].kind
            depth += (kind is Kind.CLOSE) - (kind is Kind.OPEN)
            if kind is Kind.OPEN and depth < 0 and self.taken[at - 1].kind in (Kind.COLON, Kind.EQUAL, Kind.NOT_EQUAL):
                return True
            if kind is Kind.PIPE:
                return False
        return False

    @property
    def last(self) -> Token | None:
        """The token before the place."""
        return self.taken[-1] if self.taken else None

    @property
    def stage(self) -> str:
        """The stage that the place is in; empty in the first filter."""
        depth = 0
        for at in range(len(self.taken) - 1, -1, -1):
            kind = self.taken[at].kind
            depth += (kind is Kind.CLOSE) - (kind is Kind.OPEN)
            if kind is Kind.PIPE and depth <= 0:
                return self.taken[at + 1].source.lower() if at + 1 < len(self.taken) else ""
        return ""

    @property
    def before_stage(self) -> int:
        """Where the `|` of this stage stands; 0 in the first filter."""
        return next((token.start for token in reversed(self.taken) if token.kind is Kind.PIPE), 0)


def place_at(text: str, cursor: int) -> Place | None:
    """What may stand at the cursor; None where nothing can be said: in a comment, a regular expression, a long text."""
    cursor = max(0, min(cursor, len(text)))
    if cursor > COMPLETED_CHARACTERS_MAX:
        return None
    start = _word_start(text, cursor)
    if start is None:
        return None
    place = _parsed(text, start, cursor)
    inner = _EXPRESSION_WORD.search(text, 0, cursor)
    if not place.quote and inner is not None and inner.start() > start:
        other = _parsed(text, inner.start(), cursor)
        if other.takes_operand:
            return other
    return place


def _word_start(text: str, cursor: int) -> int | None:
    """Where the word begins that ends at the cursor: the cursor itself when there is none."""
    before = text[:cursor]
    position, kind = 0, Kind.END
    try:
        while True:
            token = regex_at(before, position)[0] if kind is Kind.TILDE else token_at(before, position)
            if token.kind is Kind.END:
                in_comment = "#" in before[position:] and "\n" not in before[before.rindex("#", position) :]
                return None if in_comment else cursor
            is_word = token.kind in (*_COLUMN_KINDS, Kind.AND, Kind.OR, Kind.NOT)
            if token.end == cursor and is_word and token.kind is not Kind.BACKTICK:
                return token.start
            position, kind = token.end, token.kind
    except QueryError as error:
        is_quote = error.start < cursor and before[error.start] in _QUOTES and "never closed" in error.message
        at_regex = kind is Kind.TILDE and not before[position:].strip()
        return error.start if is_quote else cursor if at_regex else None


def _word_end(text: str, start: int, cursor: int) -> int:
    """The end of the word that the cursor is in."""
    try:
        token = token_at(text, start)
    except QueryError:
        return cursor
    return token.end if token.start == start and token.end > cursor and token.kind in _WORDS else cursor


_WORDS = (*_COLUMN_KINDS, Kind.SINGLE_QUOTED, Kind.DOUBLE_QUOTED, Kind.AND, Kind.OR, Kind.NOT)


def _parsed(text: str, start: int, cursor: int) -> Place:
    prefix = text[start:cursor]
    quote = prefix[:1] if prefix[:1] in _QUOTES else ""
    place = Place(start, _word_end(text, start, cursor) if prefix else cursor, prefix[len(quote) :], quote)
    probe = _ProbeCursor(text[:start], place)
    try:
        parse_tokens(probe)
    except QueryError as error:
        if not (place.expected or place.kinds or place.words or place.takes_operand):
            place.problem = error.message
    return place


class _ProbeCursor(Cursor):
    """Notes what the parser asks for where the text ends."""

    def __init__(self, text: str, place: Place) -> None:
        super().__init__(text)
        self._place = place

    def _is_at_end(self) -> bool:
        return self.peek().kind is Kind.END

    def take_if(self, *kinds: Kind) -> Token | None:
        if self._is_at_end():
            self._place.kinds.update(kinds)
        return super().take_if(*kinds)

    def take_keyword(self, word: str) -> bool:
        if self._is_at_end():
            self._place.words.add(word)
        return super().take_keyword(word)

    def expect(self, kind: Kind, expected: str) -> Token:
        if self._is_at_end():
            self._place.kinds.add(kind)
        return super().expect(kind, expected)

    def peek_as(self, read: TokenReader) -> Token:
        token = super().peek_as(read)
        if token.kind is Kind.END and read is operand_token:
            self._place.takes_operand = True
        return token

    def take_if_as(self, read: TokenReader, *kinds: Kind) -> Token | None:
        if super().peek_as(read).kind is Kind.END:
            self._place.kinds.update(kinds)
        return super().take_if_as(read, *kinds)

    def expect_as(self, read: TokenReader, kind: Kind, expected: str) -> Token:
        if super().peek_as(read).kind is Kind.END:
            self._place.kinds.add(kind)
        return super().expect_as(read, kind, expected)

    def take_regex(self) -> tuple[Token, str]:
        if self._is_at_end():
            self._place.expected.append("a regular expression")
        return super().take_regex()

    def fail(self, message: str, place: Token | Span) -> NoReturn:
        if place.start >= len(self.text.rstrip()):
            self._place.expected.append(message.removeprefix("expected ").partition(", found ")[0])
        super().fail(message, place)

    def reset(self, mark: tuple[int, Token]) -> None:
        super().reset(mark)
        taken = self._place.taken
        while taken and taken[-1].end > mark[0]:
            taken.pop()

    def _taken(self, token: Token) -> Token:
        if token.kind is not Kind.END:
            self._place.taken.append(token)
        return super()._taken(token)

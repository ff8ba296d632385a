"""The parser's place in the query text, and the errors that it raises there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from lakebed.errors import QueryError
from lakebed.query.expression import EXPRESSION_DEPTH_MAX
from lakebed.query.lexer import Kind, Token, operand_at, regex_at, skip_blank, token_at
from lakebed.query.syntax import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY_CHARACTERS_MAX = 262_144
"""Longest query. A list of 5,000 hashes fits; beyond it the plan would outgrow what one message
to a worker may hold."""

NESTING_MAX = 64
"""Deepest nesting of parentheses and `not`. Nobody writes more, and each level costs the parser
stack frames."""

COLUMNS_NAMED_MAX = 1_000
"""Columns that the stages of one query name. Nobody reads a wider table, and each new column makes every row after it
longer: ten thousand of them would take minutes."""

TokenReader: TypeAlias = Callable[[str, int], Token]
"""A lexer: gives the token at or after a position of the text."""

Mark: TypeAlias = tuple[int, Token]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Python text can hold it, but neither a plan nor a terminal can."""


class Cursor:
    """Walks over the tokens of one query. Reads a token only when it is asked for, see the
    lexer."""

    def __init__(self, text: str) -> None:
        if len(text) > QUERY_CHARACTERS_MAX:
            message = f"the query has {len(text)} characters, the limit is {QUERY_CHARACTERS_MAX}"
            raise QueryError(message, text[:QUERY_CHARACTERS_MAX], 0, 1)
        half = _LONE_SURROGATE.search(text)
        if half is not None:
            message = "the query holds half a character: a surrogate without its pair"
            raise QueryError(message, _LONE_SURROGATE.sub("\ufffd", text), *half.span())
        self.text = text
        self.last = Token(Kind.END, 0, 0, "")
        """The token taken last."""
        self._position = 0
        self._peeked: Token | None = None
        self._peeked_as: tuple[TokenReader, int, Token] | None = None
        """The token that was read last by another lexer, and where: a grammar asks for it at each of its levels."""
        self._depth = 0
        self._expression_depth = 0
        self._columns_named = 0
        self._last_named = -1

    def peek(self) -> Token:
        """The next token, without taking it."""
        if self._peeked is None:
            self._peeked = token_at(self.text, self._position)
        return self._peeked

    def next_character(self) -> str:
        """The first character of what stands next; empty at the end."""
        start = skip_blank(self.text, self._position)
        return self.text[start : start + 1]

    def take(self) -> Token:
        """Takes the next token."""
        return self._taken(self.peek())

    def take_if(self, *kinds: Kind) -> Token | None:
        """Takes the next token when it is of one of these kinds."""
        return self.take() if self.peek().kind in kinds else None

    def take_keyword(self, word: str) -> bool:
        """Takes the next token when it is this word, in any case, without quotes."""
        token = self.peek()
        if token.kind is Kind.WORD and token.source.lower() == word:
            self.take()
            return True
        return False

    def peek_as(self, read: TokenReader) -> Token:
        """The next token as another lexer cuts it, without taking it."""
        known = self._peeked_as
        if known is not None and known[0] is read and known[1] == self._position:
            return known[2]
        token = read(self.text, self._position)
        self._peeked_as = read, self._position, token
        return token

    def take_as(self, read: TokenReader) -> Token:
        """Takes the next token as another lexer cuts it."""
        return self._taken(self.peek_as(read))

    def take_if_as(self, read: TokenReader, *kinds: Kind) -> Token | None:
        """Takes the next token as another lexer cuts it, when it is of one of these kinds."""
        token = self.peek_as(read)
        return self._taken(token) if token.kind in kinds else None

    def expect_as(self, read: TokenReader, kind: Kind, expected: str) -> Token:
        """Like `expect`, as another lexer cuts it."""
        token = self.peek_as(read)
        if token.kind is not kind:
            self.fail(f"expected {expected}, found {token.describe()}", token)
        return self._taken(token)

    def mark(self) -> Mark:
        """The place that has been reached, to come back to."""
        return self._position, self.last

    def reset(self, mark: Mark) -> None:
        """Goes back to a place."""
        self._position, self.last = mark
        self._peeked = None

    def take_operand(self) -> Token:
        """Takes what stands after `<`, `>` or `in`."""
        return self._taken(operand_at(self.text, self._position))

    def take_regex(self) -> tuple[Token, str]:
        """Takes a regular expression; gives its flags too."""
        token, flags = regex_at(self.text, self._position)
        return self._taken(token), flags

    def expect(self, kind: Kind, expected: str) -> Token:
        """Takes the next token, which has to be of this kind; `expected` says so in the error."""
        token = self.peek()
        if token.kind is not kind:
            self.fail_expected(expected)
        return self.take()

    def fail_expected(self, expected: str, hint: str = "") -> NoReturn:
        """Raises the error that something else should stand where the next token stands."""
        token = self.peek()
        self.fail(f"expected {expected}, found {token.describe()}{hint}", token)

    def fail(self, message: str, place: Token | Span) -> NoReturn:
        """Raises the error, pointing at a place in the query."""
        raise QueryError(message, self.text, place.start, place.end)

    def span_from(self, start: Token | Span) -> Span:
        """From `start` to the end of the token taken last."""
        return Span(start.start, self.last.end)

    @contextmanager
    def nested(self, token: Token) -> Iterator[None]:
        """One level deeper, opened by `token`."""
        if self._depth == NESTING_MAX:
            self.fail(f"the query is nested deeper than {NESTING_MAX} levels", token)
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def nested_expression(self, token: Token) -> Iterator[None]:
        """Like `nested`, inside an expression, where a level costs many more stack frames."""
        if self._expression_depth == EXPRESSION_DEPTH_MAX:
            self.fail(f"the expression is nested deeper than {EXPRESSION_DEPTH_MAX} levels", token)
        self._expression_depth += 1
        with self.nested(token):
            yield
        self._expression_depth -= 1

    def count_column(self, token: Token) -> None:
        """Counts a column that a stage names; once, however often its place is parsed."""
        if token.start > self._last_named:
            self._last_named = token.start
            self._columns_named += 1
        if self._columns_named > COLUMNS_NAMED_MAX:
            self.fail(f"the stages of the query name more than {COLUMNS_NAMED_MAX} columns", token)

    def _taken(self, token: Token) -> Token:
        self._peeked = None
        self._position = token.end
        self.last = token
        return token

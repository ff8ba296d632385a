"""The independent grammars: what their trees of a text are, and texts of their pieces."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark import ParseTree


@functools.cache
def grammar(file: str) -> Lark:
    text = Path(__file__).with_name(file).read_text()
    return Lark(text, parser="lalr", lexer="contextual", maybe_placeholders=False)


def tree_of(file: str, text: str) -> ParseTree | None:
    """The tree that the grammar in this file makes; None when the text is not well formed."""
    try:
        return grammar(file).parse(text)
    except UnexpectedInput:
        return None


def texts_of(fragments: Sequence[str], at_most: int) -> st.SearchStrategy[str]:
    """So many of the fragments, with or without spaces between them."""
    pieces = st.tuples(st.sampled_from(fragments), st.sampled_from(["", " ", " ", "\n"]))
    return st.lists(pieces, max_size=at_most).map(lambda chosen: "".join(piece + space for piece, space in chosen))

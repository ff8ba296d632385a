"""Evaluates expressions at the root: the engine does it, over some rows at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import msgspec

from lakebed import native
from lakebed.model import decode_json
from lakebed.query.json_lines import json_text
from lakebed.query.patterns import names_match
from lakebed.query.plan import expression_node
from lakebed.query.syntax import Star, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.expression import Expression
    from lakebed.query.record import Record


_decoder = json.JSONDecoder()


class Evaluator:
    """One expression. It has no state between calls."""

    def __init__(self, expression: Expression) -> None:
        with native.engine_errors():
            self._expression = native.Expression(msgspec.json.encode(expression_node(expression)))
        self._columns = tuple(self._expression.columns())
        self._patterns = [_parts_of(pattern) for pattern in self._expression.patterns()]

    def values(self, records: Sequence[Record]) -> list[Scalar]:
        """The value for each record; arrays are JSON text."""
        if not records:
            return []
        rows = [[*(record.value(name) for name in self._columns), *self._arrays(record)] for record in records]
        with native.engine_errors():
            text = self._expression.evaluate(json_text(rows))
        return _scalars(text)

    def _arrays(self, record: Record) -> list[list[Scalar]]:
        return [
            [value for name, value in record.every() if value is not None and names_match(parts, name)]
            for parts in self._patterns
        ]


def _scalars(text: bytes) -> list[Scalar]:
    """The values of a JSON array, in which an array is its JSON text."""
    found = decode_json(text)
    assert isinstance(found, list)  # the engine says so
    if any(isinstance(value, list) for value in found):
        spelled = _spelled_elements(text.decode())
        found = [own if isinstance(value, list) else value for value, own in zip(found, spelled, strict=True)]
    return cast("list[Scalar]", found)


def _spelled_elements(array: str) -> list[str]:
    """The elements of a compact JSON array as the engine spells them, which is how it spells them in the leaf part."""
    elements: list[str] = []
    start = 1
    while start < len(array):
        _, end = _decoder.raw_decode(array, start)
        elements.append(array[start:end])
        start = end + 1
    return elements


def _parts_of(pattern: bytes) -> Text:
    parts = msgspec.json.decode(pattern, type=_Pattern).parts
    return tuple(part if isinstance(part, str) else Star(part["star"]) for part in parts)


class _Pattern(msgspec.Struct, frozen=True):
    parts: list[str | dict[str, int]]

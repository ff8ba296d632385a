"""Evaluates expressions at the root: the engine does it, over some rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from lakebed import native
from lakebed.model import decode_json
from lakebed.query.json_lines import json_text
from lakebed.query.plan import expression_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.expression import Expression
    from lakebed.query.record import Record


class Evaluator:
    """One expression. It has no state between calls."""

    def __init__(self, expression: Expression) -> None:
        with native.engine_errors():
            self._expression = native.Expression(msgspec.json.encode(expression_node(expression)))
        self._columns = tuple(self._expression.columns())

    def values(self, records: Sequence[Record]) -> list[Scalar]:
        """The value for each record; arrays are JSON text."""
        if not records:
            return []
        rows = [[record.value(name) for name in self._columns] for record in records]
        with native.engine_errors():
            return cast("list[Scalar]", decode_json(self._expression.evaluate(json_text(rows))))

"""The slow, obvious evaluator of single stages: those that order, choose and join rows (see tests/oracle.py)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from lakebed.query.stages.sort import Sort
from tests import oracle

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage
    from tests.oracle import OracleRow


def after(stage: Stage, rows: list[OracleRow]) -> list[OracleRow]:
    """The rows that a stage makes of these."""
    match stage:
        case Sort():
            return sorted_by(rows, [(column.column, column.is_descending) for column in stage.columns])
        case _:
            raise AssertionError(f"the oracle does not know the stage {stage}")


def sorted_by(rows: list[OracleRow], columns: list[tuple[str, bool]]) -> list[OracleRow]:
    def compare(left: OracleRow, right: OracleRow) -> int:
        for name, is_descending in columns:
            one, other = left.value(name), right.value(name)
            if one is None or other is None:
                if (one is None) != (other is None):
                    return 1 if one is None else -1
                continue
            if oracle.order_key(one) != oracle.order_key(other):
                is_less = oracle.order_key(one) < oracle.order_key(other)
                return -1 if is_less != is_descending else 1
        return 0

    return sorted(rows, key=functools.cmp_to_key(compare))

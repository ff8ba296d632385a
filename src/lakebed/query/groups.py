"""The groups of a partial result as a table: only those that are wanted become Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.model import Table
from lakebed.native import finish_partial, rank_partial
from lakebed.query.aggregate import Ranking

if TYPE_CHECKING:
    from lakebed.query.aggregate import Wanted


def table_of(plan: bytes, partial: bytes, wanted: Wanted) -> Table:
    """Rows of by values, function values and row count. Call it within `engine_errors`."""
    if isinstance(wanted, Ranking):
        return Table.from_json(rank_partial(plan, partial, wanted.part, wanted.limit, wanted.least_first))
    return Table.from_json(finish_partial(plan, partial, wanted))

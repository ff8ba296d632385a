"""What runners, receivers and connectors remember and share: work, leases, cursors, progress; in SQLite or PostgreSQL.

The lake is the truth. A lost state loses why objects were set aside, places in streams and progress, never an event:
what is done again is found in the lake, and left out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.state.records import BACKFILL_ROAD, Backfill, Claimed, Cursor, SetAside, WorkCounts, WorkObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.state.state import State

__all__ = [
    "BACKFILL_ROAD",
    "Backfill",
    "Claimed",
    "Cursor",
    "SetAside",
    "WorkCounts",
    "WorkObject",
    "open_state",
]


def open_state(
    url: str, *, clock: Callable[[], float] = time.time, lease_clock: Callable[[], float] | None = None
) -> State:
    """Opens the state in a SQLite file (a path, `sqlite:///path`) or a `postgresql://` database; makes its tables.

    `clock` tells people's time, for ages and dates. Leases and retries run by `lease_clock`: None is a clock that all
    processes of the state share and nobody sets, which is what a product wants; a test gives its own.

    Raises `UsageError` (a bad URL, missing packages), `StateError` (a newer Lakebed's, damaged),
    `TransientStateError` (busy, unreachable).
    """
    try:
        from lakebed.state.state import State

        return State(url, clock=clock, lease_clock=lease_clock)
    except ImportError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in ("sqlalchemy", "alembic"):
            raise
        raise UsageError(f"a state wants the package {missing}: pip install 'lakebed[server]'") from None

"""What time it is, as far as the store agrees: a clock that runs ahead must not expire what is still wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.storage.store import Store

CLOCK_KEY = "maintenance/clock"


def agreed_now_ns(store: Store, clock_ns: Callable[[], int]) -> int:
    """The earlier of our clock and the store's: that of a file written now. Two requests, none for a folder."""
    if store.is_local:
        return clock_ns()
    store.put(CLOCK_KEY, b"")
    return min(clock_ns(), store.head(CLOCK_KEY).modified_ns)

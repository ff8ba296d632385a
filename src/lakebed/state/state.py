"""The state of a lake that runs by itself: what waits, who works on it, how far each stream was read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from lakebed.state.backfills import Backfills
from lakebed.state.cursors import Cursors
from lakebed.state.database import Database
from lakebed.state.leases import Leases
from lakebed.state.migrate import bring_up_to_date
from lakebed.state.requests import RequestLog
from lakebed.state.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable


class State:
    """A handle on one state. Any number of threads may use it, any number of processes open their own."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.time,
        lease_clock: Callable[[], float] | None = None,
    ) -> None:
        self._database = Database(url, lease_clock)
        try:
            bring_up_to_date(self._database)
        except BaseException:
            self._database.close()
            raise
        self.work = Work(self._database, clock)
        self.leases = Leases(self._database)
        self.cursors = Cursors(self._database)
        self.backfills = Backfills(self._database, clock)
        self.requests = RequestLog(self._database, clock)

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        return self._database.name

    def __repr__(self) -> str:
        return f"open_state({self.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections. What was claimed stays claimed until its leases end."""
        self._database.close()

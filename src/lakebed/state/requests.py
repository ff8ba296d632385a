"""How many requests to the object store a team's processes made, by the hour: what `lakebed status` makes a cost of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from lakebed.state import limits
from lakebed.state.tables import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from lakebed.state.database import Database

HOUR_S = 3600


@dataclass(frozen=True)
class Requests:
    """Requests of one kind (`get`, `put`, `list`, …), and bytes; these may also stand under a name of their own."""

    requests: int = 0
    bytes_read: int = 0
    bytes_written: int = 0


class RequestLog:
    """The table of requests."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def add(self, counted: Mapping[str, Requests]) -> None:
        """Adds to this hour what was counted since the last call. Hours older than 90 days are forgotten."""
        hour = int(self._clock() // HOUR_S)
        told = {name: vars(one) for name, one in sorted(counted.items())}
        values = [{"hour": hour, "operation": name[:64], **one} for name, one in told.items() if any(one.values())]
        if values:
            self._database.write(lambda connection: self._add(connection, hour, values))

    def since(self, seconds: float) -> dict[str, Requests]:
        """Sums by operation over the last seconds, in whole hours: the one that has begun counts."""
        first = int((self._clock() - seconds) // HOUR_S) + 1
        table = REQUESTS.c
        summed = (
            select(table.operation, *(func.sum(c) for c in (table.requests, table.bytes_read, table.bytes_written)))
            .where(table.hour >= first)
            .group_by(table.operation)
            .order_by(table.operation)
        )
        rows = self._database.read(lambda connection: connection.execute(summed).all())
        return {operation: Requests(int(count), int(read), int(wrote)) for operation, count, read, wrote in rows}

    def _add(self, connection: Connection, hour: int, values: list[dict[str, Any]]) -> None:
        make: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert  # no common type
        added = make(REQUESTS).values(values)
        names = ("requests", "bytes_read", "bytes_written")
        sums = {name: REQUESTS.c[name] + added.excluded[name] for name in names}
        keys = [REQUESTS.c.hour, REQUESTS.c.operation]
        connection.execute(added.on_conflict_do_update(index_elements=keys, set_=sums))
        connection.execute(delete(REQUESTS).where(REQUESTS.c.hour < hour - limits.REQUEST_HOURS_KEPT))

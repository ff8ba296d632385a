"""Leases: names of which one owner at most has each, for as long as it keeps asking.

Who lists a source, who merges. A holder that was stopped for longer than its lease does not know that it has lost it:
what it does must be harmless then, because the catalog's commit decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from lakebed.state.tables import LEASES
from lakebed.state.work import checked_lease, has_passed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lakebed.state.database import Database


class Leases:
    """The table of leases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, owner: str, seconds: float) -> bool:
        """Takes a lease that is free or whose time is over, or prolongs one's own; False when another has it."""
        seconds = checked_lease(seconds)
        return self._database.write(lambda connection: self._acquire(connection, name, owner, seconds))

    def release(self, name: str, owner: str) -> bool:
        """Gives a lease back; False when `owner` did not have it any more."""
        gone = delete(LEASES).where(and_(LEASES.c.name == name, LEASES.c.owner == owner))
        return self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    def _acquire(self, connection: Connection, name: str, owner: str, seconds: float) -> bool:
        until = self._database.lease_now() + seconds
        make: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert  # no common type
        taken = make(LEASES).values(name=name, owner=owner, until_s=until)
        taken = taken.on_conflict_do_update(
            index_elements=[LEASES.c.name],
            set_={"owner": owner, "until_s": until},
            where=or_(LEASES.c.owner == owner, has_passed(LEASES.c.until_s, self._database)),
        )
        return connection.execute(taken.returning(LEASES.c.name)).first() is not None

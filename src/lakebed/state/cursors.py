"""Cursors: how far somebody has read a stream. Moved only from where the mover saw it (compare and set)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lakebed.errors import StateConflict
from lakebed.safe_text import safe_text
from lakebed.state.records import Cursor
from lakebed.state.tables import CURSORS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lakebed.state.database import Database


class Cursors:
    """The table of cursors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Cursor | None:
        """The cursor, or None when there is none."""
        chosen = select(CURSORS.c.value, CURSORS.c.version).where(CURSORS.c.name == name)
        row = self._database.read(lambda connection: connection.execute(chosen).first())
        return None if row is None else Cursor(bytes(row.value), row.version)

    def put(self, name: str, value: bytes, expected_version: int) -> int:
        """Moves the cursor from version `expected_version` (0: there is none) and returns its new version.

        Raises `StateConflict` when it is at another version: somebody else has moved it. Also when a `put` before this
        one failed without an answer, and was done all the same: `get` tells.
        """
        if not self._database.write(lambda connection: self._put(connection, name, value, expected_version)):
            raise StateConflict(f"the cursor '{safe_text(name)}' is not at version {expected_version} any more")
        return expected_version + 1

    def forget(self, name: str) -> bool:
        """Removes a cursor, so that its stream is read from the start; False when there is none."""
        gone = delete(CURSORS).where(CURSORS.c.name == name)
        return self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    def _put(self, connection: Connection, name: str, value: bytes, expected_version: int) -> bool:
        if expected_version == 0:
            make: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert  # no common type
            added = make(CURSORS).values(name=name, value=value, version=1)
            added = added.on_conflict_do_nothing(index_elements=[CURSORS.c.name]).returning(CURSORS.c.name)
            return connection.execute(added).first() is not None
        moved = update(CURSORS).where(and_(CURSORS.c.name == name, CURSORS.c.version == expected_version))
        return connection.execute(moved.values(value=value, version=expected_version + 1)).rowcount > 0

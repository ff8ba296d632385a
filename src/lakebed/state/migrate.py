"""Brings a database to the tables that this code knows, when it is opened.

Several processes may open one state at once, also one that is empty: the first one migrates, the others wait and find
it done. A state from a newer Lakebed is refused, since nobody knows what older code would do to it.

Alembic is imported only when there is something to do: an opened state that is up to date costs one small query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, delete, insert, inspect, select, text, update

from lakebed.errors import StateError
from lakebed.safe_text import safe_text
from lakebed.state.clock import machine_start
from lakebed.state.tables import LEASES, META, VERSION_TABLE, WORK

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lakebed.state.database import Database

HEAD = "0001"
"""The last migration in `migrations/versions`."""

_LOCK = 0x6C616B65_62656400
"""Names the lock of PostgreSQL under which migrations run; any number that nobody else takes."""

_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))
_BOOT = "machine_start"


def bring_up_to_date(database: Database) -> None:
    """Migrates, and ends the leases of a machine that was started anew. Raises `StateError` for a newer state."""
    version = database.read(_version)
    if version != HEAD:
        database.write(lambda connection: _migrate(connection, database))
    if database.is_sqlite and database.owns_clock:
        start = machine_start()
        if database.read(_known_start) != start:
            database.write(lambda connection: _forget_deadlines(connection, start))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def _migrate(connection: Connection, database: Database) -> None:
    if not database.is_sqlite:  # SQLite: a transaction that writes is alone from its start
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    version = _version(connection)
    if version == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option("script_location", "lakebed.state:migrations")
    settings.set_main_option("path_separator", "os")
    known = [script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()]
    if version is not None and version not in known:
        raise StateError(
            f"the state at '{database.name}' has the tables of a newer Lakebed ('{safe_text(version)}', known here are"
            f" those up to '{HEAD}'): update this one, or give it a state of its own"
        )
    settings.attributes["connection"] = connection
    command.upgrade(settings, HEAD)


def _known_start(connection: Connection) -> str | None:
    return connection.execute(select(META.c.value).where(META.c.name == _BOOT)).scalar()


def _forget_deadlines(connection: Connection, start: str) -> None:
    if _known_start(connection) == start:
        return
    connection.execute(update(WORK).values(free_at_s=0.0))
    connection.execute(delete(LEASES))
    connection.execute(delete(META).where(META.c.name == _BOOT))
    connection.execute(insert(META).values(name=_BOOT, value=start))

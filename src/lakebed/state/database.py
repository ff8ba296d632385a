"""A database behind the state: its connections, its transactions, its errors as ours.

SQLite: a write-ahead log, so that readers wait for nobody, and transactions that take the one writer's place when they
begin. One that began as a reader could not become a writer later without failing when somebody wrote in between.
PostgreSQL: as it comes; a transaction that the server ended for the sake of another is begun again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy
from sqlalchemy import ColumnElement, Double, event, literal
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from lakebed.errors import StateError, TransientStateError, UsageError
from lakebed.safe_text import safe_text
from lakebed.state import limits
from lakebed.state.clock import machine_seconds, server_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")

_WRITES = "lakebed_writes"
_ENDED_FOR_ANOTHER = ("40001", "40P01")  # serialization_failure, deadlock_detected
_MESSAGE_CHARS_MAX = 300


class Database:
    """Connections of one process. Any number of threads may use it; a forked process opens its own."""

    def __init__(self, url: str, lease_clock: Callable[[], float] | None) -> None:
        parsed = _parse_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.name = _shown(parsed)
        """Where it is, without a password."""
        self.owns_clock = lease_clock is None
        self._lease_clock = lease_clock
        self._writer = threading.Lock()  # threads wait here in turn; SQLite lets them try again and again
        with self.errors("open"):
            self._engine = _sqlite_engine(parsed) if self.is_sqlite else _postgres_engine(parsed)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction, all or nothing; again from its start when the database asks for that."""
        for attempt in range(limits.STATE_ATTEMPTS):
            try:
                with self.errors("write"), self._written() as connection:
                    return work(connection)
            except _EndedForAnotherError:
                if attempt == limits.STATE_ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work`, which only reads, and sees what was committed before it."""
        with self.errors("read"), self._engine.connect() as connection:
            return work(connection)

    def lease_now(self) -> ColumnElement[float]:
        """Now by the lease clock, within a statement."""
        if self._lease_clock is not None:
            return literal(self._lease_clock(), Double)
        return literal(machine_seconds(), Double) if self.is_sqlite else server_seconds()

    def close(self) -> None:
        """Ends the connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Raises what the database says as an error of ours, without statements, values or passwords."""
        try:
            yield
        except SQLAlchemyError as error:
            raise _translated(error, f"cannot {doing} the state at '{self.name}'") from None

    @contextlib.contextmanager
    def _written(self) -> Iterator[Connection]:
        turn = self._writer if self.is_sqlite else contextlib.nullcontext()
        with turn, self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection


class _EndedForAnotherError(TransientStateError):
    """The database ended a transaction of which nothing has happened."""


def _parse_url(url: str) -> URL:
    if "://" not in url:
        if not url or url == ":memory:":
            raise UsageError(f"a state wants a file or the URL of a database, not '{url}'")
        return URL.create("sqlite", database=url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # both may quote the URL, and with it a password
        scheme = safe_text(url.split("://", 1)[0])
        raise UsageError(f"the state's URL ('{scheme}://…') is none: postgresql://user@host:5432/name") from None
    backend = parsed.get_backend_name()
    if backend == "postgres":
        parsed, backend = parsed.set(drivername="postgresql"), "postgresql"
    if backend not in ("sqlite", "postgresql"):
        raise UsageError(f"a state is a SQLite file or a postgresql:// URL, not '{safe_text(backend)}://'")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise UsageError("a state in memory cannot be shared or kept: name a file")
    return parsed.set(drivername="sqlite" if backend == "sqlite" else "postgresql+psycopg")


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return safe_text(url.database or "")
    plain = url.set(drivername="postgresql", query={})  # libpq takes a password there too
    return safe_text(plain.render_as_string(hide_password=True))


def _sqlite_engine(url: URL) -> Engine:
    try:
        Path(url.database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"cannot make the folder of the state '{_shown(url)}': {error.strerror}") from error
    engine = sqlalchemy.create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": limits.STATE_BUSY_S, "check_same_thread": False},
        pool_size=limits.STATE_CONNECTIONS,
        max_overflow=limits.STATE_CONNECTIONS_MORE,
    )
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    cursor = connection.cursor()
    try:
        deadline = time.monotonic() + limits.STATE_BUSY_S
        while True:
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
                break
            except Exception as error:
                # While another process creates the log, SQLite says "locked" at once instead of waiting.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        # With a write-ahead log, NORMAL loses the last transactions with the machine's power, never with a process.
        cursor.execute("PRAGMA synchronous=NORMAL")
    finally:
        cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _postgres_engine(url: URL) -> Engine:
    options = f"-c statement_timeout={limits.STATE_STATEMENT_S * 1000} -c timezone=UTC"
    given = url.query.get("options", "")
    wanted = f"{given} {options}" if isinstance(given, str) else f"{' '.join(given)} {options}"
    try:
        return sqlalchemy.create_engine(
            url.difference_update_query(["options"]),
            hide_parameters=True,
            connect_args={"connect_timeout": limits.STATE_CONNECT_S, "options": wanted.strip()},
            pool_size=limits.STATE_CONNECTIONS,
            max_overflow=limits.STATE_CONNECTIONS_MORE,
            pool_pre_ping=True,  # a server that was started anew costs no failed call
            isolation_level="READ COMMITTED",
        )
    except ImportError:
        raise UsageError("a state on PostgreSQL wants the package psycopg: pip install 'lakebed[server]'") from None


def _translated(error: SQLAlchemyError, doing: str) -> StateError:
    cause = error.orig if isinstance(error, DBAPIError) else None
    said = " ".join(str(cause or error).split())[:_MESSAGE_CHARS_MAX]
    text = f"{doing}: {safe_text(said)}"
    if getattr(cause, "sqlstate", None) in _ENDED_FOR_ANOTHER:
        return _EndedForAnotherError(text)
    is_transient = isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.TimeoutError)
    is_transient = is_transient or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return TransientStateError(text) if is_transient else StateError(text)

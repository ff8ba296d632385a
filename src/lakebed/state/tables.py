"""The tables of the state, for SQLite and PostgreSQL alike. A change here wants a migration, which a test compares.

Names begin with `lakebed_`, so that a team may give us a schema that others use too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

VERSION_TABLE = "lakebed_version"

_NEEDS_ESCAPE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(\\|[0-9a-f]{4})")


class AnyText(TypeDecorator[str]):
    r"""Text with NUL and lone surrogates, which keys and file names may hold and databases refuse.

    These are stored as `\0000`, `\dcff`, and a backslash as two.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored."""
        return value and _NEEDS_ESCAPE.sub(lambda found: _escape(found[0]), value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was meant."""
        return value and _ESCAPED.sub(lambda found: _unescape(found[1]), value)


def _escape(character: str) -> str:
    return "\\\\" if character == "\\" else f"\\{ord(character):04x}"


def _unescape(code: str) -> str:
    return "\\" if code == "\\" else chr(int(code, 16))


METADATA = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for this type only

META = Table(
    "lakebed_meta",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

WORK = Table(
    "lakebed_work",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of source, url and version
    Column("source", AnyText, nullable=False),
    Column("url", AnyText, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("etag", AnyText),
    Column("road", AnyText, nullable=False),
    Column("found_s", Double, nullable=False),
    Column("later", Integer, nullable=False),  # 1: waits until no others do
    Column("owner", AnyText),
    Column("free_at_s", Double, nullable=False),  # by the lease clock: the lease's end, or when to try again
    Column("attempts", Integer, nullable=False),
    Column("lost", Integer, nullable=False),  # leases that ended without a word
    Column("set_aside_s", Double),
    Column("reason", AnyText),
    sqlite_autoincrement=True,  # a late `done` must not hit another object that was given the same number
)

_IS_WAITING = WORK.c.set_aside_s.is_(None)
Index("lakebed_work_next", WORK.c.later, WORK.c.id, sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING)
Index(
    "lakebed_work_source",
    WORK.c.source,
    WORK.c.later,
    WORK.c.id,
    sqlite_where=_IS_WAITING,
    postgresql_where=_IS_WAITING,
)
Index(
    "lakebed_work_set_aside",
    WORK.c.set_aside_s,
    sqlite_where=WORK.c.set_aside_s.is_not(None),
    postgresql_where=WORK.c.set_aside_s.is_not(None),
)

LEASES = Table(
    "lakebed_leases",
    METADATA,
    Column("name", AnyText, primary_key=True),
    Column("owner", AnyText, nullable=False),
    Column("until_s", Double, nullable=False),  # by the lease clock
)

CURSORS = Table(
    "lakebed_cursors",
    METADATA,
    Column("name", AnyText, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False),
)

BACKFILLS = Table(
    "lakebed_backfills",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("source", AnyText, nullable=False),
    Column("options", AnyText, nullable=False),
    Column("after_key", AnyText, nullable=False),
    Column("counts", AnyText, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("updated_s", Double, nullable=False),
    Column("outcome", AnyText),
    sqlite_autoincrement=True,
)

REQUESTS = Table(
    "lakebed_requests",
    METADATA,
    Column("hour", BigInteger, primary_key=True),  # hours since 1970
    Column("operation", String(64), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("bytes_read", BigInteger, nullable=False),
    Column("bytes_written", BigInteger, nullable=False),
)

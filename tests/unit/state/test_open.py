"""Opening a state: its URL, its tables, what it says when it cannot."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from lakebed.errors import StateError, TransientStateError, UsageError
from lakebed.state import WorkObject, limits, open_state
from lakebed.state.migrate import HEAD
from lakebed.state.tables import METADATA, VERSION_TABLE

if TYPE_CHECKING:
    from tests.postgres import PostgresServer

REPOSITORY = Path(__file__).parents[3]
ONE = WorkObject("a", "s3://b/1", 1, 1, None, "listing", 0.0)


def run(url: str, sql: str) -> None:
    """Runs a statement past the state, as another program would."""
    engine = sqlalchemy.create_engine(url if "://" in url else f"sqlite:///{url}")
    with engine.begin() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()


def test_a_state_is_kept(state_url: str) -> None:
    with open_state(state_url) as state:
        state.work.offer([ONE])
    with open_state(state_url) as state:
        assert [one.object for one in state.work.claim("a", count=9, lease_s=60)] == [ONE]


def test_the_folder_of_a_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_state("some/folder/state.db").close()
    open_state("sqlite:///some/folder/state.db").close()
    open_state(f"sqlite:///{tmp_path}/some/other.db").close()
    assert {path.name for path in (tmp_path / "some").rglob("*.db")} == {"state.db", "other.db"}


def test_migrations_make_the_tables_that_the_code_knows(state_url: str) -> None:
    open_state(state_url).close()
    engine = sqlalchemy.create_engine(state_url if "://" in state_url else f"sqlite:///{state_url}")
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        names = set(sqlalchemy.inspect(connection).get_table_names())
        assert names == {*METADATA.tables, VERSION_TABLE}
        for table in METADATA.tables.values():
            found = {index["name"] for index in sqlalchemy.inspect(connection).get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= found
    engine.dispose()


def test_the_last_migration_is_the_one_the_code_wants() -> None:
    settings = Config()
    settings.set_main_option("script_location", "lakebed.state:migrations")
    settings.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(settings)
    assert scripts.get_heads() == [HEAD]
    assert scripts.get_bases() == ["0001"]


def test_a_state_of_a_newer_lakebed_is_refused_and_left_as_it_is(state_url: str) -> None:
    with open_state(state_url) as state:
        name = state.name
        state.work.offer([ONE])
    run(state_url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    message = (
        f"the state at '{name}' has the tables of a newer Lakebed ('9999', known here are those up to '{HEAD}'):"
        " update this one, or give it a state of its own"
    )
    for _ in range(2):
        with pytest.raises(StateError, match=f"^{re.escape(message)}$"):
            open_state(state_url)
    run(state_url, f"UPDATE {VERSION_TABLE} SET version_num = '{HEAD}'")
    with open_state(state_url) as state:
        assert state.work.counts()["a"].waiting == 1


def test_a_migration_that_fails_leaves_nothing_behind(state_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlalchemy.Connection.execute

    def fail_late(self: sqlalchemy.Connection, statement: object, *rest: object, **more: object) -> object:
        if "lakebed_requests" in str(statement):
            raise KeyboardInterrupt
        return real(self, statement, *rest, **more)  # type: ignore[call-overload] # whatever it was given

    with monkeypatch.context() as patch:
        patch.setattr(sqlalchemy.Connection, "execute", fail_late)
        with pytest.raises(KeyboardInterrupt):
            open_state(state_url)
    engine = sqlalchemy.create_engine(state_url if "://" in state_url else f"sqlite:///{state_url}")
    assert sqlalchemy.inspect(engine).get_table_names() == []
    engine.dispose()
    open_state(state_url).close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "a state wants a file or the URL of a database, not ''"),
        (":memory:", "a state wants a file or the URL of a database, not ':memory:'"),
        ("sqlite://", "a state in memory cannot be shared or kept: name a file"),
        ("sqlite:///:memory:", "a state in memory cannot be shared or kept: name a file"),
        ("mysql://u:secret@h/db", "a state is a SQLite file or a postgresql:// URL, not 'mysql://'"),
        ("s3://bucket/state.db", "a state is a SQLite file or a postgresql:// URL, not 's3://'"),
        (
            "postgresql://u:secret@h:port/db",
            "the state's URL ('postgresql://…') is none: postgresql://user@host:5432/name",
        ),
        ("\x1b[2J://u:secret@", "the state's URL ('\\x1b[2J://…') is none: postgresql://user@host:5432/name"),
    ],
)
def test_a_url_that_is_none(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        open_state(url)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/name?password=secret&sslkey=secret"
    with pytest.raises(TransientStateError) as caught:
        open_state(url)
    told = str(caught.value)
    assert told.startswith("cannot read the state at 'postgresql://someone:***@127.0.0.1:1/name': connection")
    assert "secret" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_wrong_password_is_not_told(postgres: PostgresServer) -> None:
    with pytest.raises(TransientStateError) as caught:
        open_state(f"postgresql://nobody:secret@/lakebed?host={postgres.folder}")
    assert "secret" not in str(caught.value)
    assert "nobody" in str(caught.value)


def test_a_state_shows_itself_without_a_password(postgres: PostgresServer) -> None:
    with open_state(f"postgres://lakebed:secret@/lakebed?host={postgres.folder}&options=-csearch_path%3Dpg_temp") as it:
        assert repr(it) == "open_state('postgresql://lakebed:***@/lakebed')"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, not a database" * 100)
    with pytest.raises(
        StateError, match=f"^cannot read the state at '{re.escape(str(path))}': file is not a database$"
    ):
        open_state(str(path))
    assert path.read_text().startswith("these are my notes")


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = f"^cannot make the folder of the state '{re.escape(str(tmp_path))}/file/state.db': File exists$"
    with pytest.raises(StateError, match=message):
        open_state(str(tmp_path / "file" / "state.db"))
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StateError, match=r"^cannot read the state at '.*folder\.db': unable to open database file$"):
        open_state(str(tmp_path / "folder.db"))


def test_a_state_that_another_keeps_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STATE_BUSY_S", 0.05)
    path = str(tmp_path / "state.db")
    with open_state(path) as state:
        state.work.offer([ONE])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert state.work.counts()["a"].waiting == 1  # readers wait for nobody
        with pytest.raises(TransientStateError, match=f"^cannot write the state at '{path}': database is locked$"):
            state.work.claim("a", count=1, lease_s=60)
        other.execute("COMMIT")
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM lakebed_work").fetchall() == [(1,)]
        assert state.work.offer([replace(ONE, size_bytes=2)]) == 1  # and hold up nobody
        other.close()
        assert len(state.work.claim("a", count=1, lease_s=60)) == 1


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)


@pytest.mark.parametrize("package", ["sqlalchemy", "alembic"])
def test_a_base_install_is_told_what_to_install(package: str, tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules[{package!r}] = None
from lakebed.errors import UsageError
from lakebed.state import open_state
try:
    open_state({str(tmp_path / "state.db")!r})
except UsageError as error:
    print(error)
"""
    assert python(code).stdout == f"a state wants the package {package}: pip install 'lakebed[server]'\n"


def test_postgresql_without_its_package_is_told_too() -> None:
    code = """
import sys
sys.modules["psycopg"] = None
from lakebed.errors import UsageError
from lakebed.state import open_state
try:
    open_state("postgresql://u:secret@h/db")
except UsageError as error:
    print(error)
"""
    assert python(code).stdout == "a state on PostgreSQL wants the package psycopg: pip install 'lakebed[server]'\n"


def test_searching_and_naming_the_state_import_no_database() -> None:
    code = """
import sys
import lakebed, lakebed.cli, lakebed.handlers.search, lakebed.state
heavy = {"sqlalchemy", "alembic", "psycopg", "sqlite3", "prometheus_client", "structlog"}
print(sorted(heavy & set(sys.modules)))
"""
    assert python(code).stdout == "[]\n"

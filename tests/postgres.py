"""A real PostgreSQL for tests: in a temporary folder, on a socket in that folder, no port at all.

It comes from the system (Debian: `postgresql`). A machine without it skips what needs it; with `CI` set nothing skips.
The server refuses to run as root, so that root starts it as the user `postgres` or `nobody`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 60
MISSING = "PostgreSQL is missing: scripts/need-postgres, or the package postgresql of your system"


@dataclass(frozen=True)
class PostgresServer:
    """A running server with the database `lakebed`, which its user `lakebed` may enter without a password."""

    folder: Path

    def new_url(self) -> str:
        """For a state of its own: its tables go into a new schema."""
        schema = f"test_{secrets.token_hex(8)}"
        self.run(f"CREATE SCHEMA {schema}")
        return f"postgresql://lakebed@/lakebed?host={quote(str(self.folder), safe='')}&options=-csearch_path%3D{schema}"

    def run(self, sql: str) -> None:
        """Runs one statement as the database's owner."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="lakebed", dbname="lakebed", autocommit=True) as connection:
            connection.execute(sql.encode())

    def end_connections(self, condition: str = "") -> None:
        """Ends the connections of everybody else, or of those for whom the condition holds (`AND …`)."""
        whose = f"usename = 'lakebed' AND pid <> pg_backend_pid() {condition}"
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {whose}")


def find_postgres() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian keeps them out of the path."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Starts PostgreSQL and waits until it answers."""
    programs = find_postgres()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    user = _user()
    # Not below pytest's folder, which only its owner may enter; and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="lakebed-postgres-"))
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        made = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "lakebed", "-A", "trust", "--no-sync"]
        made += ["-E", "UTF8", "--locale=C"]
        subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        # Nothing here outlives the tests, so it need not outlive the machine's power either.
        for setting in ("listen_addresses=", "fsync=off", "max_connections=200"):
            command += ["-c", setting]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder) as process,
        ):
            try:
                _wait_until_ready(folder, process)
                yield PostgresServer(folder)
            finally:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Whom to run the server as; None: as who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


def _wait_until_ready(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Makes the database, again and again until it works."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    last = "nothing yet"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            text = (folder / "log").read_text(errors="replace")[-2000:]
            pytest.fail(f"PostgreSQL ended with {process.returncode}: {text}")
        try:
            with psycopg.connect(host=str(folder), user="lakebed", dbname="postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE lakebed")
            return
        except psycopg.OperationalError as error:
            last = str(error)
            time.sleep(0.05)
    pytest.fail(f"PostgreSQL took more than {START_SECONDS} s to start: {last}")

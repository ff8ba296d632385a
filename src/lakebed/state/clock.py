"""The clock that leases run by: one that all processes of a state share, and that no one sets.

A lease is a promise between processes, so it is measured by a clock of the state, never by a process's time of day:
that jumps when it is set, and differs from machine to machine. All processes of a SQLite state are on one machine,
whose time since its start runs evenly; after a restart of the machine nobody holds a lease any more. For PostgreSQL it
is the server's clock. Should that one be set, leases end early or late by as much (not more than an hour late); then an
object may be indexed by two runners, and the catalog's commit decides, as ever.
"""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import ColumnElement, Double, cast, func

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def machine_seconds() -> float:
    """Seconds since the machine was started, the same for all of its processes; goes on while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def machine_start() -> str:
    """Names this run of the machine; empty where it has no name."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.is_file() else ""


def server_seconds() -> ColumnElement[float]:
    """The clock of the database server, within a statement."""
    return cast(func.extract("epoch", func.statement_timestamp()), Double)

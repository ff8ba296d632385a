"""Backfills: what was asked for, how far each came, so that one that was killed goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, insert, select, update

from lakebed.decoding import from_json
from lakebed.errors import StateConflict
from lakebed.state.records import Backfill
from lakebed.state.tables import BACKFILLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Row

    from lakebed.state.database import Database

DONE = "done"
CANCELLED = "cancelled"


class Backfills:
    """The table of backfills."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, source: str, options: Mapping[str, object]) -> Backfill:
        """Begins a backfill. `options` is JSON: its times, limits and order."""
        now = self._clock()
        added = insert(BACKFILLS).values(
            source=source,
            options=_json(options),
            after_key="",
            counts=_json({}),
            version=1,
            created_s=now,
            updated_s=now,
        )
        row = self._database.write(lambda connection: connection.execute(added.returning(BACKFILLS)).one())
        return _backfill(row)

    def get(self, id: int) -> Backfill | None:
        """The backfill of this number, or None."""
        chosen = select(BACKFILLS).where(BACKFILLS.c.id == id)
        row = self._database.read(lambda connection: connection.execute(chosen).first())
        return None if row is None else _backfill(row)

    def list(self, source: str | None = None, *, limit: int = 100, has_outcome: bool | None = None) -> list[Backfill]:
        """Backfills, the newest first: of one source, only those that run (`has_outcome` False) or have ended."""
        chosen = select(BACKFILLS).order_by(BACKFILLS.c.id.desc()).limit(limit)
        if source is not None:
            chosen = chosen.where(BACKFILLS.c.source == source)
        if has_outcome is not None:
            outcome = BACKFILLS.c.outcome
            chosen = chosen.where(outcome.is_not(None) if has_outcome else outcome.is_(None))
        return [_backfill(row) for row in self._database.read(lambda connection: connection.execute(chosen).all())]

    def advance(self, id: int, after_key: str, counts: Mapping[str, int], expected_version: int) -> Backfill:
        """Says that every key up to `after_key` has been offered.

        Raises `StateConflict` when somebody else has advanced or ended it since `expected_version`.
        """
        return self._change(id, expected_version, {"after_key": after_key, "counts": _json(counts)})

    def finish(self, id: int, outcome: str = DONE, expected_version: int | None = None) -> Backfill:
        """Ends a backfill; without a version, wherever it is (a person cancels it). `StateConflict` as `advance`."""
        return self._change(id, expected_version, {"outcome": outcome})

    def _change(self, id: int, expected_version: int | None, values: dict[str, Any]) -> Backfill:
        changed = update(BACKFILLS).where(and_(BACKFILLS.c.id == id, BACKFILLS.c.outcome.is_(None)))
        if expected_version is not None:
            changed = changed.where(BACKFILLS.c.version == expected_version)
        changed = changed.values(**values, version=BACKFILLS.c.version + 1, updated_s=self._clock())
        row = self._database.write(lambda connection: connection.execute(changed.returning(BACKFILLS)).first())
        if row is None:
            place = "" if expected_version is None else f" at version {expected_version}"
            raise StateConflict(f"backfill {id} does not run{place} any more")
        return _backfill(row)


def _backfill(row: Row[Any]) -> Backfill:
    return Backfill(
        row.id,
        row.source,
        msgspec.json.decode(row.options),
        row.after_key,
        from_json(row.counts, dict[str, int]),
        row.version,
        float(row.created_s),
        float(row.updated_s),
        row.outcome,
    )


def _json(value: Mapping[str, object]) -> str:
    return msgspec.json.encode(value).decode()

"""Source objects that wait to be indexed, shared out among any number of runners.

An object is offered once for each version, claimed under a lease, and forgotten when it is done: the lake knows what it
holds. Nothing here decides whether an object is in the lake; a repeated claim costs work, never an event.

An object that ends its worker (memory, a crash of a library) never gets an answer. Leases that end without a word are
counted, and such objects are handed out in ever smaller company, until the one at fault is alone and set aside.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from lakebed import config
from lakebed.errors import UsageError
from lakebed.state import limits
from lakebed.state.records import BACKFILL_ROAD, Claimed, SetAside, WorkCounts, WorkObject
from lakebed.state.tables import WORK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Row, Select, Update

    from lakebed.state.database import Database

T = TypeVar("T")
R = TypeVar("R")

_BIGGEST = 2**63 - 1
_OFFERS_LOCK = 0x6C616B65_62656401
_LOST_REASON = "its worker ended {} times without a word: it may have taken all memory, or crashed"
_HELD = case((WORK.c.owner.is_(None), 0), else_=1)
_LOST = WORK.c.lost + _HELD
"""Of an object that is free: one that still has an owner was lost by it."""
_IS_SET_ASIDE = WORK.c.set_aside_s.is_not(None)


class Work:
    """The table of work. Every call is one transaction, or one for each 500 objects."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def offer(self, objects: Sequence[WorkObject]) -> int:
        """Adds those that are not known in this version (waiting, claimed or set aside); how many these were.

        They are handed out in the order in which they were offered.
        """
        return sum(self._in_parts([_values(one) for one in objects], self._offer))

    def claim(self, owner: str, *, count: int, lease_s: float, source: str | None = None) -> list[Claimed]:
        """Up to `count` objects of one source, the oldest first; without `source`, of that which the oldest is of.

        Objects whose lease has ended are free. Each is `owner`'s for `lease_s` seconds: extend it in time.
        """
        lease_s = checked_lease(lease_s)
        if count < 1:
            return []
        return self._database.write(lambda connection: self._claim(connection, owner, count, lease_s, source))

    def extend(self, ids: Sequence[int], owner: str, lease_s: float) -> list[int]:
        """The leases of these objects end in `lease_s` seconds from now. Returns those that `owner` still has.

        The others were taken by somebody else, since the lease had ended: leave them alone.
        """
        until = self._database.lease_now() + checked_lease(lease_s)

        def work(connection: Connection, part: Sequence[int]) -> list[int]:
            changed = update(WORK).where(_owned(part, owner)).values(free_at_s=until).returning(WORK.c.id)
            return sorted(connection.execute(changed).scalars())

        return [one for part in self._in_parts(ids, work) for one in part]

    def done(self, ids: Sequence[int], owner: str) -> int:
        """Forgets these objects; how many of them `owner` still had."""

        def work(connection: Connection, part: Sequence[int]) -> int:
            return connection.execute(delete(WORK).where(_owned(part, owner))).rowcount

        return sum(self._in_parts(ids, work))

    def hand_back(self, ids: Sequence[int], owner: str) -> int:
        """Frees these objects at once, as if they had not been claimed; how many of them `owner` still had."""

        def work(connection: Connection, part: Sequence[int]) -> int:
            freed = update(WORK).where(_owned(part, owner))
            return connection.execute(freed.values(owner=None, free_at_s=0.0, attempts=WORK.c.attempts - 1)).rowcount

        return sum(self._in_parts(ids, work))

    def failed(self, id: int, owner: str, reason: str, *, tries: int, retry_in_s: float) -> bool:
        """Tries the object again in `retry_in_s` seconds (an hour at most), or sets it aside after `tries` tries.

        True when it was set aside. An object that `owner` no longer has is left alone.
        """
        wait = min(max(retry_in_s, 0.0), limits.LEASE_S_MAX)

        def work(connection: Connection) -> bool:
            mine = select(WORK.c.attempts).where(_owned([id], owner))
            attempts = connection.execute(mine.with_for_update()).scalar()
            if attempts is None:
                return False
            changed = update(WORK).where(WORK.c.id == id)
            if attempts >= tries:
                connection.execute(self._put_aside(changed, reason))
                return True
            until = self._database.lease_now() + wait
            connection.execute(changed.values(owner=None, free_at_s=until, reason=_cut(reason)))
            return False

        return self._database.write(work)

    def counts(self) -> dict[str, WorkCounts]:
        """How much there is of each source that has any. Reads the whole table: some 0.3 s for a million objects."""
        is_claimed = and_(WORK.c.owner.is_not(None), _is_waiting(), ~self._is_free())
        counted = select(
            WORK.c.source,
            func.count().label("all"),
            func.coalesce(func.sum(case((is_claimed, 1), else_=0)), 0),
            func.coalesce(func.sum(case((_IS_SET_ASIDE, 1), else_=0)), 0),
            func.min(case((_is_waiting(), WORK.c.found_s))),
        ).group_by(WORK.c.source)
        rows = self._database.read(lambda connection: connection.execute(counted).all())
        now = self._clock()
        return {
            source: WorkCounts(
                all_ - claimed - aside, claimed, aside, 0.0 if oldest is None else max(0.0, now - oldest)
            )
            for source, all_, claimed, aside, oldest in sorted(tuple(row) for row in rows)
        }

    def set_aside(self, limit: int, source: str | None = None) -> list[SetAside]:
        """Objects that are not tried any more, the newest first."""
        chosen = select(WORK).where(_IS_SET_ASIDE, *_matching(source, None))
        chosen = chosen.order_by(WORK.c.set_aside_s.desc(), WORK.c.id.desc()).limit(limit)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [SetAside(row.id, _object(row), row.attempts, row.reason or "", row.set_aside_s) for row in rows]

    def retry(self, source: str | None = None, url: str | None = None) -> int:
        """Lets objects that were set aside be tried anew: all, those of a source, those at a URL; how many."""
        freed = update(WORK).where(_IS_SET_ASIDE, *_matching(source, url))
        freed = freed.values(set_aside_s=None, owner=None, free_at_s=0.0, attempts=0, lost=0)
        return self._database.write(lambda connection: connection.execute(freed).rowcount)

    def drop(self, source: str | None = None, url: str | None = None) -> int:
        """Forgets objects that were set aside: all, those of a source, those at a URL; how many."""
        gone = delete(WORK).where(_IS_SET_ASIDE, *_matching(source, url))
        return self._database.write(lambda connection: connection.execute(gone).rowcount)

    def _in_parts(self, items: Sequence[T], work: Callable[[Connection, Sequence[T]], R]) -> list[R]:
        """What `work` returns for some items after the others, each part in a transaction of its own."""
        return [self._database.write(functools.partial(_call, work, part)) for part in _parts(items)]

    def _offer(self, connection: Connection, values: Sequence[dict[str, object]]) -> int:
        if not self._database.is_sqlite:
            # Two offers of the same objects in different orders would wait for each other.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _OFFERS_LOCK})
        make: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert  # no common type
        adding = make(WORK).on_conflict_do_nothing(index_elements=[WORK.c.digest])
        # Many rows as the drivers take them: a statement with all values in it would be put together each time anew.
        return connection.execute(adding, values, execution_options={"preserve_rowcount": True}).rowcount

    def _claim(
        self, connection: Connection, owner: str, count: int, lease_s: float, source: str | None
    ) -> list[Claimed]:
        while first := self._first(connection, source):
            if first.lost < limits.LOST_MAX:
                break
            lost = update(WORK).where(WORK.c.id == first.id).values(lost=first.lost)
            connection.execute(self._put_aside(lost, _LOST_REASON.format(first.lost)))
        else:
            return []
        chosen = self._free(first.source).where(_company(first))
        rows = connection.execute(chosen.limit(min(count, _together(first.lost)))).all()
        until = self._database.lease_now() + lease_s
        for part in _parts([row.id for row in rows]):
            taken = update(WORK).where(WORK.c.id.in_(part))
            connection.execute(taken.values(owner=owner, free_at_s=until, attempts=WORK.c.attempts + 1, lost=_LOST))
        return [Claimed(row.id, _object(row), row.attempts + 1) for row in rows]

    def _first(self, connection: Connection, source: str | None) -> _First | None:
        row = connection.execute(self._free(source).limit(1)).first()
        return None if row is None else _First(row.id, row.source, row.lost + (row.owner is not None))

    def _free(self, source: str | None) -> Select[Any]:
        """Free objects in their order. Those that another claimer is taking at this moment are left out."""
        chosen = select(WORK).where(_is_waiting(), self._is_free())
        if source is not None:
            chosen = chosen.where(WORK.c.source == source)
        return chosen.order_by(WORK.c.later, WORK.c.id).with_for_update(skip_locked=True)

    def _is_free(self) -> ColumnElement[bool]:
        return has_passed(WORK.c.free_at_s, self._database)

    def _put_aside(self, changed: Update, reason: str) -> Update:
        return changed.values(owner=None, free_at_s=0.0, set_aside_s=self._clock(), reason=_cut(reason))


class _First(NamedTuple):
    """The object that decides what a claim is of."""

    id: int
    source: str
    lost: int


def checked_lease(lease_s: float) -> float:
    """The length of a lease, or `UsageError`."""
    if not 0 < lease_s <= limits.LEASE_S_MAX:
        raise UsageError(f"a lease is longer than 0 and at most {limits.LEASE_S_MAX:.0f} seconds, not {lease_s}")
    return lease_s


def has_passed(deadline: ColumnElement[float], database: Database) -> ColumnElement[bool]:
    """Whether a deadline by the lease clock is over; one further ahead than any is given was set by a wrong clock."""
    now = database.lease_now()
    return or_(deadline <= now, deadline > now + limits.LEASE_S_MAX)


def _company(first: _First) -> ColumnElement[bool]:
    """Which objects may be claimed together with the first."""
    if first.lost < limits.LOST_FEW:
        return _LOST < limits.LOST_FEW
    return _LOST.in_([first.lost]) if first.lost == limits.LOST_FEW else WORK.c.id == first.id


def _together(lost: int) -> int:
    return _BIGGEST if lost < limits.LOST_FEW else limits.LOST_FEW_TOGETHER if lost == limits.LOST_FEW else 1


def _is_waiting() -> ColumnElement[bool]:
    return WORK.c.set_aside_s.is_(None)


def _owned(ids: Sequence[int], owner: str) -> ColumnElement[bool]:
    return and_(WORK.c.id.in_(ids), WORK.c.owner == owner)


def _matching(source: str | None, url: str | None) -> list[ColumnElement[bool]]:
    wanted = [(WORK.c.source, source), (WORK.c.url, url)]
    return [column == value for column, value in wanted if value is not None]


def _values(one: WorkObject) -> dict[str, object]:
    etag = one.etag.strip('"') if one.etag else None  # a listing has quotes around it, a notification has none
    size, modified = (min(max(number, 0), _BIGGEST) for number in (one.size_bytes, one.modified_ns))
    version = f"{etag}\0{size}" if etag else f"\0{modified}\0{size}"
    named = f"{one.source}\0{one.url}\0{version}".encode(errors="surrogatepass")
    return {
        "digest": hashlib.blake2b(named, digest_size=16).digest(),
        "source": one.source,
        "url": one.url,
        "size_bytes": size,
        "modified_ns": modified,
        "etag": one.etag,
        "road": one.road,
        "found_s": one.found_s,
        "later": int(one.road == BACKFILL_ROAD),
        "free_at_s": 0.0,
        "attempts": 0,
        "lost": 0,
    }


def _object(row: Row[Any]) -> WorkObject:
    return WorkObject(row.source, row.url, row.size_bytes, row.modified_ns, row.etag, row.road, row.found_s)


def _cut(reason: str) -> str:
    return reason if len(reason) <= config.REASON_CHARS_MAX else reason[: config.REASON_CHARS_MAX - 1] + "…"


def _call(work: Callable[[Connection, Sequence[T]], R], part: Sequence[T], connection: Connection) -> R:
    return work(connection, part)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), limits.STATE_ROWS):
        yield items[start : start + limits.STATE_ROWS]

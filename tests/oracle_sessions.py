"""The slow oracle's `sequence` and `transaction`: every way to begin is tried, by the description."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests import oracle, oracle_times
from tests.events import Num
from tests.oracle_filter import holds
from tests.oracle_functions import MISSING, number, order_key
from tests.oracle_structure import compact

if TYPE_CHECKING:
    from lakebed.query.stages.sequence import Sequence_
    from lakebed.query.stages.transaction import Transaction
    from tests.events import Event, Json


def event_of(row: oracle.OracleRow) -> Event:
    assert row.event is not None
    return row.event


def by_key(rows: list[oracle.OracleRow], names: tuple[str, ...]) -> list[list[oracle.OracleRow]]:
    """The rows of each key, oldest first."""
    groups: dict[Any, list[oracle.OracleRow]] = {}
    timed = [row for row in rows if row.event is not None]
    for row in sorted(timed, key=lambda row: event_of(row).order):
        values = [row.value(name) for name in names]
        if MISSING not in values:
            groups.setdefault(tuple(map(order_key, values)), []).append(row)
    return list(groups.values())


def times(first: oracle.OracleRow, last: oracle.OracleRow) -> dict[str, Json]:
    duration = Fraction(event_of(last).time_ns - event_of(first).time_ns, 10**9)
    seconds = number(int(duration)) if duration.denominator == 1 else Num(repr(float(duration)))
    start, end = (oracle_times.rfc3339(event_of(row).time_ns) for row in (first, last))
    return {"@lb.time": start, "@q.end": end, "@q.duration_s": seconds}


def sequence(stage: Sequence_, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """The matches, in the order of their ends."""
    found: list[list[oracle.OracleRow]] = []
    for members in by_key(rows, stage.by):
        left = members
        while (match := first_match(stage, left)) is not None:
            found.append(match)
            left = left[left.index(match[-1]) + 1 :]
    found.sort(key=lambda match: event_of(match[-1]).order)
    return [oracle.OracleRow(None, columns_of_match(stage, match)) for match in found]


def first_match(stage: Sequence_, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow] | None:
    """The one that ends first; of those that end there the one that begins last."""
    chains = []
    for start in range(len(rows)):
        chain: list[int] = []
        for place in range(start, len(rows)):
            is_next = len(chain) < len(stage.steps) and holds(stage.steps[len(chain)].filter, rows[place])
            if is_next:
                chain.append(place)
            elif place == start:
                break
        if len(chain) == len(stage.steps):
            length = event_of(rows[chain[-1]]).time_ns - event_of(rows[chain[0]]).time_ns
            if length <= (stage.within.ns or 0):
                chains.append(chain)
    best = min(chains, key=lambda chain: (chain[-1], -chain[0]), default=None)
    return None if best is None else [rows[place] for place in best]


def columns_of_match(stage: Sequence_, match: list[oracle.OracleRow]) -> dict[str, Json]:
    columns = {name: match[0].value(name) for name in stage.by} | times(match[0], match[-1])
    for step, row in zip(stage.steps, match, strict=True):
        event = event_of(row)
        columns[f"{step.name}.time"] = oracle_times.rfc3339(event.time_ns)
        columns[f"{step.name}.object"] = event.object
        columns[f"{step.name}.record"] = number(event.record)
    return columns


def transaction(stage: Transaction, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """The sessions, in the order of their beginnings."""
    sessions: list[list[oracle.OracleRow]] = []
    for members in by_key(rows, stage.by):
        session: list[oracle.OracleRow] = []
        for row in members:
            if session and begins_anew(stage, session, row):
                sessions.append(session)
                session = []
            if not session and stage.startswith is not None and not holds(stage.startswith, row):
                continue
            session = [*session, row]
            if stage.endswith is not None and holds(stage.endswith, row):
                sessions.append(session)
                session = []
        sessions += [session] if session else []
    sessions.sort(key=lambda session: event_of(session[0]).order)
    return [oracle.OracleRow(None, columns_of_session(stage, session)) for session in sessions]


def begins_anew(stage: Transaction, session: list[oracle.OracleRow], row: oracle.OracleRow) -> bool:
    now = event_of(row).time_ns
    if stage.maxpause is not None and now - event_of(session[-1]).time_ns > (stage.maxpause.ns or 0):
        return True
    if stage.maxspan is not None and now - event_of(session[0]).time_ns > (stage.maxspan.ns or 0):
        return True
    return stage.startswith is not None and holds(stage.startswith, row)


def columns_of_session(stage: Transaction, session: list[oracle.OracleRow]) -> dict[str, Json]:
    columns = {name: session[0].value(name) for name in stage.by} | times(session[0], session[-1])
    columns["@q.count"] = number(len(session))
    if stage.endswith is not None:
        columns["@q.complete"] = holds(stage.endswith, session[-1])
    for name in stage.fields:
        different: dict[Any, Json] = {}
        for row in session:
            if row.value(name) is not MISSING:
                different.setdefault(order_key(row.value(name)), row.value(name))
        columns[name] = compact(list(different.values()))
    return columns

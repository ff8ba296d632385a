"""The deletions that a rebuilt catalog must have, so that nothing that was deleted comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.entries import AUDIT_INDEX, Deletion
from lakebed.errors import LakebedError
from lakebed.execute.leaf import LeafRun, LeafTask, run_to_the_end
from lakebed.native import SegmentReader, engine_errors
from lakebed.query.compile import compile_query
from lakebed.query.deletion import plan_deletion
from lakebed.query.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakebed.repair.readings import Choice, SegmentFile
    from lakebed.storage.store import Store

RECEIVED_COLUMN = "@lb.received"


class _Audit(msgspec.Struct):
    """An event of the index `_audit` that tells of a deletion."""

    action: str
    id: str
    index: str
    query: str
    by: str
    reason: str
    time: str
    since: str | None = None
    until: str | None = None


def kept_deletions(
    store: Store,
    files: Sequence[SegmentFile],
    choice: Choice,
    known: Sequence[Deletion],
    problems: list[tuple[str, str]],
) -> list[Deletion]:
    """Those of the commits and those that the audit tells of, each once, made to hit only what was received before."""
    found = {one.id: one for one in known}
    for file in files:
        if file.summary.index != AUDIT_INDEX:
            continue
        try:
            for told in _audited(store, file, choice):
                if told.id not in found:
                    found[told.id] = _of_audit(told)
        except (LakebedError, msgspec.MsgspecError) as error:
            problems.append((file.key, f"a deletion that it tells of cannot be carried over: {error}"))
    return [_before(one) for one in found.values()]


def _audited(store: Store, file: SegmentFile, choice: Choice) -> Iterator[_Audit]:
    plan = compile_query("action: delete").plan_bytes()
    with engine_errors(file.key):
        reader = SegmentReader(file.address, file.key)
    dead = tuple(sorted(choice.dead.get(file.key, ())))
    task = LeafTask(file.key, file.address, dead, index=AUDIT_INDEX)
    for part in run_to_the_end(LeafRun(task, plan, store.get_ranges, reader, is_aggregate=False)):
        for _, _, _, data in part.rows:
            yield msgspec.json.decode(data, type=_Audit)


def _of_audit(told: _Audit) -> Deletion:
    planned = plan_deletion(
        told.query,
        told.index,
        since_ns=None if told.since is None else parse_time(told.since),
        until_ns=None if told.until is None else parse_time(told.until),
        by=told.by,
        reason=told.reason,
        everything=True,
    )
    return msgspec.structs.replace(planned.deletion, id=told.id, time_ns=parse_time(told.time) or 0)


def _before(deletion: Deletion) -> Deletion:
    """A rebuilt catalog does not know which segments are older than a deletion; the events say when they came."""
    column = {"parts": [RECEIVED_COLUMN]}
    received = {"op": "compare_time", "column": column, "relation": "<", "time_ns": deletion.time_ns}
    both = {"op": "all", "of": [msgspec.Raw(deletion.filter), received]}
    return msgspec.structs.replace(deletion, filter=msgspec.json.encode(both))

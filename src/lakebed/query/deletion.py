"""A deletion from query text: only its filter counts, over one index and a range of event time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.entries import AUDIT_INDEX, Deletion, check_index_name
from lakebed.errors import LimitError, QueryError, UsageError
from lakebed.execute.deleted import without_deleted
from lakebed.execute.index_plan import plan_for_index
from lakebed.native import check_plan, engine_errors
from lakebed.query.compile import compile_query
from lakebed.query.parser import parse_query
from lakebed.query.plan import EVERYTHING, NOTHING, PLAN_VERSION

if TYPE_CHECKING:
    from lakebed.query.compile import CompiledQuery


class _Filter(msgspec.Struct):
    filter: msgspec.Raw


@dataclass(frozen=True)
class PlannedDeletion:
    """A deletion before its commit, and the query that counts what it will hit."""

    deletion: Deletion
    count: CompiledQuery


def plan_deletion(
    text: str,
    index: str,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    by: str,
    reason: str,
    everything: bool = False,
) -> PlannedDeletion:
    """Raises `QueryError` and `UsageError` for what cannot be meant, `LimitError` for a filter that is too large.

    `everything` allows a filter that every event passes.
    """
    check_index_name(index)
    if index == AUDIT_INDEX:
        raise UsageError(f"events of '{AUDIT_INDEX}' cannot be deleted: they tell of deletions; retention ends them")
    if not reason.strip():
        raise UsageError("a deletion wants a reason: it is kept with it")
    parsed = parse_query(text)
    if parsed.stages:
        span = parsed.stages[0].span
        raise QueryError("a deletion takes a filter only, without stages", text, span.start, span.end)
    # A filter may end with a comment, which the line's end closes.
    count = compile_query(f"{text}\n| count()", since_ns=since_ns, until_ns=until_ns)
    if count.indexes not in (None, (index,)):
        raise UsageError(f"the query names other indexes than '{index}', the one to delete from")
    count = count.restricted([index])
    plan = count.plan
    if plan["filter"] == NOTHING:
        raise UsageError("no event can pass this filter")
    if plan["filter"] == EVERYTHING and not everything:
        raise UsageError("every event passes this filter; say --all (`everything=True`) if that is meant")
    filter_ = bytes(msgspec.json.decode(plan_for_index(count.plan_bytes(), index), type=_Filter).filter)
    if len(filter_) > config.DELETION_FILTER_BYTES_MAX:
        raise LimitError(
            f"the filter has {len(filter_):,} bytes as a plan; a deletion may have "
            f"{config.DELETION_FILTER_BYTES_MAX:,} (limit DELETION_FILTER_BYTES_MAX): delete in several steps"
        )
    times = (plan["since_ns"], plan["until_ns"])
    since, until = (one if isinstance(one, int) else None for one in times)
    name = secrets.token_hex(8)
    deletion = Deletion(0, name, index, text, filter_, since, until, by, reason.strip(), 0, PLAN_VERSION)
    with engine_errors():
        # What searches will be asked to leave out must be something that they can run.
        check_plan(without_deleted(count.plan_bytes(), (deletion.condition(),)))
    return PlannedDeletion(deletion, count)

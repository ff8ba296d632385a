"""Leaves deleted events out: the plan for a segment that may hold some has them in its filter.

So nothing that is computed from the segment can see them: rows, counts, aggregates, samples of values. The engine knows
nothing of deletions; what it reads off its metadata for a plan without a filter, it does not for this one.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from lakebed.execute.index_plan import Json

TIME_COLUMN = "@lb.time_ns"

PLANS_KEPT = 256
"""Plans with their deletions: a search has one for each index and set of deletions, of thousands of segments."""


class _Condition(msgspec.Struct, frozen=True):
    """What `Deletion.condition` gives."""

    filter: dict[str, object]
    since_ns: int | None = None
    until_ns: int | None = None


@functools.lru_cache(maxsize=PLANS_KEPT)
def without_deleted(plan: bytes, conditions: tuple[bytes, ...]) -> bytes:
    """The plan over the events that pass none of the conditions, which are as `Deletion.condition` gives them.

    >>> without_deleted(b'{"filter":{"op":"all","of":[]}}', (b'{"filter":{"op":"any","of":[]}}',))
    b'{"filter":{"op":"all","of":[{"op":"all","of":[]},{"op":"not","of":{"op":"any","of":[]}}]}}'
    """
    if not conditions:
        return plan
    decoded: dict[str, object] = msgspec.json.decode(plan)
    hidden = [{"op": "not", "of": _node(condition)} for condition in conditions]
    decoded["filter"] = {"op": "all", "of": [decoded["filter"], *hidden]}
    return msgspec.json.encode(decoded)


def _node(condition: bytes) -> dict[str, object]:
    found = msgspec.json.decode(condition, type=_Condition)
    of: list[dict[str, object]] = [found.filter]
    if found.since_ns is not None:
        of.append(_compare(">=", found.since_ns))
    if found.until_ns is not None:
        of.append(_compare("<", found.until_ns))
    return of[0] if len(of) == 1 else {"op": "all", "of": of}


def _compare(relation: str, time_ns: int) -> dict[str, object]:
    column: Json = {"parts": [TIME_COLUMN]}
    return {"op": "compare", "column": column, "relation": relation, "number": str(time_ns)}

"""`lakebed delete`: deletes events by query."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.cli.sizes import counted
from lakebed.errors import UsageError
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

_FLAG = Parameter(negative="", show_default=False)


def delete(
    query: Annotated[str, Parameter(help="filter: which events; no stages")],
    *,
    index: Annotated[str, Parameter(name=["--index", "-i"], help="the index to delete from")],
    reason: Annotated[str, Parameter(help="why; kept in the index _audit with the query")],
    lake: Annotated[str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, else ./lake]")] = None,
    since: Annotated[str | None, Parameter(help="event time from, such as 24h or 2026-01-31 (inclusive)")] = None,
    until: Annotated[str | None, Parameter(help="event time to (exclusive)")] = None,
    by: Annotated[str | None, Parameter(help="who; else the user of this process")] = None,
    yes: Annotated[bool, _FLAG, Parameter(name=["--yes", "-y"], help="do not ask")] = False,
    everything: Annotated[bool, _FLAG, Parameter(name="--all", help="allow a filter that every event passes")] = False,
    json: Annotated[bool, _FLAG, Parameter(help="tell what was done as JSON")] = False,
) -> int:
    """Delete the events of an index that pass a filter: shows how many, asks, and no search sees them any more.

    Only events that are in the lake now are hit, also when equal ones are indexed later. The bytes are gone from the
    store when their segments are written anew, which `lakebed run` and `lakebed maintain` do. The index _audit keeps
    who, when, why, the query and how many events passed; nothing can be deleted from it. So do not write what must be
    gone into the query or the reason: name a field or a time that singles the events out.

    Exit codes: 0 deleted, 1 no event passed or not confirmed, 2 error.

    For example:
      lakebed delete 'user.email: alice@example.com' --index app --reason 'ticket 4711'
      lakebed delete '*' --all --index app --until 2025-01-01 --reason 'kept by mistake' --yes
    """
    with open_lake(lake) as opened:
        found = opened.delete(
            query,
            index=index,
            reason=reason,
            by=by,
            since=since,
            until=until,
            everything=everything,
            confirm=None if yes else _asking(index, reason),
        )
    if json:
        sys.stdout.write(json_text(asdict(found)).decode() + "\n")
    elif found.commit is None:
        text = "nothing was deleted" if found.events else f"no event of index '{index}' passes the filter"
        sys.stdout.write(safe_text(text) + "\n")
    else:
        text = f"deleted {counted(found.events, 'event')} of index '{index}' (commit {found.commit})"
        sys.stdout.write(safe_text(text) + "\n")
    return FOUND if found.commit is not None else NOTHING


def _asking(index: str, reason: str) -> Callable[[int], bool]:
    """Asks at the terminal. A program must say --yes: it cannot answer, and a pipe's next line is no answer."""

    def confirm(events: int) -> bool:
        if not sys.stdin.isatty():
            raise UsageError(f"{counted(events, 'event')} would be deleted; say --yes to do it without being asked")
        told = f"delete {counted(events, 'event')} of index '{index}' ({reason})? They cannot be had back. [y/N] "
        sys.stderr.write(safe_text(told))
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    return confirm

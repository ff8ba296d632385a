"""`lakebed explain`: how a search would be run and about what it would cost, without running it."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text

_FLAG = Parameter(negative="", show_default=False)


def explain(
    query: Annotated[str, Parameter(help="the query; quote it")],
    /,
    *,
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    index: Annotated[str | None, Parameter(name=["--index", "-i"], help="this index only")] = None,
    since: Annotated[
        str | None, Parameter(help="events from then on: '24h' ago, '2026-01-31', '2026-01-31T12:00:00Z'")
    ] = None,
    until: Annotated[str | None, Parameter(help="events before then")] = None,
    limit: Annotated[int | None, Parameter(name=["--limit", "-n"], help="most rows; 0 is all [all]")] = None,
    output: Annotated[Literal["text", "json"], Parameter(name=["--output", "-o"])] = "text",
    oldest_first: Annotated[bool, _FLAG, Parameter(help="oldest events first")] = False,
) -> int:
    """Show how a search would be run, and about what it would cost, without running it.

    The query as it was understood; what runs beside the data and what over the rows found; which words the index
    answers and which conditions it cannot; how many segments and pages are left after each step; the least and the most
    requests and bytes. No event is read for it.

    Exit codes: 0 done, 2 error.

    For example:
      lakebed explain 'error status >= 500 | groupbycount(host)' --since 24h
    """
    with open_lake(lake) as opened:
        found = opened.explain(
            query, index=index, since=since, until=until, limit=limit or None, newest_first=not oldest_first
        )
    if output == "json":
        sys.stdout.buffer.write(json_text(found.to_dict()) + b"\n")
        return FOUND
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    for line in str(found).splitlines():
        sys.stdout.write(safe_text(line) + "\n")
    return FOUND

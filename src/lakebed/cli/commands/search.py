"""`lakebed search`: rows to standard output as they are found, everything else to standard error."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING, PARTIAL
from lakebed.cli.json_text import json_text
from lakebed.cli.rows import Output, open_writer
from lakebed.cli.safe_text import safe_text
from lakebed.cli.sizes import size_text

if TYPE_CHECKING:
    from lakebed.query.cost import SearchCost

TERMINAL_ROWS = 100
"""Rows shown on a terminal unless a limit is given: a screenful or two, and the search stops there."""


def search(
    query: Annotated[str, Parameter(help="what to find, in the query language")],
    *,
    lake: Annotated[str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, else ./lake]")] = None,
    index: Annotated[str | None, Parameter(help="search this index only")] = None,
    since: Annotated[str | None, Parameter(help="events from then on: '24h' ago, a date, a time")] = None,
    until: Annotated[str | None, Parameter(help="events before then")] = None,
    limit: Annotated[int | None, Parameter(help="most rows; 0 is all [100 on a terminal, else all]")] = None,
    output: Annotated[Output | None, Parameter(help="how rows are written [table on a terminal, else jsonl]")] = None,
    oldest_first: Annotated[bool, Parameter(negative="", help="oldest events first")] = False,
    partial: Annotated[
        bool, Parameter(negative="", help="leave out segments that cannot be read, and say which")
    ] = False,
    stats: Annotated[bool, Parameter(negative="", help="say what the search cost")] = False,
) -> int:
    """Search a lake, newest events first.

    Exit codes: 0 found, 1 nothing, 2 error, 3 partial, 130 cancelled.

    Examples: lakebed search 'error' --since 24h · lakebed search '@index=cloudtrail eventName: CreateUser | count()'
    """
    is_terminal = sys.stdout.isatty()
    chosen: Output = output or ("table" if is_terminal else "jsonl")
    is_cut = limit is None and is_terminal and chosen == "table"
    with (
        open_lake(lake) as opened,
        opened.search(
            query,
            index=index,
            since=since,
            until=until,
            limit=TERMINAL_ROWS if is_cut else limit or None,
            newest_first=not oldest_first,
            partial=partial,
        ) as found,
    ):
        writer = open_writer(chosen, found.columns, is_table=found.is_table)
        for row in found:
            writer.write(row)
        writer.end()
        cost = found.cost
    if is_cut and cost.rows == TERMINAL_ROWS:
        sys.stderr.write(f"stopped after {TERMINAL_ROWS} rows; --limit 0 shows all\n")
    for missing in cost.missing:
        sys.stderr.write(safe_text(f"missing: {missing.reason}") + "\n")
    if stats:
        sys.stderr.write(_stats(cost, chosen) + "\n")
    if cost.is_partial:
        return PARTIAL
    return FOUND if cost.rows else NOTHING


def _stats(cost: SearchCost, output: Output) -> str:
    if output != "table":
        return json_text({"cost": asdict(cost)}).decode()
    return (
        f"{cost.rows:,} rows in {cost.milliseconds:,.1f} ms; "
        f"{cost.requests:,} requests, {size_text(cost.bytes_read)} read; "
        f"segments: {cost.segments_opened:,} opened of {cost.segments_considered:,} considered of "
        f"{cost.segments_in_lake:,}; pages: {cost.pages_read:,} of {cost.pages:,}; "
        f"events scanned: {cost.events_scanned:,}, matched: {cost.events_matched:,}"
    )

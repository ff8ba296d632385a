"""`lakebed search`: rows to standard output as they are found, everything else to standard error."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.chart import is_charted, write_chart
from lakebed.cli.exit_codes import FOUND, NOTHING, PARTIAL
from lakebed.cli.hints import where_events_are
from lakebed.cli.rows import Output, open_writer
from lakebed.cli.sizes import counted, size_text
from lakebed.model import Row
from lakebed.query.json_lines import json_text
from lakebed.query.mentions import mentions
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.api import Lake
    from lakebed.model import TableRow
    from lakebed.query.cost import SearchCost
    from lakebed.results import SearchResult

_FLAG = Parameter(negative="", show_default=False)

CHART_ROWS = 1_000
"""The same for a chart, which has about a hundred rows unless its span was given: cut, it would be another chart."""

TERMINAL_ROWS = 100
"""Rows shown on a terminal unless a limit is given: a screenful or two, and the search stops there."""


def search(
    query: Annotated[str, Parameter(help="what to find, in the query language; quote it")],
    /,
    *,
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    index: Annotated[str | None, Parameter(name=["--index", "-i"], help="search this index only")] = None,
    since: Annotated[
        str | None, Parameter(help="events from then on: '24h' ago, '2026-01-31', '2026-01-31T12:00:00Z'")
    ] = None,
    until: Annotated[str | None, Parameter(help="events before then")] = None,
    limit: Annotated[
        int | None, Parameter(name=["--limit", "-n"], help="most rows; 0 is all [100 on a terminal, else all]")
    ] = None,
    output: Annotated[
        Output | None, Parameter(name=["--output", "-o"], help="[table on a terminal, else jsonl]")
    ] = None,
    oldest_first: Annotated[bool, _FLAG, Parameter(help="oldest events first")] = False,
    partial: Annotated[bool, _FLAG, Parameter(help="leave out segments that cannot be read, and say which")] = False,
    stats: Annotated[bool, _FLAG, Parameter(help="say what the search cost, on standard error")] = False,
) -> int:
    """Search a lake, newest events first.

    Exit codes: 0 found, 1 nothing, 2 error, 3 partial, 130 cancelled.

    For example:
      lakebed search '203.0.113.77'
      lakebed search 'status >= 500 and not path: "/health*"' -i web --since 24h
      lakebed search 'eventName: Create* | table(@lb.time, eventName)' -n 20
      lakebed search 'errorCode: * | groupbycount(errorCode)' -o csv > failed.csv
      lakebed search 'ip in 10.0.0.0/8 or userAgent ~ /sqlmap/i' --stats
    """
    is_terminal = sys.stdout.isatty()
    chosen: Output = output or ("table" if is_terminal else "jsonl")
    is_cut = limit is None and is_terminal and chosen == "table"
    most = CHART_ROWS if is_charted(query) else TERMINAL_ROWS
    with (
        open_lake(lake) as opened,
        opened.search(
            query,
            index=index,
            since=since,
            until=until,
            limit=most if is_cut else limit or None,
            newest_first=not oldest_first,
            partial=partial,
        ) as found,
    ):
        _write_rows(opened, query, found, chosen)
        cost, warnings = found.cost, found.warnings
    _tell(found.notes, warnings, cost, most if is_cut else None)
    if stats:
        sys.stderr.write(_stats(cost, warnings, chosen) + "\n")
    if cost.is_partial:
        return PARTIAL
    return FOUND if cost.rows else NOTHING


def _write_rows(lake: Lake, query: str, found: SearchResult, output: Output) -> None:
    if output == "jsonl":
        for lines in found.json_lines():  # flushed at once: whoever reads the pipe sees rows as they are found
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
    else:
        writer = open_writer(output, found.columns, is_table=found.is_table, mentioned=mentions(query))
        charted: list[TableRow] | None = [] if is_charted(query) and sys.stdout.isatty() and output == "table" else None
        for row in found:
            writer.write(row)
            if charted is not None and not isinstance(row, Row):
                charted.append(row)
        writer.end()
        write_chart(charted or [])
    if not found.cost.rows and sys.stderr.isatty():
        sys.stderr.write(safe_text(where_events_are(lake, found)) + "\n")


def _tell(notes: list[str], warnings: list[str], cost: SearchCost, cut_at: int | None) -> None:
    lines = [f"warning: {warning}" for warning in warnings] + [f"note: {note}" for note in notes]
    if cut_at is not None and cost.rows == cut_at:
        lines.append(f"stopped after {cut_at} rows; --limit 0 shows all")
    lines += [f"missing: {missing.reason}" for missing in cost.missing]
    sys.stderr.write("".join(f"{safe_text(line)}\n" for line in lines))


def _stats(cost: SearchCost, warnings: list[str], output: Output) -> str:
    if output != "table":
        return json_text({"cost": asdict(cost), "warnings": warnings}).decode()
    return (
        f"{counted(cost.rows, 'row')} in {cost.milliseconds:,.1f} ms; "
        f"{counted(cost.requests, 'request')}, {size_text(cost.bytes_read)} read; "
        f"segments: {cost.segments_opened:,} opened of {cost.segments_considered:,} considered of "
        f"{cost.segments_in_lake:,}; pages: {cost.pages_read:,} of {cost.pages:,}; "
        f"events scanned: {cost.events_scanned:,}, matched: {cost.events_matched:,}"
    )

"""`lakebed complete`: what may stand at a place of a query, for editors and shells."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.query.json_lines import json_text


def complete(
    query: Annotated[str, Parameter(help="the query so far; quote it")],
    /,
    *,
    cursor: Annotated[int | None, Parameter(help="characters before the cursor [all]")] = None,
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    index: Annotated[str | None, Parameter(name=["--index", "-i"], help="names and values of this index only")] = None,
    since: Annotated[str | None, Parameter(help="of events from then on: '24h' ago, '2026-01-31'")] = None,
    until: Annotated[str | None, Parameter(help="of events before then")] = None,
) -> int:
    """List what may stand at the cursor, as JSON lines: fields, values with counts, stages, functions, keywords.

    The first line says which characters are replaced (start, end), and whether the list is complete; then comes one
    line for each suggestion: text, kind, detail, doc.

    Exit codes: 0 done, 1 nothing to suggest, 2 error.

    For example:
      lakebed complete 'status: 500 us' --cursor 14
    """
    with open_lake(lake) as opened:
        found = opened.complete(query, cursor, index=index, since=since, until=until)
    head = {"start": found.start, "end": found.end, "is_complete": found.is_complete, "note": found.note}
    lines = [head, *(asdict(one) for one in found.suggestions)]
    sys.stdout.buffer.write(b"".join(json_text(line) + b"\n" for line in lines))
    return FOUND if found.suggestions else NOTHING

"""`lakebed status`: how a lake is."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND
from lakebed.cli.lag_status import lags
from lakebed.cli.rows import TableWriter, short_time
from lakebed.cli.running_status import running_status
from lakebed.cli.sizes import counted, size_text
from lakebed.query.json_lines import json_text
from lakebed.query.times import format_time
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.catalog.status import IndexStatus, LakeStatus, ObjectProblems
    from lakebed.model import TableRow

PROBLEMS_SHOWN = 20
"""Objects with problems that people are shown: what fits on a screen beside the indexes. The JSON output has all."""

COUNTS = ("unparsed_lines", "invalid_utf8", "skipped_members", "transform_errors", "discarded")

_FLAG = Parameter(negative="", show_default=False)


def status(
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    *,
    output: Annotated[
        Literal["text", "json"], Parameter(name=["--output", "-o"], help="for people or for programs")
    ] = "text",
    json: Annotated[bool, _FLAG, Parameter(help="the same as --output json: all objects with problems")] = False,
) -> int:
    """Show how a lake is: its indexes, and the source objects that did not wholly become events.

    Where a lakebed.toml of this lake is found and `lakebed run` has run: what waits to be indexed and for how long,
    what was set aside, and about what the runners' requests of the last day cost. Where there is an index `_usage`:
    how soon the objects of the last hour could be searched.

    These are objects with lines that could not be parsed (they are events with the text as `message` and the reason as
    `@lb.parse_error`), with bytes that are no UTF-8, with members of archives that were left out, and damaged ones. An
    object is on the list until it is indexed anew without problems. Most unparsed lines come first.

    Exit codes: 0 done, 2 error.

    For example:
      lakebed status
      lakebed status s3://my-lake --json | jq '.problems[] | select(.damage != "")'
      lakebed search '@lb.parse_error: *' --since 24h
    """
    with open_lake(lake) as opened:
        found = opened.status()
        running = running_status(opened.url)
        late = lags(opened)
    if json or output == "json":
        told = _to_dict(found) | ({} if running is None else {"running": running.to_dict()})
        told |= {"lag_last_hour": [one.to_dict() for one in late]} if late else {}
        sys.stdout.write(json_text(told).decode() + "\n")
        return FOUND
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    events = sum(one.events for one in found.indexes)
    indexes = f"{len(found.indexes):,} {'index' if len(found.indexes) == 1 else 'indexes'}"
    sys.stdout.write(safe_text(f"{found.lake}: {counted(events, 'event')} in {indexes}") + "\n")
    if found.indexes:
        _write_table([_index_row(one) for one in found.indexes])
    _write_problems(found)
    lines = [*([] if running is None else running.lines()), *(one.line() for one in late)]
    if lines:
        sys.stdout.write("\n" + "".join(f"{safe_text(line)}\n" for line in lines))
    return FOUND


def _to_dict(found: LakeStatus) -> dict[str, object]:
    told = asdict(found)
    for one in told["indexes"]:
        for name in ("earliest", "latest", "indexed"):
            one[name] = format_time(one.pop(f"{name}_ns"))
    return told


def _index_row(one: IndexStatus) -> TableRow:
    return {
        "index": one.index,
        "events": one.events,
        "objects": one.objects,
        "segments": one.segments,
        "raw": size_text(one.raw_bytes),
        "stored": size_text(one.stored_bytes),
        "ratio": one.ratio,
        "newest event": short_time(one.latest_ns),
        "indexed": short_time(one.indexed_ns),
    }


def _write_problems(found: LakeStatus) -> None:
    problems = found.problems
    if not problems:
        sys.stdout.write("\nno object has problems\n")
        return
    damaged = sum(one.damage_offset is not None for one in problems)
    more = f", {damaged:,} of them damaged" if damaged else ""
    sys.stdout.write(f"\n{counted(len(problems), 'object')} with problems{more}\n")
    shown = problems[:PROBLEMS_SHOWN]
    names = [name for name in COUNTS if any(getattr(one, name) for one in shown)]
    _write_table([_problem_row(one, names) for one in shown])
    if len(problems) > len(shown):
        sys.stdout.write(f"… and {counted(len(problems) - len(shown), 'more object')}; --json tells all\n")
    if not found.has_all_problems:
        sys.stdout.write(f"the newest {len(problems):,} are remembered; there may be more\n")


def _problem_row(one: ObjectProblems, names: list[str]) -> TableRow:
    row: TableRow = {"index": one.index, **{name: getattr(one, name) for name in names}, "object": one.object}
    if one.damage_offset is not None:
        row["object"] = f"{one.object} is damaged at byte {one.damage_offset:,}: {one.damage}"
    return row


def _write_table(rows: list[TableRow]) -> None:
    """As wide as it must be: the ends of URLs, where they differ, are not cut off."""
    writer = TableWriter(sys.stdout, list(rows[0]), 0, is_terminal=False)
    for row in rows:
        writer.write(row)
    writer.end()

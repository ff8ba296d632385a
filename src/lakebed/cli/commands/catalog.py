"""`lakebed catalog`: what is known of which segments a lake has, and whether it is true."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from lakebed import config
from lakebed.cli.exit_codes import FOUND, PARTIAL
from lakebed.cli.rows import Output, open_writer
from lakebed.cli.sizes import counted, size_text
from lakebed.query.json_lines import json_text
from lakebed.query.times import format_time
from lakebed.repair.inspect import lake_history, rebuild_lake, verify_lake
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.catalog.history import CommitInfo
    from lakebed.catalog.verify import Verified
    from lakebed.model import TableRow
    from lakebed.repair.rebuild import Rebuilt

LakeOption = Annotated[str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, else ./lake]")]

PROBLEMS_SHOWN = 50
"""Problems and orphans that people are shown; the JSON output has all that were kept."""

_FLAG = Parameter(negative="", show_default=False)

catalog = App(
    name="catalog",
    help="""A lake's catalog: what was committed, whether all of it is there and whole, and making it anew.

    For example:
      lakebed catalog history --limit 5
      lakebed catalog verify --deep
      lakebed catalog rebuild
    """,
    help_format="plaintext",
)


@catalog.command
def history(
    lake: LakeOption = None,
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-n"], help="commits to show")] = 20,
    output: Annotated[
        Output | None, Parameter(name=["--output", "-o"], help="[table on a terminal, else jsonl]")
    ] = None,
) -> int:
    """Show what was committed to a lake, the newest first: when, by whom, and how much came and went.

    Commits that were cleaned away are not shown. `removed` are segments that were merged, expired or replaced.

    Exit codes: 0 done, 2 error.

    For example:
      lakebed catalog history
      lakebed catalog history -n 1000 -o jsonl | jq 'select(.action == "delete")'
    """
    found = lake_history(lake or config.lake_url(), limit)
    chosen: Output = output or ("table" if sys.stdout.isatty() else "jsonl")
    rows = [_row(one) for one in found]
    writer = open_writer(chosen, tuple(rows[0]), is_table=True)
    for row in rows:
        writer.write(row)
    writer.end()
    return FOUND


@catalog.command
def verify(
    lake: LakeOption = None,
    *,
    deep: Annotated[bool, _FLAG, Parameter(help="read every event, and so check all of their bytes")] = False,
    json: Annotated[bool, _FLAG, Parameter(help="tell all that was found as JSON")] = False,
) -> int:
    """Check that a lake is what its catalog says. Writes nothing.

    Every commit and checkpoint can be read, and each checkpoint is what the commits before it add up to. Every segment
    is there, has its size and is the one that was committed (one small read each). No two segments have one number.
    Source records lead to live objects, no two to the same one, and every live object has a record. Files that the
    catalog does not name are told, and are no problem: they are leftovers, or being written.

    Exit codes: 0 all is well, 3 there are problems, 2 it could not be checked.

    For example:
      lakebed catalog verify
      lakebed catalog verify s3://my-lake --deep --json
    """
    found = verify_lake(lake or config.lake_url(), deep=deep)
    if json:
        sys.stdout.write(json_text(asdict(found)).decode() + "\n")
    else:
        _write(found)
    return PARTIAL if found.problems else FOUND


@catalog.command
def rebuild(
    lake: LakeOption = None,
    *,
    yes: Annotated[bool, _FLAG, Parameter(name=["--yes", "-y"], help="do it; else it is only told")] = False,
    force: Annotated[bool, _FLAG, Parameter(help="also when the catalog can be read")] = False,
    json: Annotated[bool, _FLAG, Parameter(help="tell all as JSON")] = False,
) -> int:
    """Make the catalog of a lake anew from its segments, when it is lost or damaged.

    Without --yes it only tells what would be done. What can still be read of the old catalog is believed; the old files
    are kept in catalog-before-TIME/ within the lake. Stop everything that writes to the lake first.

    Objects that nobody can be sure of (which version they are, whether all of it is there) are searched as they are,
    and replaced when their source is indexed again: do that. Events that were deleted stay so, as commits that can be
    read and the index _audit tell; so does one that was received before a deletion and committed after it. Segments
    that expired and still lie there come back until retention runs. The list of objects with problems begins anew.

    Exit codes: 0 done, or told, 3 files could not be read, 2 error.

    For example:
      lakebed catalog rebuild
      lakebed catalog rebuild --yes && lakebed catalog verify
    """
    found = rebuild_lake(lake or config.lake_url(), dry_run=not yes, force=force)
    if json:
        sys.stdout.write(json_text(asdict(found)).decode() + "\n")
    else:
        _write_rebuilt(found)
    return PARTIAL if found.problems else FOUND


def _write_rebuilt(found: Rebuilt) -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    counts = {"segment": found.segments, "event": found.events, "object": found.objects, "deletion": found.deletions}
    told = ", ".join(counted(count, thing) for thing, count in counts.items())
    lines = [f"{'made' if found.moved_to else 'would make'} commit {found.commit}: {told}"]
    if found.unsure:
        lines.append(f"{counted(found.unsure, 'object')} to be indexed again from their sources")
    if found.left_out:
        lines.append(f"{counted(len(found.left_out), 'segment')} left out: removed before, or all counts elsewhere")
    lines += [f"cannot be read: {where}: {what}" for where, what in found.problems[:PROBLEMS_SHOWN]]
    if len(found.problems) > PROBLEMS_SHOWN:
        lines.append(f"… and {counted(len(found.problems) - PROBLEMS_SHOWN, 'more file')}; --json tells all")
    lines.append(f"the old catalog is in {found.moved_to}" if found.moved_to else "nothing was written; --yes does it")
    sys.stdout.write("\n".join(map(safe_text, lines)) + "\n")


def _row(one: CommitInfo) -> TableRow:
    return {
        "commit": one.number,
        "time": format_time(one.time_ns),
        "action": one.action,
        "writer": one.writer[:8],
        "added": one.segments_added,
        "removed": one.segments_removed,
        "objects": one.objects,
        "events": one.events,
        "what": one.what,
    }


def _write(found: Verified) -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    counts = {"segment": found.segments, "object": found.objects, "checkpoint": found.checkpoints}
    lines = [f"commit {found.commit}: {', '.join(counted(count, thing) for thing, count in counts.items())}"]
    lines += [f"{one.where}: {one.what}" for one in found.problems[:PROBLEMS_SHOWN]]
    if len(found.problems) > PROBLEMS_SHOWN:
        lines.append(f"… and {counted(len(found.problems) - PROBLEMS_SHOWN, 'more problem')}; --json tells all")
    lines.append(counted(len(found.problems), "problem") if found.problems else "no problems")
    if found.orphan_count:
        told = (
            f"{counted(found.orphan_count, 'file')} of {size_text(found.orphan_bytes)} that the catalog does not name"
        )
        lines.append(f"{told}, such as {found.orphans[0]}")
    sys.stdout.write("\n".join(map(safe_text, lines)) + "\n")
